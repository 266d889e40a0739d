/* The manual page, in roff for man(7). */

#include <stdbool.h>
#include <string.h>

#include "cli/help.h"
#include "scenario/scenario.h"

/* Text with what roff would take as its own escaped. */
static void print_text(FILE *out, const char *text)
{
    bool line_start = true;

    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        line_start = *text == '\n';
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            putc(*text, out);
    }
}

/* Paragraphs, separated by blank lines. */
static void print_paragraphs(FILE *out, const char *text)
{
    const char *end;

    for (; (end = strstr(text, "\n\n")); text = end + 2) {
        char part[1024];

        snprintf(part, sizeof part, "%.*s", (int)(end - text), text);
        print_text(out, part);
        fputs("\n.PP\n", out);
    }
    print_text(out, text);
    putc('\n', out);
}

static void print_option(FILE *out, const struct option_row *row)
{
    fputs(".TP\n", out);
    if (row->letter)
        fprintf(out, "\\fB\\-%c\\fR, ", row->letter);
    fputs("\\fB\\-\\-", out);
    print_text(out, row->name);
    fputs("\\fR", out);
    if (row->argument)
        fprintf(out, " \\fI%s\\fR", row->argument);
    putc('\n', out);
    print_text(out, row->help);
    if (row->fallback) {
        fputs(" (default: ", out);
        print_text(out, row->fallback);
        putc(')', out);
    }
    putc('\n', out);
}

static void print_command(FILE *out, const struct command_row *command)
{
    fprintf(out, ".SS \"linqu %s", command->name);
    if (command->arguments[0]) {
        putc(' ', out);
        print_text(out, command->arguments);
    }
    fputs("\"\n", out);
    print_paragraphs(out, command->text[0] ? command->text : command->summary);
    for (size_t i = 0; i < option_table_count; i++)
        if (option_applies(&option_table[i], command->id) && option_table[i].id != OPTION_HELP)
            print_option(out, &option_table[i]);
}

static void print_terms(FILE *out, const char *title, const struct term_row *rows, size_t count)
{
    fprintf(out, ".SH %s\n", title);
    for (size_t i = 0; i < count; i++) {
        fputs(".TP\n\\fB", out);
        print_text(out, rows[i].term);
        fputs("\\fR\n", out);
        print_text(out, rows[i].meaning);
        putc('\n', out);
    }
}

static void print_scenarios(FILE *out)
{
    size_t count;
    const struct scenario *const *all = scenario_all(&count);

    fputs(".SH SCENARIOS\n", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, ".TP\n\\fB%s\\fR\n", all[i]->name);
        print_text(out, all[i]->summary);
        putc('\n', out);
    }
}

void help_manual(FILE *out)
{
    fprintf(out, ".TH LINQU 1 \"\" \"linqu %s\" \"User Commands\"\n", LINQU_VERSION);
    fputs(".SH NAME\nlinqu \\- run a whole machine hierarchy on one machine, every node a process\n"
          ".SH SYNOPSIS\n.B linqu\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n"
          ".SH DESCRIPTION\n"
          "linqu forks itself into a hierarchy of levels, L6 down to L3 or L2. Every node is a "
          "process "
          "with a mailbox of its own and talks to its parent, its children and its siblings in "
          "messages. Scenarios run through the tree and check what the nodes did.\n.PP\n"
          "\\fIRUN\\fR is the name of a run and defaults to the newest of this user, live ones "
          "first. Long options may be shortened as long as they stay unambiguous; options and "
          "arguments may come in any order.\n"
          ".SH COMMANDS\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        print_command(out, &command_table[i]);
    print_scenarios(out);
    print_terms(out, "ENVIRONMENT", environment_table, environment_table_count);
    print_terms(out, "FILES", file_table, file_table_count);
    print_terms(out, "EXIT STATUS", exit_table, exit_table_count);
    fputs("If several hold, the earliest cause wins.\n"
          ".SH EXAMPLES\n"
          ".TP\n\\fBlinqu run \\-\\-topology 16x4x16x16\\fR\nthe whole machine, 17,489 processes\n"
          ".TP\n\\fBlinqu run \\-t 16x4x16 \\-\\-detach && linqu status \\-\\-by L5\\fR\n"
          "bring the hosts up and look at them\n"
          ".TP\n\\fBlinqu logs \\-N 'L5_[0\\-3]' \\-p warn \\-f\\fR\n"
          "follow the warnings of four supernodes\n",
          out);
}
