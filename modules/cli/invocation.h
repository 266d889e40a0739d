/* A command line, understood: which command, which options, which arguments. */

#ifndef CLI_INVOCATION_H
#define CLI_INVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/option_table.h"

/* What an option was given, each time. */
struct option_texts {
    const char **items; // owned; the texts are borrowed
    size_t count;
};

struct invocation {
    const struct command_row *command;
    bool given[OPTION_COUNT];
    const char *text[OPTION_COUNT]; // as typed, else the default, else NULL; borrowed
    struct option_texts
        all[OPTION_COUNT];         // of OPTION_TEXT: as typed, in order; without the default
    uint64_t number[OPTION_COUNT]; // of OPTION_NUMBER, OPTION_SECONDS and OPTION_SWITCH, given or default
    char **arguments;              // borrowed: points into argv
    size_t argument_count;
    char *line; // the whole command line as typed; owned
};

/* Understand argv, whose first word after the program's name is the command. It may be permuted. -1
 * with one sentence when it is wrong. */
int invocation_parse(struct invocation *invocation, int argc, char **argv, struct error *err);
void invocation_free(struct invocation *invocation);

/* A time like 30, 30s, 5m, 2h, 1d in seconds. -1 when it is none. */
int seconds_parse(const char *text, uint64_t *seconds);

#endif
