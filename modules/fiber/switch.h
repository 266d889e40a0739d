/* The one place where stacks are switched: machine code for x86-64 and aarch64, ucontext elsewhere
 * or with FIBER_UCONTEXT. Only callee-saved registers and the floating-point control words are
 * kept. */

#ifndef FIBER_SWITCH_H
#define FIBER_SWITCH_H

#include <stddef.h>

#if !defined(FIBER_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define FIBER_UCONTEXT 1
#endif

#ifdef FIBER_UCONTEXT
#include <ucontext.h>

struct stack_point {
    ucontext_t context;
};
#else
struct stack_point {
    void *sp; // everything else lies on the stack
};
#endif

/* Make `point` call entry() on the stack [low, low + size) when it is switched to. entry() must not
 * return. */
void stack_point_init(struct stack_point *point, void *low, size_t size, void (*entry)(void));

/* Stand still in `from` and go on in `to`. Returns when somebody switches to `from`. */
void stack_switch(struct stack_point *from, struct stack_point *to);

#endif
