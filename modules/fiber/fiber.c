#include "fiber/fiber.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/sanitized.h"
#include "fiber/switch.h"

#if ADDRESS_SANITIZED
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(low, high) 0u
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#define VALGRIND_DISABLE_ERROR_REPORTING
#define VALGRIND_ENABLE_ERROR_REPORTING
#endif

enum fiber_state { FIBER_NEW, FIBER_RUNNING, FIBER_PARKED, FIBER_DONE };

struct fiber {
    struct fiber *next, *before; // in the pool's list of all its stacks
    struct fiber *next_kept;
    struct fiber_pool *pool;
    uint8_t *map; // guard area, then the stack
    unsigned valgrind_id;
    enum fiber_state state;
    void (*function)(void *arg);
    void *arg;
    struct stack_point here;    // where the fiber stands
    struct stack_point resumer; // where it was resumed
    const void *resumer_low;    // ASan: the stack of whoever resumed it
    size_t resumer_size;
};

struct fiber_pool {
    struct fiber *all;
    struct fiber *kept;
    uint32_t kept_count;
    uint32_t kept_max;
    uint32_t live;
    size_t page;
    size_t stack_size;
    size_t deepest;
    uint32_t until_look;     // fibers that may yet end before a stack is looked at
    unsigned char *resident; // mincore()'s answer, a byte a page
};

static struct fiber *running; // a process has one thread

struct fiber_pool *fiber_pool_create(size_t stack_size, uint32_t cached)
{
    struct fiber_pool *pool = memory_new(1, sizeof *pool);

    pool->page = (size_t)sysconf(_SC_PAGESIZE);
    pool->stack_size = (stack_size + pool->page - 1) / pool->page * pool->page;
    pool->kept_max = cached;
    pool->resident = memory_new(pool->stack_size / pool->page, 1);
    assert(pool->stack_size && FIBER_GUARD % pool->page == 0);
    return pool;
}

static uint8_t *stack_low(const struct fiber *fiber)
{
    return fiber->map + FIBER_GUARD;
}

/* Bytes from the first one that is not zero to the page's end; all of it lies on a stack, whoever
 * stands on it. */
__attribute__((no_sanitize("address"))) static size_t page_depth(const uint8_t *page, size_t size)
{
    size_t at = 0;

    VALGRIND_DISABLE_ERROR_REPORTING;
    while (at < size && !page[at])
        at++;
    VALGRIND_ENABLE_ERROR_REPORTING;
    return size - at;
}

/* How deep the stack was touched since it was mapped or given back. What was only reserved is not
 * made to exist by looking. */
static size_t stack_depth(const struct fiber *fiber)
{
    const struct fiber_pool *pool = fiber->pool;
    size_t pages = pool->stack_size / pool->page, at = 0;

    if (mincore(stack_low(fiber), pool->stack_size, pool->resident) < 0)
        return 0;
    while (at < pages && !(pool->resident[at] & 1))
        at++;
    if (at == pages)
        return 0;
    return (pages - at - 1) * pool->page +
           page_depth(stack_low(fiber) + at * pool->page, pool->page);
}

static size_t note_depth(const struct fiber *fiber)
{
    size_t depth = stack_depth(fiber);

    if (depth > fiber->pool->deepest)
        fiber->pool->deepest = depth;
    return depth;
}

static struct fiber *fiber_map(struct fiber_pool *pool)
{
    struct fiber *fiber;
    uint8_t *map = mmap(NULL, FIBER_GUARD + pool->stack_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

    if (map == MAP_FAILED)
        return NULL;
    if (mprotect(map, FIBER_GUARD, PROT_NONE) < 0) {
        munmap(map, FIBER_GUARD + pool->stack_size);
        return NULL;
    }
    fiber = memory_new(1, sizeof *fiber);
    fiber->pool = pool;
    fiber->map = map;
    fiber->valgrind_id =
        VALGRIND_STACK_REGISTER(map + FIBER_GUARD, map + FIBER_GUARD + pool->stack_size);
    fiber->next = pool->all;
    if (pool->all)
        pool->all->before = fiber;
    pool->all = fiber;
    return fiber;
}

static void fiber_unmap(struct fiber *fiber)
{
    struct fiber_pool *pool = fiber->pool;

    note_depth(fiber);
    if (fiber->before)
        fiber->before->next = fiber->next;
    else
        pool->all = fiber->next;
    if (fiber->next)
        fiber->next->before = fiber->before;
    VALGRIND_STACK_DEREGISTER(fiber->valgrind_id);
    munmap(fiber->map, FIBER_GUARD + pool->stack_size);
    free(fiber);
}

void fiber_pool_destroy(struct fiber_pool *pool)
{
    if (!pool)
        return;
    assert(pool->live == 0);
    while (pool->all)
        fiber_unmap(pool->all);
    free(pool->resident);
    free(pool);
}

/* The only place that switches. `fake` keeps ASan's shadow of the stack that is left, or is NULL
 * when that stack is left for good; [low, low + size) is the stack that is entered. */
static void switch_to(struct stack_point *from, struct stack_point *to, void **fake,
                      const void *low, size_t size)
{
#if ADDRESS_SANITIZED
    __sanitizer_start_switch_fiber(fake, low, size);
#else
    (void)fake;
    (void)low;
    (void)size;
#endif
    stack_switch(from, to);
}

/* The first thing on a stack that was entered: which one was left goes to *low and *size. */
static void switched(void *fake, const void **low, size_t *size)
{
#if ADDRESS_SANITIZED
    __sanitizer_finish_switch_fiber(fake, low, size);
#else
    (void)fake;
    (void)low;
    (void)size;
#endif
}

static void fiber_main(void)
{
    struct fiber *self = running;

    switched(NULL, &self->resumer_low, &self->resumer_size);
    self->function(self->arg);
    self->state = FIBER_DONE;
    switch_to(&self->here, &self->resumer, NULL, self->resumer_low, self->resumer_size);
    abort(); // a fiber that is done was resumed
}

struct fiber *fiber_create(struct fiber_pool *pool, void (*function)(void *arg), void *arg)
{
    struct fiber *fiber = pool->kept;

    if (fiber) {
        pool->kept = fiber->next_kept;
        pool->kept_count--;
    } else {
        fiber = fiber_map(pool);
    }
    if (!fiber)
        return NULL;
    pool->live++;
    fiber->state = FIBER_NEW;
    fiber->function = function;
    fiber->arg = arg;
    stack_point_init(&fiber->here, stack_low(fiber), pool->stack_size, fiber_main);
    return fiber;
}

/* A stack that was used deeply once must not stay that large for ever. Looking takes longer than
 * all the rest, so it is done now and then. */
static void give_back_depth(const struct fiber *fiber)
{
    struct fiber_pool *pool = fiber->pool;
    size_t size = pool->stack_size;

    if (size <= FIBER_KEEP_TOUCHED || pool->until_look--)
        return;
    pool->until_look = FIBER_LOOK_EVERY - 1;
    if (note_depth(fiber) > FIBER_KEEP_TOUCHED)
        madvise(stack_low(fiber), size - FIBER_KEEP_TOUCHED, MADV_DONTNEED);
}

/* What a parked fiber left on its stack is nobody's any more, whatever will lie there next. */
static void clean_stack(const struct fiber *fiber)
{
#if ADDRESS_SANITIZED
    ASAN_UNPOISON_MEMORY_REGION(stack_low(fiber), fiber->pool->stack_size);
#else
    (void)fiber;
#endif
}

void fiber_destroy(struct fiber *fiber)
{
    struct fiber_pool *pool;

    if (!fiber)
        return;
    pool = fiber->pool;
    assert(fiber->state != FIBER_RUNNING);
    clean_stack(fiber);
    pool->live--;
    if (pool->kept_count == pool->kept_max) {
        fiber_unmap(fiber);
        return;
    }
    give_back_depth(fiber);
    fiber->next_kept = pool->kept;
    pool->kept = fiber;
    pool->kept_count++;
}

bool fiber_resume(struct fiber *fiber)
{
    struct fiber *below = running;
    void *fake = NULL;

    assert(fiber->state == FIBER_NEW || fiber->state == FIBER_PARKED);
    fiber->state = FIBER_RUNNING;
    running = fiber;
    switch_to(&fiber->resumer, &fiber->here, &fake, stack_low(fiber), fiber->pool->stack_size);
    switched(fake, NULL, NULL);
    running = below;
    return fiber->state == FIBER_DONE;
}

void fiber_park(void)
{
    struct fiber *self = running;
    void *fake = NULL;

    assert(self && self->state == FIBER_RUNNING);
    self->state = FIBER_PARKED;
    switch_to(&self->here, &self->resumer, &fake, self->resumer_low, self->resumer_size);
    switched(fake, &self->resumer_low, &self->resumer_size);
}

struct fiber *fiber_running(void)
{
    return running;
}

struct fiber_census fiber_pool_census(struct fiber_pool *pool)
{
    assert(!running || running->pool != pool);
    for (const struct fiber *fiber = pool->all; fiber; fiber = fiber->next)
        note_depth(fiber);
    return (struct fiber_census){.live = pool->live,
                                 .cached = pool->kept_count,
                                 .stack_size = pool->stack_size,
                                 .deepest = pool->deepest};
}
