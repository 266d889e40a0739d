#include "cli/invocation.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/printable.h"
#include "cli/suggest.h"

enum { ROWS_MAX = 64, LONG_BASE = 256 }; // getopt's value of row i is LONG_BASE + i

/* What getopt_long needs, made from the table. */
struct getopt_tables {
    struct option longs[ROWS_MAX + 1];
    char letters[2 * ROWS_MAX + 2];
};

static void tables_make(struct getopt_tables *tables, enum command_id command)
{
    size_t at = 0, count = 0;

    memset(tables, 0, sizeof *tables);
    tables->letters[at++] = ':'; // a missing argument is told from an unknown option
    for (size_t i = 0; i < option_table_count; i++) {
        const struct option_row *row = &option_table[i];
        int takes = row->kind == OPTION_FLAG ? no_argument : required_argument;

        if (!option_applies(row, command))
            continue;
        tables->longs[count++] =
            (struct option){.name = row->name, .has_arg = takes, .val = LONG_BASE + (int)i};
        if (row->letter) {
            tables->letters[at++] = row->letter;
            if (takes == required_argument)
                tables->letters[at++] = ':';
        }
    }
}

static const struct option_row *row_of_letter(enum command_id command, int letter)
{
    for (size_t i = 0; i < option_table_count; i++)
        if (option_table[i].letter == letter && option_applies(&option_table[i], command))
            return &option_table[i];
    return NULL;
}

/* --- what went wrong -------------------------------------------------------------------------- */

static int unknown_command(const char *name, struct error *err)
{
    const char *names[COMMAND_COUNT], *near;
    char shown[PRINTABLE_SIZE];

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = command_table[i].name;
    near = suggest(name, names, COMMAND_COUNT);
    printable(name, strlen(name), shown);
    if (near)
        return error_set(err, "there is no command %s; did you mean `linqu %s`?", shown, near);
    return error_set(err, "there is no command %s; see `linqu help`", shown);
}

static int unknown_long(const struct command_row *command, const char *typed, struct error *err)
{
    const char *names[ROWS_MAX], *near;
    char shown[PRINTABLE_SIZE], name[PRINTABLE_SIZE];
    size_t count = 0, length = strcspn(typed, "=");

    for (size_t i = 0; i < option_table_count; i++)
        if (option_applies(&option_table[i], command->id))
            names[count++] = option_table[i].name;
    if (length >= sizeof name)
        length = sizeof name - 1;
    memcpy(name, typed, length);
    name[length] = '\0';
    near = suggest(name, names, count);
    printable(typed - 2, length + 2, shown);
    if (near)
        return error_set(err, "`linqu %s` has no option %s; did you mean --%s?", command->name,
                         shown, near);
    return error_set(err, "`linqu %s` has no option %s; see `linqu help %s`", command->name, shown,
                     command->name);
}

/* getopt_long answered '?': an unknown or ambiguous option, or a flag with an argument. */
static int refuse_option(const struct command_row *command, char *const *argv, int letter,
                         struct error *err)
{
    const char *word = argv[optind - 1];
    char shown[PRINTABLE_SIZE];
    char bare[2] = {(char)letter, '\0'};
    size_t matches = 0;

    if (letter >= LONG_BASE)
        return error_set(err, "--%s takes no argument", option_table[letter - LONG_BASE].name);
    if (letter)
        return error_set(err, "`linqu %s` has no option -%s; see `linqu help %s`", command->name,
                         isprint((unsigned char)letter) ? bare : "?", command->name);
    for (size_t i = 0; i < option_table_count; i++)
        matches += option_applies(&option_table[i], command->id) &&
                   strncmp(option_table[i].name, word + 2, strlen(word + 2)) == 0;
    if (matches > 1)
        return error_set(err, "%s could be more than one option of `linqu %s`",
                         printable(word, strlen(word), shown), command->name);
    return unknown_long(command, word + 2, err);
}

static int missing_argument(const struct command_row *command, int letter, struct error *err)
{
    const struct option_row *row = letter >= LONG_BASE ? &option_table[letter - LONG_BASE]
                                                       : row_of_letter(command->id, letter);

    return error_set(err, "--%s needs an argument: --%s %s", row->name, row->name, row->argument);
}

/* --- values ----------------------------------------------------------------------------------- */

/* The digits that `text` begins with. -1 when there are none or too many. */
static int digits_parse(const char *text, char **end, uint64_t *number)
{
    if (!isdigit((unsigned char)*text))
        return -1;
    errno = 0;
    *number = strtoull(text, end, 10);
    return errno ? -1 : 0;
}

int seconds_parse(const char *text, uint64_t *seconds)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 24 * 3600}};
    uint64_t number;
    char *end;

    if (digits_parse(text, &end, &number) < 0)
        return -1;
    if (!*end) {
        *seconds = number;
        return 0;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (*end == units[i].unit && !end[1] && number <= UINT64_MAX / units[i].seconds) {
            *seconds = number * units[i].seconds;
            return 0;
        }
    }
    return -1;
}

static int value_parse(const struct option_row *row, const char *text, uint64_t *number)
{
    char *end;

    if (row->kind == OPTION_SECONDS)
        return seconds_parse(text, number);
    return digits_parse(text, &end, number) < 0 || *end ? -1 : 0;
}

static int option_take(struct invocation *invocation, const struct option_row *row,
                       const char *text, struct error *err)
{
    char shown[PRINTABLE_SIZE];
    uint64_t number = 0;

    if (row->kind == OPTION_NUMBER || row->kind == OPTION_SECONDS) {
        if (value_parse(row, text, &number) < 0 || number < row->least || number > row->most)
            return error_set(
                err, "--%s needs %s from %" PRIu64 " to %" PRIu64 ", not %s", row->name,
                row->kind == OPTION_NUMBER ? "a number" : "a time (30s, 5m, 2h) in seconds",
                row->least, row->most, printable(text, strlen(text), shown));
    }
    if (row->kind == OPTION_SWITCH) {
        number = strcmp(text, "on") == 0;
        if (!number && strcmp(text, "off") != 0)
            return error_set(err, "--%s needs `on` or `off`, not %s", row->name,
                             printable(text, strlen(text), shown));
    }
    invocation->text[row->id] = text;
    invocation->number[row->id] = number;
    return 0;
}

static void keep_text(struct option_texts *texts, const char *text)
{
    texts->items = memory_resize(texts->items, texts->count + 1, sizeof *texts->items);
    texts->items[texts->count++] = text;
}

static int take_defaults(struct invocation *invocation, struct error *err)
{
    for (size_t i = 0; i < option_table_count; i++) {
        const struct option_row *row = &option_table[i];

        if (option_applies(row, invocation->command->id) && row->fallback &&
            option_take(invocation, row, row->fallback, err) < 0)
            return error_prefix(err, "the table of options is wrong");
    }
    return 0;
}

static int take_options(struct invocation *invocation, int argc, char **argv, struct error *err)
{
    const struct command_row *command = invocation->command;
    struct getopt_tables tables;
    int value;

    tables_make(&tables, command->id);
    opterr = 0;
    optind = 0; // glibc: begin anew, also after an earlier parse
    while ((value = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
        const struct option_row *row;

        if (value == ':')
            return missing_argument(command, optopt, err);
        if (value == '?')
            return refuse_option(command, argv, optopt, err);
        row = value >= LONG_BASE ? &option_table[value - LONG_BASE]
                                 : row_of_letter(command->id, value);
        invocation->given[row->id] = true;
        if (row->kind == OPTION_TEXT)
            keep_text(&invocation->all[row->id], optarg);
        if (row->kind != OPTION_FLAG && option_take(invocation, row, optarg, err) < 0)
            return -1;
    }
    invocation->arguments = argv + optind;
    invocation->argument_count = (size_t)(argc - optind);
    return 0;
}

static int check_arguments(const struct invocation *invocation, struct error *err)
{
    const struct command_row *command = invocation->command;
    char shown[PRINTABLE_SIZE];

    if (invocation->given[OPTION_HELP])
        return 0;
    if (invocation->argument_count < command->least_arguments)
        return error_set(err, "`linqu %s` needs %s", command->name, command->arguments);
    if (invocation->argument_count > command->most_arguments) {
        const char *first = invocation->arguments[command->most_arguments];

        return error_set(err, "`linqu %s` has no use for %s; see `linqu help %s`", command->name,
                         printable(first, strlen(first), shown), command->name);
    }
    return 0;
}

static void word_append(struct buffer *line, const char *word)
{
    if (*word && !word[strcspn(word, " \t\n'\"\\$`*?[]{}()<>|&;#~!")]) {
        buffer_printf(line, "%s", word);
        return;
    }
    buffer_printf(line, "'");
    for (; *word; word++)
        buffer_printf(line, *word == '\'' ? "'\\''" : "%c", *word);
    buffer_printf(line, "'");
}

/* The command line again, with words quoted where a shell needs it. */
static char *line_of(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    struct buffer line = {0};

    buffer_printf(&line, "%s", slash ? slash + 1 : argv[0]);
    for (int i = 1; i < argc; i++) {
        buffer_printf(&line, " ");
        word_append(&line, argv[i]);
    }
    buffer_append(&line, "", 1);
    return (char *)line.data;
}

int invocation_parse(struct invocation *invocation, int argc, char **argv, struct error *err)
{
    *invocation = (struct invocation){0};
    if (argc < 2)
        return error_set(err, "name a command; see `linqu help`");
    invocation->command = command_find(argv[1]);
    if (!invocation->command)
        return unknown_command(argv[1], err);
    invocation->line = line_of(argc, argv);
    if (take_defaults(invocation, err) < 0 ||
        take_options(invocation, argc - 1, argv + 1, err) < 0 ||
        check_arguments(invocation, err) < 0) {
        invocation_free(invocation);
        return -1;
    }
    return 0;
}

void invocation_free(struct invocation *invocation)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        free(invocation->all[i].items);
    memset(invocation->all, 0, sizeof invocation->all);
    free(invocation->line);
    invocation->line = NULL;
}
