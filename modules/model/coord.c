#include "model/coord.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct coord coord_launcher(void)
{
    return (struct coord){.level = LEVEL_LAUNCHER};
}

bool coord_equal(const struct coord *a, const struct coord *b)
{
    return a->level == b->level && !memcmp(a->index, b->index, sizeof a->index);
}

int coord_compare(const struct coord *a, const struct coord *b)
{
    for (int level = LEVEL_GLOBAL; level >= LEVEL_CORE; level--) {
        if (a->index[level] != b->index[level])
            return a->index[level] < b->index[level] ? -1 : 1;
    }
    return (a->level < b->level) - (a->level > b->level);
}

bool coord_within(const struct coord *below, const struct coord *above)
{
    if (below->level > above->level)
        return false;
    for (int level = LEVEL_GLOBAL; level >= above->level; level--) {
        if (below->index[level] != above->index[level])
            return false;
    }
    return true;
}

struct coord coord_at_level(const struct coord *coord, enum level level)
{
    struct coord at = *coord;

    assert(level < LEVEL_COUNT && level >= coord->level);
    at.level = (uint8_t)level;
    for (int below = (int)level - 1; below >= LEVEL_CORE; below--)
        at.index[below] = 0;
    return at;
}

/* The lowest level that the text names: it always goes down to the host. */
static int text_bottom(const struct coord *coord)
{
    return coord->level < LEVEL_HOST ? coord->level : LEVEL_HOST;
}

int coord_to_text(const struct coord *coord, char *out, size_t size)
{
    char text[8 * LEVEL_COUNT];
    int length = 0;

    for (int level = LEVEL_CLOS2; level >= text_bottom(coord); level--)
        length += snprintf(text + length, sizeof text - (size_t)length, "%c%u",
                           level == LEVEL_CLOS2 ? '(' : ',', coord->index[level]);
    return snprintf(out, size, "%s)", text);
}

/* Read the decimal number at `*at` and go past it; -1 when there is none or it exceeds `max`. */
static int parse_index(const char **at, uint32_t max, uint16_t *index)
{
    uint32_t value = 0;

    if (**at < '0' || **at > '9')
        return -1;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        value = value * 10 + (uint32_t)(**at - '0');
        if (value > max)
            return -1;
    }
    *index = (uint16_t)value;
    return 0;
}

static int bad_index(const char *text, int level, struct error *err)
{
    return error_set(err, "%.80s: the index of L%d must be a number from 0 to %" PRIu32, text,
                     level, level_index_limit((enum level)level) - 1);
}

int coord_parse_text(const char *text, struct coord *coord, struct error *err)
{
    struct coord got = {.level = LEVEL_GLOBAL};
    const char *at = text;

    if (*at != '(')
        return error_set(err, "%.80s: a coordinate reads (l6,l5,l4,l3) or (l6,l5,l4,l3,l2)", text);
    do {
        at++;
        if (got.level == LEVEL_CORE)
            return error_set(err, "%.80s: a coordinate has at most %d numbers", text, LEVEL_GLOBAL);
        got.level--;
        if (parse_index(&at, level_index_limit(got.level) - 1, &got.index[got.level]) < 0)
            return bad_index(text, got.level, err);
    } while (*at == ',');
    if (strcmp(at, ")"))
        return error_set(err, "%.80s: column %zu should be the closing bracket", text,
                         (size_t)(at - text) + 1);
    if (got.level > LEVEL_HOST)
        return error_set(err, "%.80s: a coordinate has at least four numbers, (l6,l5,l4,l3)", text);
    *coord = got;
    return 0;
}

static int environment_level(const char *text, uint8_t *level, struct error *err)
{
    enum level named;

    if (!text)
        return error_set(err, "LINQU_LEVEL is not set: it must name this node's level, such as 3");
    if (text[0] >= '0' && text[0] < '0' + LEVEL_COUNT && !text[1]) {
        *level = (uint8_t)(text[0] - '0');
        return 0;
    }
    if (level_parse(text, &named) < 0)
        return error_set(err, "LINQU_LEVEL=%.80s: must be a level from 0 to %d, or its name", text,
                         LEVEL_GLOBAL);
    *level = (uint8_t)named;
    return 0;
}

int coord_from_environment(const char *(*get)(const char *name), struct coord *coord,
                           struct error *err)
{
    struct coord got = {0};

    if (environment_level(get("LINQU_LEVEL"), &got.level, err) < 0)
        return -1;
    for (int level = LEVEL_CLOS2; level >= got.level; level--) {
        char name[] = "LINQU_L0";
        const char *text, *at;

        name[7] = (char)('0' + level);
        text = at = get(name);
        if (!text || !*text)
            continue;
        if (parse_index(&at, level_index_limit((enum level)level) - 1, &got.index[level]) < 0 ||
            *at) {
            bad_index(text, level, err);
            return error_prefix(err, "%s", name);
        }
    }
    *coord = got;
    return 0;
}
