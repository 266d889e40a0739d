#include "cli/help.h"

#include <string.h>

#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "scenario/scenario.h"

enum { WIDTH = 80, OPTION_COLUMN = 28, TERM_COLUMN = 16 };

/* Print words so that lines end before WIDTH; the first begins at column `at`, the others at
 * `indent`. */
static void print_wrapped(FILE *out, const char *text, int at, int indent)
{
    int column = at;

    while (*text) {
        int length = (int)strcspn(text, " \n");

        if (column > indent && column + 1 + length > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            putc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
        if (*text == '\n') {
            int breaks = (int)strspn(text, "\n");

            fprintf(out, "%s%*s", breaks > 1 ? "\n\n" : "\n", indent, "");
            column = indent;
            text += breaks;
        }
    }
    putc('\n', out);
}

static void print_term(FILE *out, const char *term, const char *meaning, int column)
{
    int length = fprintf(out, "  %s", term);

    if (length + 2 > column) {
        fprintf(out, "\n%*s", column, "");
        length = column;
    } else {
        length += fprintf(out, "%*s", column - length, "");
    }
    print_wrapped(out, meaning, length, column);
}

/* "-t, --topology SPEC" */
static void option_words(const struct option_row *row, char *out, size_t size)
{
    char letter[8] = "    ";

    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(out, size, "%s--%s%s%s", letter, row->name, row->argument ? " " : "",
             row->argument ? row->argument : "");
}

static void print_option(FILE *out, const struct option_row *row)
{
    char words[64], help[512];

    option_words(row, words, sizeof words);
    snprintf(help, sizeof help, "%s%s%s%s", row->help, row->fallback ? " (default: " : "",
             row->fallback ? row->fallback : "", row->fallback ? ")" : "");
    print_term(out, words, help, OPTION_COLUMN);
}

static void print_options(FILE *out, enum command_id command)
{
    const char *group = "";

    for (size_t i = 0; i < option_table_count; i++) {
        const struct option_row *row = &option_table[i];

        if (!option_applies(row, command))
            continue;
        if (strcmp(row->group, group) != 0)
            fprintf(out, "\n%s:\n", row->group);
        group = row->group;
        print_option(out, row);
    }
}

static void print_scenarios(FILE *out)
{
    size_t count;
    const struct scenario *const *all = scenario_all(&count);

    fprintf(out, "\nScenarios:\n");
    for (size_t i = 0; i < count; i++)
        print_term(out, all[i]->name, all[i]->summary, TERM_COLUMN);
}

void help_of_command(FILE *out, const struct command_row *command)
{
    fprintf(out, "usage: linqu %s [OPTION...]%s%s\n\n", command->name,
            command->arguments[0] ? " " : "", command->arguments);
    print_wrapped(out, command->text[0] ? command->text : command->summary, 0, 0);
    print_options(out, command->id);
    if (command->id == COMMAND_RUN || command->id == COMMAND_EXEC)
        print_scenarios(out);
}

void help_overview(FILE *out)
{
    fputs("linqu runs a whole machine hierarchy on one machine, every node a process.\n\n"
          "usage: linqu COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        print_term(out, command_table[i].name, command_table[i].summary, TERM_COLUMN);
    fputs("\nEnvironment:\n", out);
    for (size_t i = 0; i < environment_table_count; i++)
        print_term(out, environment_table[i].term, environment_table[i].meaning, OPTION_COLUMN);
    fputs("\nExit codes:\n", out);
    for (size_t i = 0; i < exit_table_count; i++)
        print_term(out, exit_table[i].term, exit_table[i].meaning, TERM_COLUMN);
    fputs("\n`linqu help COMMAND` explains a command and its options.\n"
          "RUN defaults to the newest run of this user, live ones first.\n",
          out);
}

int help_command(const struct invocation *invocation)
{
    const struct command_row *command;

    if (invocation->given[OPTION_MAN] && invocation->given[OPTION_COMPLETION])
        return cli_usage(invocation, "either --man or --completion");
    if (invocation->given[OPTION_MAN]) {
        help_manual(stdout);
    } else if (invocation->given[OPTION_COMPLETION]) {
        help_completion(stdout);
    } else if (invocation->argument_count == 0) {
        help_overview(stdout);
    } else {
        command = command_find(invocation->arguments[0]);
        if (!command)
            return cli_unknown_command(invocation->arguments[0]);
        help_of_command(stdout, command);
    }
    return cli_finish(0);
}
