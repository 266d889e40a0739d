/* All that a process of the tree keeps across the fork. Whatever is not named here is closed or
 * unmapped. */

#ifndef SUPER_INHERIT_H
#define SUPER_INHERIT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/log.h"
#include "rundir/state_map.h"
#include "super/placement.h"
#include "topo/topology.h"

/* The descriptors a node keeps have fixed numbers; what a child keeps is moved there and everything
 * above is closed. 0 reads nothing, 1 and 2 write the run's stderr.log. */
enum keep_fd {
    KEEP_BELL = 3,    // eventfd: this node's doorbell
    KEEP_PARENT_BELL, // the parent's
    KEEP_PARENT_DIR,  // directory of the parent node, or of the run for the top
    KEEP_RUN_DIR,     // directory of the run
    KEEP_TRACES,      // memory for the records of every node's tasks, TRACE_AREA_SIZE for each rank
    KEEP_END,
};

/* The same for every process of a run; made by the launcher, never written afterwards. All
 * borrowed. */
struct inherit_run {
    const struct topology *topology;
    struct state_map state;
    const char *logical_system;
    const char *physical_system;
    const char *run_path; // absolute
    uint64_t beat_interval_ms;
    uint64_t stop_ms;
    uint64_t task_timeout_ms; // how long a kernel may compute, 0: no limit
    enum log_level log_level;
    struct placement placement;
    bool keeps_traces; // KEEP_TRACES is there
    const char *inject_path; // LINQU_INJECT=PATH:HOW, see actor/inject.h; NULL: none
    const char *inject_how;
};

/* One process's own. */
struct inherit {
    const struct inherit_run *run;
    uint32_t rank;
    pid_t parent_pid;     // as it was before the fork
    uint64_t start_ticks; // when this process surely ran, see state_record.start_ticks
    void *edge;           // RING_EDGE_SIZE bytes shared with the parent
    void *buffers;        // this node's buffer rings, shared with the parent
    size_t buffers_size;  // bytes
};

#endif
