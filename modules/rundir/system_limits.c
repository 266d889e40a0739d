#include "rundir/system_limits.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "rundir/process_stat.h"

enum { CAP_BIT_SYS_ADMIN = 21, CAP_BIT_SYS_RESOURCE = 24 }; // as linux/capability.h numbers them

static FILE *file_under(const char *root, const char *path)
{
    char whole[PATH_MAX];

    snprintf(whole, sizeof whole, "%s%s", root, path);
    return fopen(whole, "re");
}

/* The first number in a file; SYSTEM_NO_LIMIT for "max", a missing file or no number. */
static uint64_t number_of_file(const char *root, const char *path)
{
    FILE *file = file_under(root, path);
    uint64_t number = SYSTEM_NO_LIMIT;

    if (!file)
        return SYSTEM_NO_LIMIT;
    if (fscanf(file, "%" SCNu64, &number) != 1)
        number = SYSTEM_NO_LIMIT;
    fclose(file);
    return number;
}

/* The number after `key` at the begin of a line; `missing` when there is no such line. */
static uint64_t number_of_key(const char *root, const char *path, const char *key, int radix,
                              uint64_t missing)
{
    FILE *file = file_under(root, path);
    size_t length = strlen(key);
    uint64_t number = missing;
    char line[256];

    if (!file)
        return missing;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, key, length) == 0) {
            number = strtoull(line + length, NULL, radix);
            break;
        }
    }
    fclose(file);
    return number;
}

/* "0.1 0.2 0.3 1/107 11750": the number after the slash is all threads. */
static uint64_t tasks_read(const char *root)
{
    FILE *file = file_under(root, "/proc/loadavg");
    uint64_t tasks = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%*s %*s %*s %*u/%" SCNu64, &tasks) != 1)
        tasks = 0;
    fclose(file);
    return tasks;
}

static bool capable(uint64_t effective, unsigned bit)
{
    return effective >> bit & 1;
}

/* --- processes of this user ------------------------------------------------------------------- */

static uint64_t user_tasks(uid_t uid)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    uint64_t tasks = 0;

    while (proc && (entry = readdir(proc))) {
        struct process_stat process;
        struct stat st;

        if (isdigit((unsigned char)entry->d_name[0]) &&
            fstatat(dirfd(proc), entry->d_name, &st, 0) == 0 && st.st_uid == uid &&
            process_stat_read(atoi(entry->d_name), &process))
            tasks += (uint64_t)process.threads;
    }
    if (proc)
        closedir(proc);
    return tasks;
}

static void nproc_read(struct system_limits *limits, uint64_t effective)
{
    struct rlimit nproc = {RLIM_INFINITY, RLIM_INFINITY};

    getrlimit(RLIMIT_NPROC, &nproc);
    limits->nproc_binds = getuid() != 0 && !capable(effective, CAP_BIT_SYS_ADMIN) &&
                          !capable(effective, CAP_BIT_SYS_RESOURCE);
    limits->nproc_soft = nproc.rlim_cur == RLIM_INFINITY ? SYSTEM_NO_LIMIT : nproc.rlim_cur;
    limits->nproc_hard = nproc.rlim_max == RLIM_INFINITY ? SYSTEM_NO_LIMIT : nproc.rlim_max;
    limits->nproc_used = limits->nproc_binds ? user_tasks(getuid()) : 0;
}

/* --- control groups --------------------------------------------------------------------------- */

/* Where a hierarchy is mounted and which of its directories is ours. */
struct group_place {
    char mount[256];
    char path[512]; // ours, below the mount point; "" is the mount point itself
};

static bool word_in_list(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || !at[length]))
            return true;
    return false;
}

/* Find the mount point of the hierarchy with `controller` (v1) or of the unified one (NULL), and
 * which of its directories is mounted there. */
static bool mount_find(const char *root, const char *controller, char mount[256], char top[512])
{
    FILE *file = file_under(root, "/proc/self/mountinfo");
    char line[2048], type[32], options[512];
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file)) {
        const char *rest = strstr(line, " - ");

        if (!rest || sscanf(rest, " - %31s %*s %511s", type, options) != 2 ||
            sscanf(line, "%*s %*s %*s %511s %255s", top, mount) != 2)
            continue;
        found = controller ? strcmp(type, "cgroup") == 0 && word_in_list(options, controller)
                           : strcmp(type, "cgroup2") == 0;
    }
    if (file)
        fclose(file);
    return found;
}

/* Our path in that hierarchy, from "ID:controllers:path". */
static bool membership_find(const char *root, const char *controller, char path[512])
{
    FILE *file = file_under(root, "/proc/self/cgroup");
    char line[1024];
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':');
        char *where = controllers ? strchr(controllers + 1, ':') : NULL;

        if (!where)
            continue;
        *where++ = '\0';
        controllers++;
        where[strcspn(where, "\n")] = '\0';
        found = controller ? word_in_list(controllers, controller) : !controllers[0];
        snprintf(path, 512, "%s", where);
    }
    if (file)
        fclose(file);
    return found;
}

static bool group_find(const char *root, const char *controller, struct group_place *place)
{
    char top[512], path[512];
    size_t length;

    if (!mount_find(root, controller, place->mount, top) ||
        !membership_find(root, controller, path))
        return false;
    length = strcmp(top, "/") == 0 ? 0 : strlen(top);
    if (strncmp(path, top, length) != 0 || strncmp(path, "/..", 3) == 0)
        path[length] = '\0'; // not below what is mounted: all we see is the mount point
    snprintf(place->path, sizeof place->path, "%s",
             strcmp(path + length, "/") ? path + length : "");
    return true;
}

/* Page cache that the kernel gives back counts as used there, but not against us. */
static uint64_t group_reclaimable(const char *root, const char *directory, const char *key)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/memory.stat", directory);
    return key ? number_of_key(root, path, key, 10, 0) : 0;
}

/* Names of a controller's files. */
struct group_files {
    const char *max, *used, *reclaimable;
};

static void group_look(const char *root, const char *directory, const struct group_files *files,
                       struct group_room *room)
{
    char path[PATH_MAX], used_path[PATH_MAX];
    uint64_t max, used, back;

    snprintf(path, sizeof path, "%s/%s", directory, files->max);
    snprintf(used_path, sizeof used_path, "%s/%s", directory, files->used);
    max = number_of_file(root, path);
    used = number_of_file(root, used_path);
    if (max >= INT64_MAX / 4096 * 4096 || used == SYSTEM_NO_LIMIT) // v1 writes "none" so
        return;
    back = group_reclaimable(root, directory, files->reclaimable);
    used -= back < used ? back : used;
    if (room->max != SYSTEM_NO_LIMIT && (int64_t)(max - used) >= (int64_t)(room->max - room->used))
        return;
    room->max = max;
    room->used = used;
    snprintf(room->path, sizeof room->path, "%.511s", path);
}

/* From our own group up to the mount point: each may have a limit. */
static void group_walk(const char *root, const char *controller, const struct group_files *files,
                       struct group_room *room)
{
    struct group_place place;
    char directory[sizeof place.mount + sizeof place.path];
    char *slash;

    if (!group_find(root, controller, &place))
        return;
    do {
        snprintf(directory, sizeof directory, "%s%s", place.mount, place.path);
        group_look(root, directory, files, room);
        slash = strrchr(place.path, '/');
        if (slash)
            *slash = '\0';
    } while (slash);
}

static void groups_read(const char *root, struct system_limits *limits)
{
    static const struct group_files tasks = {"pids.max", "pids.current", NULL};
    static const struct group_files memory_v1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                                                 "total_inactive_file "};
    static const struct group_files memory_v2 = {"memory.max", "memory.current", "inactive_file "};

    limits->group_tasks = (struct group_room){.max = SYSTEM_NO_LIMIT};
    limits->group_memory = (struct group_room){.max = SYSTEM_NO_LIMIT};
    group_walk(root, "pids", &tasks, &limits->group_tasks);
    group_walk(root, NULL, &tasks, &limits->group_tasks);
    group_walk(root, "memory", &memory_v1, &limits->group_memory);
    group_walk(root, NULL, &memory_v2, &limits->group_memory);
}

/* --- files ------------------------------------------------------------------------------------ */

static void descriptors_read(const char *root, struct system_limits *limits, uint64_t effective)
{
    struct rlimit nofile = {RLIM_INFINITY, RLIM_INFINITY};

    getrlimit(RLIMIT_NOFILE, &nofile);
    limits->nofile_soft = nofile.rlim_cur == RLIM_INFINITY ? SYSTEM_NO_LIMIT : nofile.rlim_cur;
    limits->nofile_hard = nofile.rlim_max == RLIM_INFINITY ? SYSTEM_NO_LIMIT : nofile.rlim_max;
    limits->nofile_raisable = capable(effective, CAP_BIT_SYS_RESOURCE);
    limits->file_max_binds = !capable(effective, CAP_BIT_SYS_ADMIN);
    limits->file_max = number_of_file(root, "/proc/sys/fs/file-max");
    limits->files = number_of_file(root, "/proc/sys/fs/file-nr");
    if (limits->files == SYSTEM_NO_LIMIT)
        limits->files = 0;
    limits->epoll_watches = number_of_file(root, "/proc/sys/fs/epoll/max_user_watches");
}

static void address_space_read(struct system_limits *limits)
{
    struct rlimit space = {RLIM_INFINITY, RLIM_INFINITY};

    getrlimit(RLIMIT_AS, &space);
    limits->address_space = space.rlim_cur == RLIM_INFINITY ? SYSTEM_NO_LIMIT : space.rlim_cur;
}

static void file_system_read(const char *base, struct system_limits *limits)
{
    struct statvfs fs;
    char *slash;

    limits->inodes_free = limits->bytes_free = SYSTEM_NO_LIMIT;
    snprintf(limits->file_system, sizeof limits->file_system, "%s", base);
    while (statvfs(limits->file_system, &fs) < 0) { // not made yet: its parent decides
        slash = strrchr(limits->file_system, '/');
        if (errno != ENOENT || !slash)
            return;
        slash[slash == limits->file_system] = '\0';
    }
    limits->bytes_free = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (fs.f_files)
        limits->inodes_free = fs.f_favail;
}

void system_limits_read(const char *root, const char *base, struct system_limits *limits)
{
    uint64_t effective = number_of_key(root, "/proc/self/status", "CapEff:", 16, 0);
    uint64_t kib = number_of_key(root, "/proc/meminfo", "MemAvailable:", 10, SYSTEM_NO_LIMIT);
    uint64_t overcommit = number_of_file(root, "/proc/sys/vm/overcommit_memory");

    *limits = (struct system_limits){0};
    limits->pid_max = number_of_file(root, "/proc/sys/kernel/pid_max");
    limits->threads_max = number_of_file(root, "/proc/sys/kernel/threads-max");
    limits->tasks = tasks_read(root);
    nproc_read(limits, effective);
    groups_read(root, limits);
    descriptors_read(root, limits, effective);
    address_space_read(limits);
    limits->memory_available = kib == SYSTEM_NO_LIMIT ? kib : kib * 1024;
    limits->overcommit = overcommit == SYSTEM_NO_LIMIT ? 0 : (unsigned)overcommit;
    file_system_read(base, limits);
}
