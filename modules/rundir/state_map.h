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
#include "topo/topology.h"

enum { STATE_MAP_VERSION = 1, STATE_MAP_RECORD_SIZE = 256, STATE_MAP_HEADER_SIZE = 4096 };
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
    _Atomic uint32_t connections;           // open named-socket connections
    uint8_t reserved[256 - 8 * 14 - 4 * 8]; // zero
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

/* Keep only the header, the record `rank` and the `count` records from `first` on (which lies
 * behind it) mapped in this process, and whatever shares a page with them. For the kernel writes a
 * page back by visiting every process that maps it: with the whole file mapped in 17,489 of them
 * it had hardly time for anything else. The other records must not be touched any more. */
void state_map_keep(const struct state_map *map, uint32_t rank, uint32_t first, uint32_t count);

/* True when the record's process is still that process; a zombie is not. One that took its pid
 * after its end began later than the record says. */
bool state_record_alive(const struct state_record *record);
/* The same, and what /proc says of it. */
struct process_stat;
bool state_record_process(const struct state_record *record, struct process_stat *stat);

#endif
