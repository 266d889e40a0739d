/* Functions that may wait: each runs on a stack of its own, parks where it must wait, and is
 * resumed where it stood.
 *
 *   created ──resume──▶ running ──park──▶ parked ──resume──▶ running ... ──returns──▶ done
 *
 * Fibers nest: a running fiber may resume another one; that one's park or end comes back here.
 * Stacks end in a guard area, are reserved but touched only as deep as they are used, and are kept
 * for the next fiber. */

#ifndef FIBER_FIBER_H
#define FIBER_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fiber;
struct fiber_pool;

enum {
    FIBER_STACK_USUAL = 1024 * 1024, // bytes of a stack, of which an unused one costs none
    FIBER_GUARD = 64 * 1024,         // bytes below it that end the process when they are touched
    FIBER_CACHE_USUAL = 8,           // stacks kept
    FIBER_KEEP_TOUCHED = 64 * 1024,  // a kept stack gives back what it touched beyond that,
    FIBER_LOOK_EVERY = 64,           // when it is looked at: once in so many ends
};

/* A pool whose stacks have `stack_size` bytes (rounded up to pages), of which `cached` are kept
 * when their fibers are done. */
struct fiber_pool *fiber_pool_create(size_t stack_size, uint32_t cached);
/* No fiber of the pool may be left. */
void fiber_pool_destroy(struct fiber_pool *pool);

/* A fiber that will call function(arg). NULL when there is no memory for its stack. */
struct fiber *fiber_create(struct fiber_pool *pool, void (*function)(void *arg), void *arg);
/* The fiber must not be running. A parked one is dropped as it stands: nothing on its stack is
 * cleaned up. */
void fiber_destroy(struct fiber *fiber);

/* Run it until it parks or returns; true when it has returned. It must be new or parked. */
bool fiber_resume(struct fiber *fiber);

/* Inside a fiber: back to whoever resumed it, until it is resumed again. */
void fiber_park(void);

/* The fiber that runs now, or NULL. */
struct fiber *fiber_running(void);

struct fiber_census {
    uint32_t live;   // fibers created and not destroyed
    uint32_t cached; // stacks kept
    size_t stack_size;
    size_t deepest; // bytes of the deepest stack so far, of fibers that are done, parked or gone
};
/* Not from inside a fiber of the pool. */
struct fiber_census fiber_pool_census(struct fiber_pool *pool);

#endif
