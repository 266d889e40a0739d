#include "report/events.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "rundir/clock.h"

int events_open(int dir_fd, struct error *err)
{
    int fd = openat(dir_fd, "events.jsonl", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                    0600);

    return fd < 0 ? error_set(err, "cannot open events.jsonl: %s", strerror(errno)) : fd;
}

static json_t *event_json(const char *event, const char *node)
{
    char now[TIMESTAMP_SIZE];

    timestamp_format(wall_clock_ns(), now);
    return json_pack("{s:s, s:s, s:s?}", "ts", now, "event", event, "node", node);
}

static int line_write(int fd, const json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
    size_t size = text ? strlen(text) : 0;
    ssize_t written;

    if (!text) {
        errno = ENOMEM;
        return -1;
    }
    text = memory_resize(text, size + 1, 1);
    text[size] = '\n';
    written = write(fd, text, size + 1);
    free(text);
    return written == (ssize_t)(size + 1) ? 0 : -1;
}

int events_append(int fd, const char *event, const char *node, const char *format, ...)
{
    json_t *object = event_json(event, node);
    json_t *more = NULL;
    va_list args;
    int result;

    if (format) {
        va_start(args, format);
        more = json_vpack_ex(NULL, 0, format, args);
        va_end(args);
        assert(more);
        json_object_update(object, more);
    }
    result = line_write(fd, object);
    json_decref(more);
    json_decref(object);
    return result;
}
