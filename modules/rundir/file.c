#include "rundir/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        ssize_t done = write(fd, at, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        at += done;
        size -= (size_t)done;
    }
    return 0;
}

int file_make(int dir_fd, const char *name, const void *data, size_t size, struct error *err)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return error_set(err, "cannot make %s: %s", name, strerror(errno));
    if (write_all(fd, data, size) < 0) {
        error_set(err, "cannot write %s: %s", name, strerror(errno));
        close(fd);
        unlinkat(dir_fd, name, 0);
        return -1;
    }
    close(fd);
    return 0;
}

int file_replace(int dir_fd, const char *name, const void *data, size_t size, struct error *err)
{
    char draft[128];

    snprintf(draft, sizeof draft, ".%s.new", name);
    unlinkat(dir_fd, draft, 0);
    if (file_make(dir_fd, draft, data, size, err) < 0)
        return -1;
    if (renameat(dir_fd, draft, dir_fd, name) < 0) {
        error_set(err, "cannot replace %s: %s", name, strerror(errno));
        unlinkat(dir_fd, draft, 0);
        return -1;
    }
    return 0;
}

static int open_to_append(int dir_fd, const char *name)
{
    return openat(dir_fd, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Its older part gets out of the way; returns a new file. */
static int rotate(int dir_fd, const char *name, int fd)
{
    char old[128];

    snprintf(old, sizeof old, "%s.1", name);
    close(fd);
    return renameat(dir_fd, name, dir_fd, old) < 0 ? -1 : open_to_append(dir_fd, name);
}

int file_append(int dir_fd, const char *name, const void *data, size_t size, size_t limit,
                struct error *err)
{
    int fd = open_to_append(dir_fd, name), done;
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 && (size_t)st.st_size + size > limit)
        fd = rotate(dir_fd, name, fd);
    if (fd < 0)
        return error_set(err, "cannot open %s: %s", name, strerror(errno));
    done = write_all(fd, data, size);
    if (done < 0)
        error_set(err, "cannot write %s: %s", name, strerror(errno));
    close(fd);
    return done;
}
