/* The children of one process: a shared mapping for all their edges and one for all their buffer
 * rings, an eventfd and a pidfd each. What a child wrote there is still there when it has ended. Forking happens
 * before the parent has an event base. No policy: who dies is only reported. */

#ifndef SUPER_BROOD_H
#define SUPER_BROOD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "super/inherit.h"

struct brood_child {
    pid_t pid;     // 0 once reaped
    int pid_fd;    // readable when it has ended; -1 once reaped
    int bell_fd;   // its doorbell
    void *edge;    // memory of the edge, RING_EDGE_SIZE bytes
    void *buffers; // of its buffer rings, as topo/ring_layout.h says
};

struct brood {
    struct brood_child *children;
    uint32_t count;
    void *edges;             // of all, one behind the other
    void *buffers;           // likewise
    size_t buffers_size;     // of each child
    int memory_fd;           // of both, while children are forked; -1: there is none
    uint64_t ticks_a_second; // asked once: a child need not have the pages that this takes
};

/* What of the parent's a child takes over. */
struct brood_gift {
    const struct inherit_run *run;
    const struct inherit *parent; // whose edge is not the child's; NULL for the launcher
    uint32_t first_rank;          // of the first child; the others follow
    int bell_fd;                  // the parent's doorbell
    int dir_fd;                   // the parent's directory
    int run_dir_fd;
    int traces_fd; // see KEEP_TRACES; only where the run keeps traces
};

enum { BROOD_PARENT = 0, BROOD_CHILD = 1 };

/* Fork `count` processes. Returns BROOD_PARENT in the parent; BROOD_CHILD in each child, with
 * `child` filled, its descriptors in place and everything else closed (the brood is the parent's, and
 * a child leaves it alone: a page that it wrote to would be copied); -1 in the parent when a fork
 * or what it needs failed (those already forked live on and stand in the brood). */
int brood_fork(struct brood *brood, uint32_t count, const struct brood_gift *gift,
               struct inherit *child, struct error *err);

/* Child `number`, from 0; NULL when no attempt was made to fork it. */
static inline struct brood_child *brood_child(const struct brood *brood, uint32_t number)
{
    return number < brood->count ? &brood->children[number] : NULL;
}

/* Reap child `number` (from 0) without waiting: true and its wait status when it has ended. */
bool brood_reap(struct brood *brood, uint32_t number, int *wait_status);

/* Close and unmap what is still open. The children are not touched. */
void brood_destroy(struct brood *brood);

#endif
