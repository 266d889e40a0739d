/* How commands speak: results on stdout, sentences on stderr, colour only on a terminal. */

#ifndef CLI_CLI_OUTPUT_H
#define CLI_CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct invocation;

/* "linqu: <sentence>" on stderr; returns `exit_code`. */
int cli_fail(int exit_code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a wrong use of this command: exit code 2, with where help is. */
int cli_usage(const struct invocation *invocation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int cli_unknown_command(const char *name);
/* A remark on stderr that changes nothing. */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flush stdout; 3 with a sentence when not all of it could be written, else `exit_code`. */
int cli_finish(int exit_code);
/* Print the object (its reference is taken) and finish. */
int cli_finish_json(json_t *object, int exit_code);

/* True when the stream is a terminal, NO_COLOR is not set and TERM is not "dumb". */
bool cli_colour(FILE *stream);

enum paint { PAINT_PLAIN, PAINT_GOOD, PAINT_WARN, PAINT_BAD, PAINT_DIM, PAINT_BOLD };
/* The sequence that begins and ends a colour on stdout; "" when stdout is not coloured. */
const char *paint_on(enum paint paint);
const char *paint_off(enum paint paint);

#endif
