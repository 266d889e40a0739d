#include "super/near_stack.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>

#include "base/sanitized.h"

enum { GUARD = 64 * 1024 }; // bytes below the stack that nobody may touch
enum { STACK_LEAST = 1 << 20, STACK_MOST = 64 << 20 };

static char *stack; // above its guard; NULL: there is none
static size_t stack_size;

static size_t usual_size(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_STACK, &limit) < 0 || limit.rlim_cur > STACK_MOST)
        return STACK_MOST;
    return limit.rlim_cur < STACK_LEAST ? STACK_LEAST : limit.rlim_cur & ~(size_t)(GUARD - 1);
}

void near_stack_make(void)
{
    size_t size = usual_size();
    char *map;

    if (ADDRESS_SANITIZED) // it knows the usual stack only
        return;
    map = mmap(NULL, GUARD + size, PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (map == MAP_FAILED)
        return;
    if (mprotect(map + GUARD, size, PROT_READ | PROT_WRITE) < 0) {
        munmap(map, GUARD + size);
        return;
    }
    madvise(map, GUARD + size, MADV_NOHUGEPAGE); // a page or two are used
    stack = map + GUARD;
    stack_size = size;
}

_Noreturn void near_stack_enter(void (*function)(void))
{
    static ucontext_t there;

    if (stack && getcontext(&there) == 0) {
        there.uc_stack.ss_sp = stack;
        there.uc_stack.ss_size = stack_size;
        there.uc_link = NULL;
        makecontext(&there, function, 0);
        setcontext(&there);
    }
    function();
    abort();
}
