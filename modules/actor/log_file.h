/* A node's log: one write a line, rotated at LIMIT_LOG_FILE, what could not be written is counted.
 */

#ifndef ACTOR_LOG_FILE_H
#define ACTOR_LOG_FILE_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"

struct log_file {
    int dir_fd; // borrowed
    int fd;     // -1: closed, lines are dropped
    char name[64];
    const char *node; // borrowed; stands in every line
    enum log_level level;
    uint64_t size;
    uint64_t lines, dropped;
    struct buffer line;
};

/* Make `name` in `dir_fd`. */
int log_file_open(struct log_file *log, int dir_fd, const char *name, const char *node,
                  enum log_level level, struct error *err);
/* `fields` in logfmt, or NULL. Lines above the log's level are not written. */
void log_file_write(struct log_file *log, enum log_level level, const char *component,
                    const char *message, const char *fields);
void log_file_close(struct log_file *log);

#endif
