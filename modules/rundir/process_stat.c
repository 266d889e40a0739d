#include "rundir/process_stat.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool process_stat_parse(const char *text, struct process_stat *stat)
{
    const char *name_end = strrchr(text, ')');

    if (!name_end)
        return false;
    return sscanf(name_end + 1,
                  " %c %" SCNd32 " %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d"
                  " %" SCNd32 " %*d %" SCNu64,
                  &stat->state, &stat->parent, &stat->threads, &stat->start_ticks) == 4;
}

bool process_stat_read(int32_t pid, struct process_stat *stat)
{
    char path[32], text[1024];
    ssize_t got;
    int fd;

    if (pid <= 0)
        return false;
    snprintf(path, sizeof path, "/proc/%" PRId32 "/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    got = read(fd, text, sizeof text - 1);
    close(fd);
    if (got <= 0)
        return false;
    text[got] = '\0';
    return process_stat_parse(text, stat);
}

uint64_t process_start_ticks(int32_t pid)
{
    struct process_stat stat;

    return process_stat_read(pid, &stat) ? stat.start_ticks : 0;
}
