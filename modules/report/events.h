/* events.jsonl: what happened to the run and its nodes, one JSON object a line: docs/json.md. */

#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include <jansson.h>

#include "base/error.h"

/* Open it in the run's directory for appending, making it when it is not there. Returns a
 * descriptor or -1. */
int events_open(int dir_fd, struct error *err);

/* Append {ts, event, node, ...}: `event` is one word ("ready", "dead", "left", "slow", "stop" ...),
 * `node` a path or NULL for the run itself. `format` and what follows are as for json_pack() and
 * give an object whose members are added, or NULL; texts that a user or a kernel may have a hand in
 * are {s:o} with json_text(), since {s:s} takes UTF-8 alone. One write, so lines of several processes do not
 * mix. -1 when it could not be written (errno says why). */
int events_append(int fd, const char *event, const char *node, const char *format, ...);

#endif
