#include "cli/log_follow.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/u64_map.h"

enum {
    WAIT_MS = 1000, // until those that are not there yet are tried again
    GATHER_MS = 20, // lines written at about the same time come in order
    POLL_MS = 500,  // without inotify
};

/* A directory with logs of ours: one host's, with those of its chips. */
struct directory {
    char *path;
    int watch;           // -1: not there yet, or not watched
    size_t first, count; // its logs, which stand together
    bool changed;
};

struct log_follow {
    int dir_fd;
    int inotify_fd; // -1: there is none, look at everything
    struct directory *directories;
    size_t directory_count;
    size_t *directory_of; // by log
    bool *taken;          // by log: asked since its directory changed
    struct u64_map by_watch;
};

/* The directory part of `path`, new. */
static char *directory_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? strndup(path, (size_t)(slash - path)) : memory_string(".");
}

static void directories_make(struct log_follow *follow, char *const *paths, size_t count)
{
    follow->directories = memory_new(count, sizeof *follow->directories);
    for (size_t i = 0; i < count; i++) {
        char *name = directory_name(paths[i]);
        struct directory *last =
            follow->directory_count ? &follow->directories[follow->directory_count - 1] : NULL;

        if (last && strcmp(last->path, name) == 0) {
            free(name);
        } else {
            last = &follow->directories[follow->directory_count++];
            *last = (struct directory){.path = name, .watch = -1, .first = i, .changed = true};
        }
        last->count++;
        follow->directory_of[i] = (size_t)(last - follow->directories);
    }
}

/* False when the kernel has no more watches for us. */
static bool watch_add(struct log_follow *follow, struct directory *directory)
{
    char path[LIMIT_PATH + 32];

    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", follow->dir_fd, directory->path);
    directory->watch =
        inotify_add_watch(follow->inotify_fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
    if (directory->watch < 0)
        return errno != ENOSPC && errno != ENOMEM;
    directory->changed = true; // what was written before the watch
    if (!u64_map_find(&follow->by_watch, (uint64_t)directory->watch))
        u64_map_put(&follow->by_watch, (uint64_t)directory->watch, directory);
    return true;
}

/* Watch what is there and not yet watched. */
static void watches_add(struct log_follow *follow)
{
    for (size_t i = 0; i < follow->directory_count && follow->inotify_fd >= 0; i++) {
        if (follow->directories[i].watch >= 0 || watch_add(follow, &follow->directories[i]))
            continue;
        close(follow->inotify_fd);
        follow->inotify_fd = -1;
    }
}

struct log_follow *log_follow_create(int dir_fd, char *const *paths, size_t count)
{
    struct log_follow *follow = memory_new(1, sizeof *follow);

    follow->dir_fd = dir_fd;
    follow->directory_of = memory_new(count, sizeof *follow->directory_of);
    follow->taken = memory_new(count, sizeof *follow->taken);
    follow->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    directories_make(follow, paths, count);
    watches_add(follow);
    return follow;
}

void log_follow_destroy(struct log_follow *follow)
{
    if (!follow)
        return;
    for (size_t i = 0; i < follow->directory_count; i++)
        free(follow->directories[i].path);
    if (follow->inotify_fd >= 0)
        close(follow->inotify_fd);
    u64_map_free(&follow->by_watch);
    free(follow->directories);
    free(follow->directory_of);
    free(follow->taken);
    free(follow);
}

static void directory_changed(struct log_follow *follow, struct directory *directory)
{
    directory->changed = true;
    memset(follow->taken + directory->first, 0, directory->count);
}

static void all_changed(struct log_follow *follow)
{
    for (size_t i = 0; i < follow->directory_count; i++)
        directory_changed(follow, &follow->directories[i]);
}

static void events_read(struct log_follow *follow)
{
    char block[64 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t got;

    while ((got = read(follow->inotify_fd, block, sizeof block)) > 0) {
        for (char *at = block; at < block + got;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;
            struct directory *directory =
                u64_map_find(&follow->by_watch, (uint64_t)(uint32_t)event->wd);

            if (event->mask & IN_Q_OVERFLOW)
                all_changed(follow);
            else if (directory)
                directory_changed(follow, directory);
            at += sizeof *event + event->len;
        }
    }
}

/* Wait for an event; false when the reader of stdout is gone. */
static bool wait_event(struct log_follow *follow, int timeout_ms)
{
    struct pollfd waiting[2] = {{.fd = STDOUT_FILENO}, {follow->inotify_fd, POLLIN, 0}};

    poll(waiting, 2, timeout_ms);
    return !(waiting[0].revents & (POLLERR | POLLHUP | POLLNVAL));
}

bool log_follow_wait(struct log_follow *follow)
{
    const struct timespec gather = {.tv_nsec = GATHER_MS * 1000 * 1000};

    if (!wait_event(follow, follow->inotify_fd < 0 ? POLL_MS : WAIT_MS))
        return false;
    if (follow->inotify_fd < 0) {
        all_changed(follow);
        return true;
    }
    nanosleep(&gather, NULL);
    events_read(follow);
    watches_add(follow);
    return true;
}

bool log_follow_take(struct log_follow *follow, size_t index)
{
    bool taken = follow->taken[index];

    follow->taken[index] = true;
    return follow->directories[follow->directory_of[index]].changed && !taken;
}
