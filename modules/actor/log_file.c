#include "actor/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "rundir/clock.h"

static int open_new(struct log_file *log)
{
    log->size = 0;
    log->fd = openat(log->dir_fd, log->name,
                     O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    return log->fd < 0 ? -1 : 0;
}

int log_file_open(struct log_file *log, int dir_fd, const char *name, const char *node,
                  enum log_level level, struct error *err)
{
    *log = (struct log_file){.dir_fd = dir_fd, .fd = -1, .node = node, .level = level};
    snprintf(log->name, sizeof log->name, "%s", name);
    if (open_new(log) < 0)
        return error_set(err, "cannot make the log %s: %s", name, strerror(errno));
    return 0;
}

static void rotate(struct log_file *log)
{
    char old[sizeof log->name + 4];

    snprintf(old, sizeof old, "%s.1", log->name);
    close(log->fd);
    if (renameat(log->dir_fd, log->name, log->dir_fd, old) < 0 || open_new(log) < 0)
        log->fd = -1;
}

static void write_line(struct log_file *log, const uint8_t *line, size_t size)
{
    if (log->fd >= 0 && log->size + size > LIMIT_LOG_FILE)
        rotate(log);
    if (log->fd < 0 || write(log->fd, line, size) != (ssize_t)size) {
        log->dropped++;
        return;
    }
    log->size += size;
    log->lines++;
}

void log_file_write(struct log_file *log, enum log_level level, const char *component,
                    const char *message, const char *fields)
{
    const struct log_record record = {
        .wall_ns = wall_clock_ns(),
        .level = level,
        .node = log->node,
        .pid = getpid(),
        .component = component,
        .message = message,
        .fields = fields,
    };
    size_t start = 0;

    if (level > log->level)
        return;
    buffer_clear(&log->line);
    log_format(&log->line, &record);
    for (size_t i = 0; i < log->line.size; i++)
        if (log->line.data[i] == '\n') {
            write_line(log, log->line.data + start, i + 1 - start);
            start = i + 1;
        }
}

void log_file_close(struct log_file *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
    buffer_free(&log->line);
}
