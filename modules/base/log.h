/* What a log line looks like (logfmt, see docs/formats.md). Pure: the caller has the time and the file.
 *
 * ts=2026-11-23T08:07:19.412345678Z lvl=warn node=L6_0/L5_3 pid=20190 comp=ring msg="ring full" used=8
 */

#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/buffer.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* "error", "warn", "info", "debug". */
const char *log_level_name(enum log_level level);
/* 0 and the level of a name, or -1. */
int log_level_parse(const char *name, enum log_level *level);

struct log_record {
    uint64_t wall_ns; // since 1970-01-01 UTC
    enum log_level level;
    const char *node; // path of the node, or "launcher"
    int pid;
    const char *component; // one word: life, mailbox, member, ring, kernel ...
    const char *message;   // a sentence for a person; quoted and escaped here
    const char *fields;    // further `key=value` words already in logfmt, or NULL
};

/* Append the record as one line, or as several of at most LIMIT_LOG_LINE bytes each (`part=2` ...), every
 * one complete with its newline. Control characters, quotes and backslashes in the message are escaped. */
void log_format(struct buffer *out, const struct log_record *record);

#endif
