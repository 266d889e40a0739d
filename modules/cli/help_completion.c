/* The completion for bash. Everything but the names of runs is written into the script. */

#include "bench/bench.h"
#include "cli/help.h"
#include "scenario/scenario.h"

/* The shell's words for what an argument can be; "" when nothing is offered. */
static const char *completion_words(enum completion completion)
{
    static const char *const words[COMPLETE_COUNT] = {
        [COMPLETE_FILE] = "COMPREPLY=($(compgen -f -- \"$word\"))",
        [COMPLETE_DIRECTORY] = "COMPREPLY=($(compgen -d -- \"$word\"))",
        [COMPLETE_RUN] = "COMPREPLY=($(compgen -W \"$(_linqu_runs)\" -- \"$word\"))",
        [COMPLETE_LEVEL] = "COMPREPLY=($(compgen -W 'L7 L6 L5 L4 L3 L2' -- \"$word\"))",
        [COMPLETE_PRIORITY] = "COMPREPLY=($(compgen -W 'error warn info debug' -- \"$word\"))",
        [COMPLETE_SWITCH] = "COMPREPLY=($(compgen -W 'on off' -- \"$word\"))",
    };

    return words[completion] ? words[completion] : "";
}

/* What follows an option: a case for each that takes an argument. */
static void print_arguments(FILE *out, const struct command_row *command)
{
    for (size_t i = 0; i < option_table_count; i++) {
        const struct option_row *row = &option_table[i];

        if (!option_applies(row, command->id) || row->kind == OPTION_FLAG)
            continue;
        fprintf(out, "    %s:--%s", command->name, row->name);
        if (row->letter)
            fprintf(out, "|%s:-%c", command->name, row->letter);
        fprintf(out, ") %s; return ;;\n",
                completion_words(row->completion)[0] ? completion_words(row->completion) : ":");
    }
}

static void print_scenario_names(FILE *out)
{
    size_t count;
    const struct scenario *const *all = scenario_all(&count);

    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s ", all[i]->name);
}

static void print_bench_names(FILE *out)
{
    for (size_t i = 0; bench_name(i); i++)
        fprintf(out, "%s ", bench_name(i));
    fputs("all ", out);
}

static bool offers(const struct command_row *command, enum completion what)
{
    return command->offers >> what & 1;
}

/* Options, and what a command's own arguments can be; a word with a slash is a file's. */
static void print_words(FILE *out, const struct command_row *command)
{
    fprintf(out, "    %s) words=\"", command->name);
    for (size_t i = 0; i < option_table_count; i++)
        if (option_applies(&option_table[i], command->id))
            fprintf(out, "--%s ", option_table[i].name);
    if (offers(command, COMPLETE_SCENARIO))
        print_scenario_names(out);
    if (offers(command, COMPLETE_BENCH))
        print_bench_names(out);
    if (offers(command, COMPLETE_TOPOLOGY))
        fputs("show check ", out);
    if (offers(command, COMPLETE_COMMAND))
        fputs("$commands", out);
    fputs("\"", out);
    if (offers(command, COMPLETE_RUN))
        fputs("; [[ $word == -* ]] || words+=\" $(_linqu_runs)\"", out);
    if (offers(command, COMPLETE_FILE))
        fprintf(out, "; [[ $word != */* ]] || { %s; return; }", completion_words(COMPLETE_FILE));
    fputs(" ;;\n", out);
}

void help_completion(FILE *out)
{
    fputs("# bash completion for linqu, written by `linqu help --completion`\n"
          "# shellcheck shell=bash disable=SC2207  # names have no blanks\n\n"
          "_linqu_runs()\n{\n"
          "    local base=${LINQU_BASE:-/tmp/linqu} i\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in --base|-b) base=${COMP_WORDS[i + 1]} ;; esac\n"
          "    done\n"
          "    command ls -1 -- \"$base\" 2>/dev/null | command grep -vx latest\n}\n\n"
          "_linqu()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local command=${COMP_WORDS[1]} words=\n"
          "    local commands=\"",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "%s%s", i ? " " : "", command_table[i].name);
    fputs("\"\n\n    COMPREPLY=()\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        COMPREPLY=($(compgen -W \"$commands\" -- \"$word\"))\n        return\n    fi\n"
          "    case $command:$before in\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        print_arguments(out, &command_table[i]);
    fputs("    esac\n    case $command in\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        print_words(out, &command_table[i]);
    fputs("    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "}\n\ncomplete -o filenames -o bashdefault -F _linqu linqu\n",
          out);
}
