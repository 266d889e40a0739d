#include "kernels/kernel_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

static int check_file(int fd, const char *path, struct error *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return error_set(err, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return error_set(err, "%s is not a file", path);
    if (st.st_size == 0 || st.st_size > LIMIT_KERNEL_SIZE)
        return error_set(err, "%s has %lld bytes; a kernel has at least 1 and at most %d", path,
                         (long long)st.st_size, LIMIT_KERNEL_SIZE);
    return 0;
}

static int read_all(int fd, const char *path, struct buffer *bytes, struct error *err)
{
    enum { PIECE = 64 * 1024 };

    for (;;) {
        size_t before = bytes->size;
        ssize_t got = read(fd, buffer_extend(bytes, PIECE), PIECE);

        bytes->size = before + (got > 0 ? (size_t)got : 0);
        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return error_set(err, "cannot read %s: %s", path, strerror(errno));
        if (bytes->size > LIMIT_KERNEL_SIZE)
            return error_set(err, "%s has more than %d bytes", path, LIMIT_KERNEL_SIZE);
    }
}

int kernel_file_read(const char *path, struct buffer *bytes, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int result;

    if (fd < 0)
        return error_set(err, "cannot open %s: %s", path, strerror(errno));
    result = check_file(fd, path, err);
    if (result == 0)
        result = read_all(fd, path, bytes, err);
    close(fd);
    return result;
}
