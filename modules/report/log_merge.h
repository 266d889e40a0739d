/* The logs of many nodes as one, in the order of time. Memory and open files are bounded however
 * many nodes there are: each source keeps a small buffer and its place, and is closed when others
 * need its descriptor.
 *
 * A log that was rotated (NAME.1 beside NAME) is read from its older file on. A log that grows, or
 * is rotated while it is read, is followed by log_merge_again(). */

#ifndef REPORT_LOG_MERGE_H
#define REPORT_LOG_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_merge;

/* How much may be used: descriptors at one time, and bytes of all buffers together (each source
 * gets at least 1 KiB). */
struct log_merge_limits {
    unsigned descriptors;
    size_t bytes;
};

/* A merge over `count` sources, none opened yet. Paths are relative to `dir_fd` (borrowed); they
 * are copied. */
struct log_merge *log_merge_create(int dir_fd, const char *const *paths, size_t count,
                                   const struct log_merge_limits *limits);
void log_merge_destroy(struct log_merge *merge);

/* The next line in time; the text (no newline) lives until the next call. A line that is not ours
 * has the time of the one before it in its file. */
struct merged_line {
    size_t source;
    const char *text;
    size_t size;
    uint64_t wall_ns;
};
/* False when no source has a whole line left. */
bool log_merge_next(struct log_merge *merge, struct merged_line *line);

/* Look whether a source at its end has grown since: its new lines come with log_merge_next(). A
 * source that is not there yet is no error. */
void log_merge_again(struct log_merge *merge, size_t source);

/* Take what has no newline at a source's end as a line, too: for logs that nobody writes any more.
 */
void log_merge_take_partial(struct log_merge *merge);

/* Sources that could not be opened so far (not there, or not readable). */
size_t log_merge_missing(const struct log_merge *merge);
bool log_merge_is_missing(const struct log_merge *merge, size_t source);

#endif
