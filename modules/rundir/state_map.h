/* state.map: one fixed record per node in a file that all processes of a run map shared. A record
 * is written only by its node (and `forked_pid` by the parent that forks it) and read by every
 * viewer, while the run lives and after it. Numbers are in the machine's byte order; each field is
 * written and read atomically on its own.
 *
 * The layout is documented in docs/state-map.md and changes only together with STATE_MAP_VERSION.
 */

#ifndef RUNDIR_STATE_MAP_H
#define RUNDIR_STATE_MAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/life.h"
#include "model/waiting.h"
#include "topo/topology.h"

enum { STATE_MAP_VERSION = 2, STATE_MAP_RECORD_SIZE = 256, STATE_MAP_HEADER_SIZE = 4096 };
#define STATE_MAP_MAGIC UINT64_C(0x4C494E5155535431) // "LINQUST1"

struct state_record {
    _Atomic uint32_t life;        // enum node_life
    _Atomic int32_t pid;          // written by the node first of all
    _Atomic uint64_t start_ticks; // when it surely ran, in clock ticks from boot; 0: unknown
    _Atomic uint64_t beat_ns;     // CLOCK_MONOTONIC when the node last showed that it lives
    _Atomic uint64_t ready_ns;    // CLOCK_MONOTONIC when it became READY; 0 before
    _Atomic int32_t exit_status;  // wait status, written by the parent that reaped it; -1: unknown
    _Atomic uint32_t restarts;
    _Atomic uint32_t children_dead;         // children that died without leaving in order
    _Atomic uint32_t children_slow;         // children that it sees as slow now
    _Atomic uint64_t frames_in, frames_out; // over all links
    _Atomic uint64_t bytes_in, bytes_out;
    _Atomic uint64_t forwarded; // frames passed on by header
    _Atomic uint64_t refused;   // frames or connections refused, all reasons
    _Atomic uint64_t log_lines, log_dropped;
    _Atomic uint64_t task_started_ns; // CLOCK_MONOTONIC of the running task's start; 0: none runs
    _Atomic uint64_t tasks_done, tasks_failed;
    _Atomic uint32_t tasks_queued;
    _Atomic uint32_t connections;   // open named-socket connections
    _Atomic uint64_t task_limit_ms; // of the running task's computing; 0: none
    _Atomic uint64_t task_exec;     // its key
    _Atomic uint32_t task_creator;  // rank; 0xFFFFFF: the launcher
    _Atomic uint32_t task_id;
    _Atomic uint32_t task_depth;
    _Atomic uint32_t tasks_open;     // begun and not ended, and queued
    _Atomic uint64_t task_kernel[4]; // its kernel's name, a long one cut, in the order of bytes
    _Atomic uint32_t waits_for;      // enum waiting
    _Atomic uint32_t waits_rank;     // for that node; 0xFFFFFF: the launcher
    _Atomic uint32_t waits_id;       // and that task of its own, by id and scope depth
    _Atomic uint32_t waits_depth;
    _Atomic uint64_t waits_since_ns;         // CLOCK_MONOTONIC
    uint8_t reserved[256 - 8 * 21 - 4 * 16]; // zero
};
_Static_assert(sizeof(struct state_record) == STATE_MAP_RECORD_SIZE, "the record's size is fixed");

struct state_header {
    uint64_t magic;
    uint32_t version;
    uint32_t record_size;
    uint32_t node_count;
    _Atomic int32_t launcher_pid;
    _Atomic uint64_t launcher_start_ticks;
    uint64_t created_wall_ns;
    uint64_t beat_interval_ms;  // a node beats at least so often; see model/beat.h
    _Atomic uint32_t phase;     // enum run_phase
    _Atomic uint32_t exit_code; // valid in RUN_ENDED
    char topology[256];         // the shape as topology_to_text() writes it
    char logical_system[64];
    char physical_system[64];
    char run[256]; // name of the run's directory
};

enum run_phase { RUN_STARTING, RUN_READY, RUN_WORKING, RUN_STOPPING, RUN_ENDED, RUN_PHASE_COUNT };
const char *run_phase_name(enum run_phase phase);

struct state_map {
    struct state_header *header;
    struct state_record *records; // by rank
    size_t size;                  // bytes mapped
};

/* Make state.map in the directory `dir_fd` with all blocks allocated (so that a full disk is an
 * error here and not a SIGBUS later), and map it shared for writing. The header says shape, systems
 * (from the topology's settings), interval and the calling process as launcher; `run` and `phase`
 * are the caller's to fill in. */
int state_map_create(int dir_fd, const struct topology *topology, struct state_map *map,
                     struct error *err);
/* Map an existing one read-only, after checking magic, version and size. The topology is read from
 * the header. */
int state_map_open(int dir_fd, struct state_map *map, struct topology *topology, struct error *err);
void state_map_close(struct state_map *map);

/* Records by their ranks. */
struct record_range {
    uint32_t first, count;
};
/* Keep only the header and these two ranges of records (`lower` lies behind `upper`; either may be
 * empty) mapped in this process, and whatever shares a page with them. For the kernel writes a
 * page back by visiting every process that maps it: with the whole file mapped in 17,489 of them
 * it had hardly time for anything else. The other records must not be touched any more. */
void state_map_keep(const struct state_map *map, struct record_range upper,
                    struct record_range lower);
/* What is forked from now on has, of what was kept, only the header and the records of the children:
 * all that a child without children needs, so that it has nothing to unmap. */
void state_map_withhold(const struct state_map *map, struct record_range children);

/* What a node computes now. */
struct state_task {
    uint64_t started_ns; // CLOCK_MONOTONIC of its start or resume
    uint64_t limit_ms;   // 0: none
    uint64_t exec;
    uint32_t creator, id, depth;
    char kernel[32];
};
/* By the node itself: it enters a kernel, and has left it. */
void state_record_begin_task(struct state_record *record, const struct state_task *task);
void state_record_end_task(struct state_record *record);
/* False when it computes nothing. */
bool state_record_task(const struct state_record *record, struct state_task *task);

/* True when the record's process is still that process; a zombie is not. One that took its pid
 * after its end began later than the record says. */
bool state_record_alive(const struct state_record *record);
/* The same, and what /proc says of it. */
struct process_stat;
bool state_record_process(const struct state_record *record, struct process_stat *stat);

#endif
