/* What this machine gives: every limit that a large tree can meet, read from /proc, /sys and the
 * base's file system. */

#ifndef RUNDIR_SYSTEM_LIMITS_H
#define RUNDIR_SYSTEM_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define SYSTEM_NO_LIMIT UINT64_MAX // there is none, or it cannot be read

/* The control group, of all from ours up to the root, that leaves the least room. */
struct group_room {
    uint64_t max, used; // max is SYSTEM_NO_LIMIT when no group has a limit
    char path[512];     // of the file that holds the limit
};

struct system_limits {
    uint64_t pid_max, threads_max, tasks; // tasks: threads that exist now

    bool nproc_binds; // RLIMIT_NPROC counts for us: neither root nor privileged
    uint64_t nproc_soft, nproc_hard, nproc_used;

    struct group_room group_tasks;
    struct group_room group_memory; // bytes; `used` without what the kernel can give back

    uint64_t nofile_soft, nofile_hard;
    bool nofile_raisable; // the hard limit may be raised: CAP_SYS_RESOURCE

    bool file_max_binds; // not for CAP_SYS_ADMIN
    uint64_t file_max, files;
    uint64_t epoll_watches; // per user

    uint64_t address_space;    // bytes that a process may map
    uint64_t memory_available; // bytes
    unsigned overcommit;       // vm.overcommit_memory

    uint64_t inodes_free; // SYSTEM_NO_LIMIT where the file system makes them as needed
    uint64_t bytes_free;
    char file_system[512]; // the path that was asked: the base or the nearest directory above it
};

/* Read them all. `root` stands before /proc and /sys: "" for this machine, a directory for tests.
 */
void system_limits_read(const char *root, const char *base, struct system_limits *limits);

#endif
