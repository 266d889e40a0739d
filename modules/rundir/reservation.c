/* What runs that are starting have reserved. A reservation is a file `.reserve-<uid>-<id>` below
 * the base that says how many processes, and is locked while it counts: a killed launcher's counts
 * no more. The base's own lock makes the sum and the new reservation one step; it needs no file, so
 * nobody can own it. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rundir/preflight.h"
#include "rundir/run_marker.h"

#define RESERVE_PREFIX ".reserve-"

enum {
    BASE_LOCK_TRIES = 500, // five seconds: somebody holds it for some milliseconds
    BASE_LOCK_RETRY_NS = 10 * 1000 * 1000,
};

/* Lock the base itself. Somebody who holds it forever only makes the sum unsure: go on without. */
static void base_lock(int base_fd)
{
    const struct timespec pause = {.tv_nsec = BASE_LOCK_RETRY_NS};

    for (int i = 0; i < BASE_LOCK_TRIES; i++) {
        if (flock(base_fd, LOCK_EX | LOCK_NB) == 0)
            return;
        nanosleep(&pause, NULL);
    }
}

/* What one file reserves: 0 for one that is no longer locked, which is removed when it is ours. */
static uint64_t reservation_read(int base_fd, const char *name)
{
    int fd = openat(base_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    uint64_t processes = 0;
    char text[32] = "";
    struct stat st;

    if (fd < 0)
        return 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        if (flock(fd, LOCK_SH | LOCK_NB) < 0) {
            if (read(fd, text, sizeof text - 1) > 0)
                processes = strtoull(text, NULL, 10);
        } else if (st.st_uid == geteuid()) {
            unlinkat(base_fd, name, 0);
        }
    }
    close(fd);
    return processes <= LIMIT_NODES + 1 ? processes : 0;
}

static uint64_t reserved_sum(int base_fd)
{
    int copy = openat(base_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    uint64_t sum = 0;

    if (!dir && copy >= 0)
        close(copy);
    while (dir && (entry = readdir(dir)))
        if (strncmp(entry->d_name, RESERVE_PREFIX, strlen(RESERVE_PREFIX)) == 0)
            sum += reservation_read(base_fd, entry->d_name);
    if (dir)
        closedir(dir);
    return sum;
}

uint64_t reservation_sum(const char *base)
{
    int base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint64_t sum;

    if (base_fd < 0)
        return 0;
    base_lock(
        base_fd); // whoever makes a reservation must not find it looked at before it is locked
    sum = reserved_sum(base_fd);
    close(base_fd);
    return sum;
}

static int reservation_write(struct reservation *mine, uint64_t processes, struct error *err)
{
    char id[7], text[32];
    int size = snprintf(text, sizeof text, "%" PRIu64 "\n", processes);

    run_short_id(id);
    snprintf(mine->name, sizeof mine->name, RESERVE_PREFIX "%u-%s", (unsigned)geteuid(), id);
    mine->fd =
        openat(mine->dir_fd, mine->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (mine->fd < 0)
        return error_set(err, "cannot make %s: %s", mine->name, strerror(errno));
    if (fchmod(mine->fd, 0644) < 0 || flock(mine->fd, LOCK_EX | LOCK_NB) < 0 ||
        write(mine->fd, text, (size_t)size) != size) {
        error_set(err, "cannot write %s: %s", mine->name, strerror(errno));
        reservation_release(mine);
        return -1;
    }
    return 0;
}

int reservation_take(const char *base, const struct topology *topology, const char *name,
                     struct reservation *mine, struct preflight *out, struct error *err)
{
    struct demand demand;
    int result;

    *mine = (struct reservation){.fd = -1, .dir_fd = -1};
    mine->dir_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (mine->dir_fd < 0)
        return error_set(err, "base %s: %s", base, strerror(errno));
    base_lock(mine->dir_fd);
    preflight_check(topology, base, name, reserved_sum(mine->dir_fd), out);
    preflight_demand(topology, &demand);
    result = out->worst == PREFLIGHT_FAIL ? preflight_sentence(out, err)
                                          : reservation_write(mine, demand.processes, err);
    if (mine->dir_fd >= 0)
        flock(mine->dir_fd, LOCK_UN);
    if (result < 0)
        reservation_release(mine);
    return result;
}

void reservation_forked(struct reservation *mine)
{
    if (mine->fd >= 0 && ftruncate(mine->fd, 0) == 0)
        (void)!pwrite(mine->fd, "0\n", 2, 0);
}

void reservation_release(struct reservation *mine)
{
    if (mine->fd >= 0) {
        unlinkat(mine->dir_fd, mine->name, 0);
        close(mine->fd);
    }
    if (mine->dir_fd >= 0)
        close(mine->dir_fd);
    mine->fd = mine->dir_fd = -1;
}
