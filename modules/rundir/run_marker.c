#include "rundir/run_marker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define MARKER_FORMAT "linqu run directory, created_ns=%" PRIu64 "\n"
#define MARKER_SCAN "linqu run directory, created_ns=%" SCNu64

enum {
    DIRECTORY_DEPTH_MAX = 64, // of what we remove: a node's files are at most ten deep
    LOCK_TRIES = 20,          // a viewer that looks at the lock holds it for an instant
    LOCK_RETRY_NS = 2 * 1000 * 1000,
};

void run_short_id(char id[7])
{
    static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789"; // 32 that are not mistaken
    uint8_t bytes[6];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        memset(bytes, 0, sizeof bytes); // a clash is seen when the name is taken
    for (size_t i = 0; i < sizeof bytes; i++)
        id[i] = alphabet[bytes[i] & 31];
    id[6] = '\0';
}

int run_open_directory(int base_fd, const char *name)
{
    return openat(base_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

int run_marker_write(int fd, uint64_t created_ns, struct error *err)
{
    char text[96];
    int size = snprintf(text, sizeof text, MARKER_FORMAT, created_ns);
    int marker =
        openat(fd, RUN_MARKER_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    ssize_t written;

    if (marker < 0)
        return error_set(err, "cannot make " RUN_MARKER_NAME ": %s", strerror(errno));
    written = write(marker, text, (size_t)size);
    close(marker);
    if (written != size)
        return error_set(err, "cannot write " RUN_MARKER_NAME ": %s",
                         written < 0 ? strerror(errno) : "the disk is full");
    return 0;
}

static bool marker_is_proper(int marker, int fd)
{
    struct stat file, dir;

    return fstat(marker, &file) == 0 && fstat(fd, &dir) == 0 && S_ISREG(file.st_mode) &&
           file.st_uid == dir.st_uid && file.st_dev == dir.st_dev && file.st_nlink == 1;
}

bool run_marker_read(int fd, uint64_t *created_ns)
{
    int marker = openat(fd, RUN_MARKER_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    uint64_t created;
    char text[96];
    ssize_t got = -1;

    if (marker < 0)
        return false;
    if (marker_is_proper(marker, fd))
        got = read(marker, text, sizeof text - 1);
    close(marker);
    if (got <= 0)
        return false;
    text[got] = '\0';
    if (sscanf(text, MARKER_SCAN, &created) != 1)
        return false;
    if (created_ns)
        *created_ns = created;
    return true;
}

int run_lock_make(int fd, struct error *err)
{
    int lock = openat(fd, RUN_LOCK_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (lock < 0)
        return error_set(err, "cannot make " RUN_LOCK_NAME ": %s", strerror(errno));
    if (flock(lock, LOCK_EX | LOCK_NB) == 0)
        return lock;
    error_set(err, "cannot lock " RUN_LOCK_NAME ": %s", strerror(errno));
    close(lock);
    return -1;
}

static int lock_open(int fd)
{
    return openat(fd, RUN_LOCK_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

int run_lock_take(int fd, enum run_lock *state)
{
    const struct timespec pause = {.tv_nsec = LOCK_RETRY_NS};
    int lock = lock_open(fd);

    *state = RUN_LOCK_MISSING;
    if (lock < 0)
        return -1;
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
            *state = RUN_LOCK_FREE;
            return lock;
        }
        nanosleep(&pause, NULL);
    }
    *state = RUN_LOCK_HELD;
    close(lock);
    return -1;
}

enum run_lock run_lock_look(int fd)
{
    int lock = lock_open(fd);
    enum run_lock state = RUN_LOCK_FREE;

    if (lock < 0)
        return RUN_LOCK_MISSING;
    if (flock(lock, LOCK_SH | LOCK_NB) < 0)
        state = RUN_LOCK_HELD;
    close(lock);
    return state;
}

static int empty_level(int fd, dev_t device, unsigned depth, struct error *err);

static int remove_subdirectory(int parent, const char *name, dev_t device, unsigned depth,
                               struct error *err)
{
    int fd = run_open_directory(parent, name);
    struct stat st;
    int result;

    if (fd < 0)
        return error_set(err, "cannot open %s: %s", name, strerror(errno));
    if (fstat(fd, &st) < 0 || st.st_dev != device) {
        close(fd);
        return error_set(err, "%s is on another file system, nothing is removed there", name);
    }
    result = empty_level(fd, device, depth + 1, err);
    close(fd);
    if (result == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        result = error_set(err, "cannot remove %s: %s", name, strerror(errno));
    return result;
}

static bool entry_stays(const struct dirent *entry, unsigned depth)
{
    const char *name = entry->d_name;

    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
           (depth == 0 && (strcmp(name, RUN_MARKER_NAME) == 0 || strcmp(name, RUN_LOCK_NAME) == 0));
}

static int remove_entry(int parent, const struct dirent *entry, dev_t device, unsigned depth,
                        struct error *err)
{
    const char *name = entry->d_name;

    if (entry->d_type != DT_DIR) {
        if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
            return 0;
        if (errno != EISDIR && errno != EPERM)
            return error_set(err, "cannot remove %s: %s", name, strerror(errno));
    }
    return remove_subdirectory(parent, name, device, depth, err);
}

/* Removes all that one listing shows. Returns how many, or -1. */
static int empty_pass(DIR *dir, int fd, dev_t device, unsigned depth, struct error *err)
{
    const struct dirent *entry;
    int removed = 0;

    rewinddir(dir);
    while ((entry = readdir(dir))) {
        if (entry_stays(entry, depth))
            continue;
        if (remove_entry(fd, entry, device, depth, err) < 0)
            return -1;
        removed++;
    }
    return removed;
}

static int empty_level(int fd, dev_t device, unsigned depth, struct error *err)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int removed;
    DIR *dir;

    if (depth > DIRECTORY_DEPTH_MAX) {
        close(copy);
        return error_set(err, "directories deeper than %d are not ours", DIRECTORY_DEPTH_MAX);
    }
    dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        close(copy);
        return error_set(err, "cannot list a directory: %s", strerror(errno));
    }
    do // a listing may miss entries while others are removed: go on until one shows nothing
        removed = empty_pass(dir, fd, device, depth, err);
    while (removed > 0);
    closedir(dir);
    return removed;
}

int run_empty_directory(int fd, dev_t device, struct error *err)
{
    return empty_level(fd, device, 0, err);
}
