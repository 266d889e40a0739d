/* One line of a log, read back: docs/formats.md. */

#ifndef REPORT_LOG_LINE_H
#define REPORT_LOG_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

/* A piece of the line; borrowed. */
struct text_slice {
    const char *start;
    size_t size;
};

struct log_line {
    uint64_t wall_ns;
    enum log_level level;
    unsigned part;                              // 1, or more for what goes on from the line before
    struct text_slice node, component, message; // the message still escaped, without its quotes
};

/* Read the line `text` (without its newline). False when it is no log line of ours. */
bool log_line_read(const char *text, size_t size, struct log_line *line);

/* Find the next `key=value` word at or after `*at`; a value in quotes is given without them and
 * still escaped. False at the end. */
bool log_word_next(const char *text, size_t size, size_t *at, struct text_slice *key,
                   struct text_slice *value);

/* Undo the escapes of a quoted value. Returns the length; `out` has `capacity` bytes, the closing
 * NUL included. */
size_t log_unescape(struct text_slice value, char *out, size_t capacity);

/* The line as an object: each word a member, `ts`, `lvl`, `node`, `comp`, `msg` as strings, whole
 * numbers as numbers. A line that is not ours becomes {"msg": line}. */
json_t *log_line_json(const char *text, size_t size);

/* The message with each run of digits as '#', so that messages that differ in numbers only are
 * equal. Returns the length. */
size_t log_normalise(struct text_slice message, char *out, size_t capacity);

#endif
