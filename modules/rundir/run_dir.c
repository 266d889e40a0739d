#include "rundir/run_dir.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rundir/clock.h"
#include "rundir/run_marker.h"

enum { NAME_TRIES = 16, NAME_LENGTH_MAX = 128 };

int run_name_check(const char *name, struct error *err)
{
    if (!name[0])
        return error_set(err, "a run's name must not be empty");
    if (strlen(name) > NAME_LENGTH_MAX)
        return error_set(err, "a run's name has at most %d characters: %.32s...", NAME_LENGTH_MAX,
                         name);
    if (name[0] == '.' || name[0] == '-')
        return error_set(err, "a run's name must not begin with '%c': %s", name[0], name);
    if (strcmp(name, "latest") == 0)
        return error_set(err, "'latest' is the link to the newest run, not a run's name");
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
            return error_set(err, "a run's name has letters, digits, '.', '_' and '-': %s", name);
    return 0;
}

static int dir_begin(const char *base, struct run_dir *dir, struct error *err)
{
    if (strlen(base) >= sizeof dir->base)
        return error_set(err, "the base's path is too long: %.64s...", base);
    memcpy(dir->base, base, strlen(base) + 1);
    dir->base_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir->base_fd < 0)
        return error_set(err, "base %s: %s", base, strerror(errno));
    return 0;
}

static int dir_name(struct run_dir *dir, const char *name, struct error *err)
{
    int length = snprintf(dir->path, sizeof dir->path, "%s/%s", dir->base, name);

    if (length < 0 || (size_t)length >= sizeof dir->path)
        return error_set(err, "the run's path is too long: %.64s...", dir->path);
    snprintf(dir->name, sizeof dir->name, "%s", name);
    return 0;
}

/* A new directory under a temporary name, with its lock held and its marker: nobody sees a run that
 * is not locked. */
static int dir_make_hidden(struct run_dir *dir, char hidden[32], struct error *err)
{
    struct stat st;
    char id[7];

    run_short_id(id);
    snprintf(hidden, 32, RUN_NEW_PREFIX "%s", id);
    if (mkdirat(dir->base_fd, hidden, 0700) < 0) {
        hidden[0] = '\0';
        return error_set(err, "cannot make a directory in %s: %s", dir->base, strerror(errno));
    }
    dir->fd = run_open_directory(dir->base_fd, hidden);
    if (dir->fd < 0 || fstat(dir->fd, &st) < 0)
        return error_set(err, "cannot open the directory just made in %s: %s", dir->base,
                         strerror(errno));
    if (st.st_uid != geteuid() || fchmod(dir->fd, 0700) < 0)
        return error_set(err, "somebody replaced the directory just made in %s", dir->base);
    dir->lock_fd = run_lock_make(dir->fd, err);
    if (dir->lock_fd < 0)
        return -1;
    return run_marker_write(dir->fd, wall_clock_ns(), err);
}

static void dir_discard_hidden(struct run_dir *dir, const char *hidden)
{
    if (dir->fd >= 0) {
        unlinkat(dir->fd, RUN_LOCK_NAME, 0);
        unlinkat(dir->fd, RUN_MARKER_NAME, 0);
    }
    unlinkat(dir->base_fd, hidden, AT_REMOVEDIR);
}

/* Rename without replacing. File systems that lack the flag refuse to rename onto a directory with
 * content, too. */
static int dir_show(int base_fd, const char *hidden, const char *name)
{
    if (renameat2(base_fd, hidden, base_fd, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return renameat(base_fd, hidden, base_fd, name);
}

static int dir_show_generated(struct run_dir *dir, const char *hidden, const char *system,
                              struct error *err)
{
    char name[sizeof dir->name], id[7];

    for (int i = 0; i < NAME_TRIES; i++) {
        run_short_id(id);
        snprintf(name, sizeof name, "%.128s-%s", system, id);
        if (dir_name(dir, name, err) < 0)
            return -1;
        if (dir_show(dir->base_fd, hidden, name) == 0)
            return 0;
        if (errno != EEXIST && errno != ENOTEMPTY)
            break;
    }
    return error_set(err, "cannot make the run's directory in %s: %s", dir->base, strerror(errno));
}

static int dir_show_named(struct run_dir *dir, const char *hidden, const char *name,
                          struct error *err)
{
    if (dir_name(dir, name, err) < 0)
        return -1;
    if (dir_show(dir->base_fd, hidden, name) == 0)
        return 0;
    if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
        return error_set(err, "cannot make %s: %s", dir->path, strerror(errno));
    if (run_dir_remove_later(dir->base, name, err) < 0)
        return error_prefix(err, "the name %s is taken", name);
    if (dir_show(dir->base_fd, hidden, name) < 0)
        return error_set(err, "cannot make %s: %s", dir->path, strerror(errno));
    return 0;
}

/* `latest` may belong to somebody else in a sticky directory: then it stays theirs. */
static void latest_point(const struct run_dir *dir)
{
    char hidden[32], id[7];

    run_short_id(id);
    snprintf(hidden, sizeof hidden, ".latest-%s", id);
    if (symlinkat(dir->name, dir->base_fd, hidden) < 0)
        return;
    if (renameat(dir->base_fd, hidden, dir->base_fd, "latest") < 0)
        unlinkat(dir->base_fd, hidden, 0);
}

int run_dir_create(const char *base, const char *name, const char *system, struct run_dir *dir,
                   struct error *err)
{
    char hidden[32] = "";
    int result;

    *dir = (struct run_dir){.base_fd = -1, .fd = -1, .lock_fd = -1};
    if (run_name_check(name ? name : system, err) < 0)
        return -1;
    if (dir_begin(base, dir, err) < 0)
        return -1;
    result = dir_make_hidden(dir, hidden, err);
    if (result == 0)
        result = name ? dir_show_named(dir, hidden, name, err)
                      : dir_show_generated(dir, hidden, system, err);
    if (result < 0) {
        dir_discard_hidden(dir, hidden);
        run_dir_close(dir);
        return -1;
    }
    latest_point(dir);
    return 0;
}

/* The newest own run, live ones first. False when there is none. */
static bool newest_own(const struct run_entry *list, size_t count, char name[256])
{
    for (int live = 1; live >= 0; live--) {
        for (size_t i = 0; i < count; i++) {
            if (list[i].ours && list[i].live == live) {
                memcpy(name, list[i].name, sizeof list[i].name);
                return true;
            }
        }
    }
    return false;
}

static int open_find(const char *base, char name[256], struct error *err)
{
    size_t count;
    struct run_entry *list = run_dir_list(base, &count, err);
    bool found;

    if (!list)
        return -1;
    found = newest_own(list, count, name);
    free(list);
    return found ? 0 : error_set(err, "no such run: there is none of this user's in %s", base);
}

static int open_named(struct run_dir *dir, const char *name, struct error *err)
{
    struct stat st;

    if (dir_name(dir, name, err) < 0)
        return -1;
    dir->fd = run_open_directory(dir->base_fd, name);
    if (dir->fd < 0 && errno == EACCES)
        return error_set(err, "no such run of this user's: %s belongs to somebody else", dir->path);
    if (dir->fd < 0 || fstat(dir->fd, &st) < 0)
        return error_set(err, "no such run: %s", dir->path);
    if (st.st_uid != geteuid() && geteuid() != 0)
        return error_set(err, "no such run of this user's: %s belongs to user %u", dir->path,
                         (unsigned)st.st_uid);
    if (!run_marker_read(dir->fd, NULL))
        return error_set(err, "no such run: %s is not the directory of a run", dir->path);
    return 0;
}

int run_dir_open(const char *base, const char *name, struct run_dir *dir, struct error *err)
{
    char newest[256];

    *dir = (struct run_dir){.base_fd = -1, .fd = -1, .lock_fd = -1};
    if (name && run_name_check(name, err) < 0)
        return error_prefix(err, "no such run");
    if (!name && open_find(base, newest, err) < 0)
        return -1;
    if (dir_begin(base, dir, err) < 0 || open_named(dir, name ? name : newest, err) < 0) {
        run_dir_close(dir);
        return -1;
    }
    return 0;
}

void run_dir_close(struct run_dir *dir)
{
    if (dir->lock_fd >= 0)
        close(dir->lock_fd);
    if (dir->fd >= 0)
        close(dir->fd);
    if (dir->base_fd >= 0)
        close(dir->base_fd);
    dir->lock_fd = dir->fd = dir->base_fd = -1;
}

bool run_dir_live(const struct run_dir *dir)
{
    return dir->lock_fd >= 0 || run_lock_look(dir->fd) == RUN_LOCK_HELD;
}
