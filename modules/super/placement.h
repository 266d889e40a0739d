/* Where the nodes of a run compute: each subtree of one level keeps to one processor, so that most
 * messages wake a process on the processor that sent them, which costs a fifth of waking one on
 * another. Values; nothing is owned. */

#ifndef SUPER_PLACEMENT_H
#define SUPER_PLACEMENT_H

#include <sched.h>
#include <stdint.h>

#include "topo/topology.h"

struct placement {
    uint32_t first_rank, count; // the nodes whose subtrees are bound; count 0: none are
    cpu_set_t allowed;          // the processors that the launcher may use
    uint32_t processors;        // how many those are
};

/* Divide the highest level that has at least as many nodes as `allowed` has processors, evenly and
 * neighbours together. Nothing is bound to the only processor, nor where no level is that wide. */
void placement_plan(struct placement *placement, const struct topology *topology,
                    const cpu_set_t *allowed);

/* Number of the processor that the node `rank` keeps to with its subtree; -1 when it does not start
 * such a subtree: then it stays where its parent is. */
int placement_processor(const struct placement *placement, uint32_t rank);

/* Bind the process that calls, which is the node `rank`; those that it forks later inherit it. What
 * the kernel refuses stays as it was: on the wrong processor a node runs slower, not wrong. */
void placement_take(const struct placement *placement, uint32_t rank);

/* Let the process that calls run anywhere, if it is bound, until it returns. */
void placement_leave(const struct placement *placement, cpu_set_t *home);
void placement_return(const struct placement *placement, const cpu_set_t *home);

#endif
