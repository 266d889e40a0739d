/* What a topology needs against what this machine gives, found out before the first fork. */

#ifndef RUNDIR_PREFLIGHT_H
#define RUNDIR_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "rundir/system_limits.h"
#include "topo/topology.h"

/* What a topology needs. Every figure is for the whole run but `descriptors` and `address_space`,
 * which are for one node. */
struct demand {
    uint64_t processes;     // nodes and the launcher
    uint64_t reserved;      // what other runs have reserved
    uint64_t memory_bytes;  // touched when all is up
    uint64_t address_space; // mapped by the node that maps most; touched only when it is used
    uint64_t descriptors, open_files, watches;
    uint64_t inodes, disk_bytes;
    size_t socket_path; // bytes of the longest below the run's directory
};
void preflight_demand(const struct topology *topology, struct demand *demand);

enum preflight_verdict { PREFLIGHT_OK, PREFLIGHT_WARN, PREFLIGHT_FAIL };

struct preflight_line {
    const char *subject; // "processes", "RLIMIT_NPROC", "descriptors", "memory", "inodes", "disk",
                         // "paths" ...
    enum preflight_verdict verdict;
    uint64_t need, have;
    const char *unit; // "processes", "files", "MiB", "bytes"
    char detail[256]; // one sentence: need, limit, where it comes from
    char mend[256];   // the command that mends it; empty when ok
};

enum { PREFLIGHT_LINES = 16 };
struct preflight {
    struct preflight_line lines[PREFLIGHT_LINES];
    size_t count;
    enum preflight_verdict worst;
    const struct topology *topology; // borrowed
};

/* "ok", "warn", "FAIL". */
const char *preflight_verdict_name(enum preflight_verdict verdict);

/* Look at everything: pid_max, threads-max, RLIMIT_NPROC (per user; not for root), cgroup pids.max
 * (v1 and v2), RLIMIT_NOFILE of one node, file-max, memory, inodes and bytes of the base's file
 * system, longest socket path. `name` is --name or NULL; `reserved` is what other starting runs
 * have reserved (see reservation_take). */
void preflight_check(const struct topology *topology, const char *base, const char *name,
                     uint64_t reserved, struct preflight *out);
/* The same with limits that are given: pure. */
void preflight_judge(const struct topology *topology, const char *base, const char *name,
                     uint64_t reserved, const struct system_limits *limits, struct preflight *out);
/* The first FAIL as one sentence with need, limit and the mending command. Returns -1. */
int preflight_sentence(const struct preflight *preflight, struct error *err);

/* The need in processes is reserved in a locked file below the base while the run lives, so that
 * two runs that start together do not both pass. */
struct reservation {
    int fd;
    int dir_fd;
    char name[64];
};
/* What other runs have reserved now; 0 when the base is not there. */
uint64_t reservation_sum(const char *base);
/* Under one lock: sum what live runs have reserved and not yet forked, check, and write our own
 * need. `name` is the run's, or NULL: it gets one. -1 with a sentence when it does not fit (the
 * preflight's, filled in `out`). */
int reservation_take(const char *base, const struct topology *topology, const char *name,
                     struct reservation *mine, struct preflight *out, struct error *err);
/* All processes are there now and are seen by others as processes: reserve nothing more. */
void reservation_forked(struct reservation *mine);
void reservation_release(struct reservation *mine);

#endif
