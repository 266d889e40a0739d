/* Waits until logs of a run have grown. inotify tells where it can; else they are looked at twice a
 * second. */

#ifndef CLI_LOG_FOLLOW_H
#define CLI_LOG_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

struct log_follow;

/* Follow `count` logs with paths relative to `dir_fd`; both borrowed. */
struct log_follow *log_follow_create(int dir_fd, char *const *paths, size_t count);
void log_follow_destroy(struct log_follow *follow);

/* Wait until something may have grown, at most about a second. False when the reader of stdout is
 * gone. */
bool log_follow_wait(struct log_follow *follow);

/* Whether the log `index` may have grown since this was last asked. */
bool log_follow_take(struct log_follow *follow, size_t index);

#endif
