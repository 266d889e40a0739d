/* All runs below a base: found, removed, pruned. */

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "rundir/run_dir.h"
#include "rundir/run_marker.h"

struct run_list {
    struct run_entry *entries;
    size_t count, capacity;
};

static void list_add(struct run_list *list, const struct run_entry *entry)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        list->entries = memory_resize(list->entries, list->capacity, sizeof *list->entries);
    }
    list->entries[list->count++] = *entry;
}

/* Fill an entry from the directory `name`. False when it is no run, as far as we may see. */
static bool entry_read(int base_fd, const char *name, struct run_entry *entry)
{
    struct stat st;
    bool is_run;
    int fd;

    *entry = (struct run_entry){0};
    if (fstatat(base_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
        return false;
    snprintf(entry->name, sizeof entry->name, "%s", name);
    entry->uid = st.st_uid;
    entry->ours = st.st_uid == geteuid();
    entry->created_ns =
        (uint64_t)st.st_mtim.tv_sec * UINT64_C(1000000000) + (uint64_t)st.st_mtim.tv_nsec;
    fd = run_open_directory(base_fd, name);
    if (fd < 0) // somebody else's: a run of theirs looks just like this
        return errno == EACCES && !entry->ours && (st.st_mode & 0777) == 0700;
    is_run = run_marker_read(fd, &entry->created_ns);
    entry->live = is_run && run_lock_look(fd) == RUN_LOCK_HELD;
    close(fd);
    return is_run;
}

static int newer_first(const void *a, const void *b)
{
    const struct run_entry *left = a, *right = b;

    if (left->created_ns != right->created_ns)
        return left->created_ns > right->created_ns ? -1 : 1;
    return strcmp(left->name, right->name);
}

struct run_entry *run_dir_list(const char *base, size_t *count, struct error *err)
{
    struct run_list list = {0};
    const struct dirent *entry;
    struct run_entry run;
    DIR *dir = opendir(base);

    *count = 0;
    if (!dir && errno != ENOENT) {
        error_set(err, "base %s: %s", base, strerror(errno));
        return NULL;
    }
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' && entry_read(dirfd(dir), entry->d_name, &run))
            list_add(&list, &run);
    if (dir)
        closedir(dir);
    if (list.count)
        qsort(list.entries, list.count, sizeof *list.entries, newer_first);
    *count = list.count;
    return list.entries ? list.entries : memory_new(1, sizeof *list.entries);
}

/* Everything that must hold before a directory is removed. Returns the taken lock or -1. */
static int removal_lock(const char *path, int fd, dev_t *device, struct error *err)
{
    enum run_lock state;
    struct stat st;
    int lock;

    if (fstat(fd, &st) < 0)
        return error_set(err, "%s: %s", path, strerror(errno));
    if (st.st_uid != geteuid())
        return error_set(err, "%s belongs to user %u", path, (unsigned)st.st_uid);
    if (!run_marker_read(fd, NULL))
        return error_set(err, "%s is not the directory of a run", path);
    *device = st.st_dev;
    lock = run_lock_take(fd, &state);
    if (lock < 0 && state == RUN_LOCK_HELD)
        return error_set(err, "the run %s is live", path);
    if (lock < 0) // it died while it was being removed: make the lock again, so that we are alone
        lock = run_lock_make(fd, err);
    return lock;
}

static int hide(int base_fd, const char *name, char hidden[32], struct error *err)
{
    char id[7];

    run_short_id(id);
    snprintf(hidden, 32, RUN_OLD_PREFIX "%s", id);
    if (renameat(base_fd, name, base_fd, hidden) < 0)
        return error_set(err, "cannot rename %s: %s", name, strerror(errno));
    return 0;
}

/* Out of sight first, so that nobody sees half a run; lock and marker last, so that an interrupted
 * removal can go on and nobody joins in. */
static int remove_locked(int base_fd, const char *name, int fd, dev_t device, bool later,
                         struct error *err)
{
    char hidden[32];

    if (hide(base_fd, name, hidden, err) < 0)
        return -1;
    if (later)
        return 0;
    if (run_empty_directory(fd, device, err) < 0)
        return error_prefix(err, "cannot remove all of %s", name);
    if (unlinkat(fd, RUN_LOCK_NAME, 0) < 0 || unlinkat(fd, RUN_MARKER_NAME, 0) < 0 ||
        unlinkat(base_fd, hidden, AT_REMOVEDIR) < 0)
        return error_set(err, "cannot remove %s: %s", name, strerror(errno));
    return 0;
}

/* Whoever renames a run's directory holds its lock. So once we have the lock, its name either leads
 * to it and stays, or was given to another run before. */
static bool still_named(int base_fd, const char *name, int fd)
{
    struct stat named, held;

    return fstatat(base_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &held) == 0 &&
           named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

static int remove_at(int base_fd, const char *base, const char *name, bool later,
                     struct error *err)
{
    int fd = run_open_directory(base_fd, name);
    char path[LIMIT_PATH + 256];
    dev_t device = 0;
    int lock, result;

    snprintf(path, sizeof path, "%s/%s", base, name);
    if (fd < 0)
        return error_set(err, "%s: %s", path,
                         errno == ELOOP || errno == ENOTDIR ? "not a directory" : strerror(errno));
    lock = removal_lock(path, fd, &device, err);
    if (lock < 0)
        result = -1;
    else if (!still_named(base_fd, name, fd))
        result = error_set(err, "%s has become another run meanwhile", path);
    else
        result = remove_locked(base_fd, name, fd, device, later, err);
    if (lock >= 0)
        close(lock);
    close(fd);
    return result;
}

static int remove_named(const char *base, const char *name, bool later, struct error *err)
{
    int base_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int result;

    if (base_fd < 0)
        return error_set(err, "base %s: %s", base, strerror(errno));
    result = run_name_check(name, err) < 0 ? -1 : remove_at(base_fd, base, name, later, err);
    close(base_fd);
    return result;
}

int run_dir_remove(const char *base, const char *name, struct error *err)
{
    return remove_named(base, name, false, err);
}

int run_dir_remove_later(const char *base, const char *name, struct error *err)
{
    return remove_named(base, name, true, err);
}

void run_dir_sweep(const char *base)
{
    DIR *dir = opendir(base);
    const struct dirent *entry;
    struct error ignored;

    while (dir && (entry = readdir(dir)))
        if (strncmp(entry->d_name, RUN_NEW_PREFIX, strlen(RUN_NEW_PREFIX)) == 0 ||
            strncmp(entry->d_name, RUN_OLD_PREFIX, strlen(RUN_OLD_PREFIX)) == 0)
            remove_at(dirfd(dir), base, entry->d_name, false, &ignored);
    if (dir)
        closedir(dir);
}

int run_dir_prune(const char *base, unsigned keep, struct error *err)
{
    struct error first = {0}, mine;
    unsigned dead = 0;
    size_t count;
    struct run_entry *list = run_dir_list(base, &count, err);
    int removed = 0;

    if (!list)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!list[i].ours || list[i].live || dead++ < keep)
            continue;
        if (run_dir_remove(base, list[i].name, &mine) == 0)
            removed++;
        else if (!first.text[0])
            first = mine;
    }
    free(list);
    run_dir_sweep(base);
    if (first.text[0]) {
        *err = first;
        return -1;
    }
    return removed;
}
