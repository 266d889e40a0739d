#include "topo/topology.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "topo/topology_settings.h"

/* The text of a form where it stands. */
struct form {
    const char *text;
    size_t size;
    size_t column; // of its first character, from 1
};

/* The number of nodes of one level under one of the level above, and where the user wrote it. */
struct factor {
    const char *text; // borrowed from the form
    size_t size;
    uint32_t value; // COUNT_TOO_LARGE for more than 32 bits
    char place[48]; // "factor 2 (column 4)", or "column 6" where levels are named
};

enum { COUNT_TOO_LARGE = 0xFFFFFFFF };

#define FORM_HELP                                                                                  \
    "write fan-outs below L6 (16x4x16), named levels (L6:1 L5:16 L4:4), or the path of a file "    \
    "(with a / or ending in .topo)"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static void trim(const char **text, size_t *size)
{
    while (*size && is_blank(**text)) {
        (*text)++;
        (*size)--;
    }
    while (*size && is_blank((*text)[*size - 1]))
        (*size)--;
}

/* The decimal number that the whole text is; -1 when it is none. */
static int parse_count(const char *text, size_t size, uint32_t *value)
{
    uint64_t got = 0;

    if (!size)
        return -1;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        got = got * 10 + (uint64_t)(text[i] - '0');
        if (got > COUNT_TOO_LARGE)
            got = COUNT_TOO_LARGE;
    }
    *value = (uint32_t)got;
    return 0;
}

static int refuse_wide(const struct topology *topology, enum level level,
                       const struct factor *factor, struct error *err)
{
    uint32_t limit = level_index_limit(level);
    char shown[PRINTABLE_SIZE];

    printable(factor->text, factor->size, shown);
    if (level == LEVEL_GLOBAL)
        return error_set(err, "%s: %s: L7 (GLOBAL) is one root, so its count is 1", factor->place,
                         shown);
    return error_set(err,
                     "%s: %s is too many L%d (%s) nodes under one L%d: the index "
                     "has %d bits, so at most %" PRIu32
                     "; spread them over more nodes of a level above",
                     factor->place, shown, level, level_name(level),
                     topology_level_above(topology, level), limit == 256 ? 8 : 16, limit);
}

/* Add the next level down. Every number is checked before it is used. */
static int add_level(struct topology *topology, enum level level, const struct factor *factor,
                     struct error *err)
{
    uint64_t parents = topology->node_count ? topology->count[topology->leaf] : 1;
    uint64_t count = parents * factor->value, nodes = topology->node_count + count;

    if (factor->value == 0)
        return error_set(err, "%s is 0: every level has at least one node", factor->place);
    if (factor->value > level_index_limit(level))
        return refuse_wide(topology, level, factor, err);
    if (nodes > LIMIT_NODES)
        return error_set(err, "%s makes %" PRIu64 " nodes in all, at most %d; use smaller factors",
                         factor->place, nodes, LIMIT_NODES);
    topology->present[level] = true;
    topology->leaf = (uint8_t)level;
    topology->fanout[level] = factor->value;
    topology->count[level] = (uint32_t)count;
    topology->first_rank[level] = topology->node_count;
    topology->node_count = (uint32_t)nodes;
    return 0;
}

/* The single node that every tree begins with. */
static void add_root(struct topology *topology, enum level level)
{
    topology->top = topology->leaf = (uint8_t)level;
    topology->present[level] = true;
    topology->fanout[level] = topology->count[level] = topology->node_count = 1;
    topology->first_rank[level] = 0;
}

static int parse_factor(struct factor *factor, struct error *err)
{
    char shown[PRINTABLE_SIZE];

    if (!factor->size)
        return error_set(err,
                         "%s is empty: a number is missing beside an x, as in "
                         "16x4x16",
                         factor->place);
    if (parse_count(factor->text, factor->size, &factor->value) < 0)
        return error_set(err, "%s: %s is not a number; " FORM_HELP, factor->place,
                         printable(factor->text, factor->size, shown));
    return 0;
}

static size_t factor_size(const char *text, size_t size)
{
    size_t length = 0;

    while (length < size && text[length] != 'x' && text[length] != 'X')
        length++;
    return length;
}

/* "16x4x16": L5, L4, L3 and at last L2 below one L6. */
static int parse_factors(const struct form *form, struct topology *topology, struct error *err)
{
    struct factor factor = {0};
    unsigned number = 1;
    size_t at = 0;

    add_root(topology, LEVEL_CLOS2);
    for (int level = LEVEL_CLOS1;; level--, number++, at++) {
        factor.text = form->text + at;
        factor.size = factor_size(factor.text, form->size - at);
        snprintf(factor.place, sizeof factor.place, "factor %u (column %zu)", number,
                 form->column + at);
        if (level < LEVEL_CHIP)
            return error_set(err,
                             "%s has no level: below L6 are L5, L4, L3 and L2, so "
                             "there are at most 4 factors",
                             factor.place);
        if (parse_factor(&factor, err) < 0 ||
            add_level(topology, (enum level)level, &factor, err) < 0)
            return -1;
        at += factor.size;
        if (at == form->size)
            return 0;
    }
}

/* "L4:16" or "POD:16". */
static int parse_named(struct factor *item, enum level *level, struct error *err)
{
    const char *colon = memchr(item->text, ':', item->size);
    size_t name_size = colon ? (size_t)(colon - item->text) : item->size;
    char name[16] = "", shown[PRINTABLE_SIZE];

    if (name_size < sizeof name)
        memcpy(name, item->text, name_size);
    if (level_parse(name, level) < 0)
        return error_set(err, "%s: %s is not a level such as L4; " FORM_HELP, item->place,
                         printable(item->text, name_size, shown));
    if (!colon || parse_count(colon + 1, item->size - name_size - 1, &item->value) < 0)
        return error_set(err, "%s: %s has no count; write L%d:COUNT", item->place,
                         printable(item->text, item->size, shown), *level);
    return 0;
}

static int add_named(struct topology *topology, enum level level, const struct factor *item,
                     struct error *err)
{
    if (level < LEVEL_CHIP)
        return error_set(err,
                         "%s: L%d (%s) is a name only: the lowest processes are chips, L2; "
                         "leave it out",
                         item->place, level, level_name(level));
    if (topology->node_count && level >= topology->leaf)
        return error_set(err,
                         "%s: L%d does not lie below L%d: name the levels from the top down, "
                         "each once",
                         item->place, level, topology->leaf);
    if (!topology->node_count && level == LEVEL_CHIP)
        return error_set(
            err,
            "%s: a chip (L2) has no directory of its own and lives with the node above it; begin "
            "with that, as in L3:1 L2:%" PRIu32,
            item->place, item->value);
    if (!topology->node_count) {
        // Several nodes need one above them: the next level has a single node then.
        topology->top = (uint8_t)level;
        if (item->value > 1 && level < LEVEL_GLOBAL)
            add_root(topology, (enum level)(level + 1));
    }
    return add_level(topology, level, item, err);
}

static bool is_between(char c)
{
    return is_blank(c) || c == ',';
}

/* "L6:2 L5:16 L4:4 L3:16", from the top down; levels may be left out. */
static int parse_synthetic(const struct form *form, struct topology *topology, struct error *err)
{
    struct factor item = {0};

    for (size_t at = 0; at < form->size; at += item.size) {
        enum level level;

        if (is_between(form->text[at])) {
            item.size = 1;
            continue;
        }
        item.text = form->text + at;
        for (item.size = 0; at + item.size < form->size && !is_between(item.text[item.size]);)
            item.size++;
        snprintf(item.place, sizeof item.place, "column %zu", form->column + at);
        if (parse_named(&item, &level, err) < 0 || add_named(topology, level, &item, err) < 0)
            return -1;
    }
    return 0;
}

static int parse_form(const struct form *form, struct topology *topology, struct error *err)
{
    char shown[PRINTABLE_SIZE];

    if (memchr(form->text, ':', form->size))
        return parse_synthetic(form, topology, err);
    if (!memchr("0123456789xX+-", form->text[0], 14))
        return error_set(err, "column %zu: %s is no topology; " FORM_HELP, form->column,
                         printable(form->text, form->size, shown));
    return parse_factors(form, topology, err);
}

int topology_parse(const char *spec, struct topology *topology, struct error *err)
{
    struct topology got = {0};
    struct form form = {.text = spec, .size = strlen(spec), .column = 1};
    char shown[PRINTABLE_SIZE];

    trim(&form.text, &form.size);
    if (!form.size)
        return error_set(err, "the topology is empty; " FORM_HELP);
    if (parse_form(&form, &got, err) < 0)
        return error_prefix(err, "topology %s", printable(form.text, form.size, shown));
    *topology = got;
    return 0;
}

bool topology_spec_is_file(const char *spec)
{
    static const char ending[] = ".topo";
    size_t size = strlen(spec), ending_size = sizeof ending - 1;

    return strchr(spec, '/') || (size > ending_size && !strcmp(spec + size - ending_size, ending));
}

/* What has been read of a file. */
struct file_reader {
    struct topology topology;
    unsigned line;      // of the line at hand, from 1
    unsigned form_line; // 0 until there was one
};

static int parse_setting(struct file_reader *reader, const char *text, size_t size,
                         struct error *err)
{
    struct topology_settings *settings = &reader->topology.settings, before = *settings;
    const char *equals = memchr(text, '=', size), *value_text = equals + 1;
    size_t key_size = (size_t)(equals - text), value_size = size - key_size - 1;
    char key[64], value[256];

    trim(&text, &key_size);
    trim(&value_text, &value_size);
    if (key_size >= sizeof key || value_size >= sizeof value)
        return error_set(err, "the setting is too long: a key has at most %zu bytes, a value %zu",
                         sizeof key - 1, sizeof value - 1);
    memcpy(key, text, key_size);
    key[key_size] = '\0';
    memcpy(value, value_text, value_size);
    value[value_size] = '\0';
    if (topology_setting_apply(settings, key, value, err) < 0)
        return -1;
    if ((before.logical_system[0] && strcmp(before.logical_system, settings->logical_system)) ||
        (before.physical_system[0] && strcmp(before.physical_system, settings->physical_system)) ||
        (before.start_timeout_s && before.start_timeout_s != settings->start_timeout_s))
        return error_set(err, "%s is set a second time, to something else", key);
    return 0;
}

static int parse_line(struct file_reader *reader, const char *text, size_t size, struct error *err)
{
    const char *comment = memchr(text, '#', size);
    struct form form = {.text = text, .size = comment ? (size_t)(comment - text) : size};

    if (memchr(text, '\0', size))
        return error_set(err, "a NUL byte: this is not a text file");
    trim(&form.text, &form.size);
    form.column = (size_t)(form.text - text) + 1;
    if (!form.size)
        return 0;
    if (memchr(form.text, '=', form.size))
        return parse_setting(reader, form.text, form.size, err);
    if (reader->form_line)
        return error_set(err,
                         "a second form; the first is in line %u, and settings read key = value",
                         reader->form_line);
    reader->form_line = reader->line;
    return parse_form(&form, &reader->topology, err);
}

int topology_parse_file(const char *name, const char *text, size_t size, struct topology *topology,
                        struct error *err)
{
    struct file_reader reader = {0};

    for (size_t at = 0; at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t line_size = newline ? (size_t)(newline - text) - at : size - at;

        reader.line++;
        if (parse_line(&reader, text + at, line_size, err) < 0)
            return error_prefix(err, "%s:%u", name, reader.line);
        at += line_size + 1;
    }
    if (!reader.form_line)
        return error_set(err,
                         "%s:%u: the file has no line with a form such as 16x4x16 or L6:1 L5:16",
                         name, reader.line ? reader.line : 1);
    *topology = reader.topology;
    return 0;
}
