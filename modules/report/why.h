/* Why a run does not go on: the chain of who waits for what, as the nodes show it in state.map. */

#ifndef REPORT_WHY_H
#define REPORT_WHY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "rundir/state_map.h"

/* Append the chain as lines ("L6_0 waits 5.2 s for its task d0:t3 on L6_0/L5_1\n" ...), from the
 * first node with a task down to the one that all wait for; and, where several chains end there,
 * their number. `now_ns` is CLOCK_MONOTONIC. Nothing when no node has a task. */
void why_chain(const struct state_map *map, const struct topology *topology, uint64_t now_ns,
               struct buffer *out);

/* Append a line about the first node that does not come to run and computes nothing: its process is
 * stopped by a signal, or it has been silent for too long. Nothing when there is none. */
void why_silent(const struct state_map *map, const struct topology *topology, uint64_t now_ns,
                struct buffer *out);

/* A number that changes whenever a task anywhere begins or ends, or a frame arrives. */
uint64_t why_progress(const struct state_map *map);
/* True when a node computes a kernel that is within its time limit. */
bool why_computes(const struct state_map *map, uint64_t now_ns);

#endif
