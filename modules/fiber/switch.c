#include "fiber/switch.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#ifdef FIBER_UCONTEXT

void stack_point_init(struct stack_point *point, void *low, size_t size, void (*entry)(void))
{
    int got = getcontext(&point->context);

    assert(got == 0);
    (void)got;
    point->context.uc_stack.ss_sp = low;
    point->context.uc_stack.ss_size = size;
    point->context.uc_link = NULL;
    makecontext(&point->context, entry, 0);
}

void stack_switch(struct stack_point *from, struct stack_point *to)
{
    int got = swapcontext(&from->context, &to->context);

    assert(got == 0);
    (void)got;
}

#else

void stack_switch_code(void **from, void *to) __attribute__((visibility("hidden")));

#ifdef __x86_64__

/* rbx, rbp, r12-r15, the SSE and x87 control words, and the return address. */
enum { FRAME_WORDS = 8, FRAME_CONTROL = 0, FRAME_RETURN = 7 };

__asm__(".text\n"
        ".p2align 4\n"
        ".globl stack_switch_code\n"
        ".hidden stack_switch_code\n"
        ".type stack_switch_code, @function\n"
        "stack_switch_code:\n"
        "    .cfi_startproc\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r15\n"
        "    pushq %r14\n"
        "    pushq %r13\n"
        "    pushq %r12\n"
        "    subq $8, %rsp\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    addq $8, %rsp\n"
        "    popq %r12\n"
        "    popq %r13\n"
        "    popq %r14\n"
        "    popq %r15\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size stack_switch_code, .-stack_switch_code\n");

void stack_point_init(struct stack_point *point, void *low, size_t size, void (*entry)(void))
{
    /* At entry() the stack is as after a call: 8 bytes below a multiple of 16, with no caller. */
    uint64_t *top = (uint64_t *)(((uintptr_t)low + size) & ~(uintptr_t)15);
    uint64_t *frame = top - 2 - FRAME_WORDS + 1;
    uint32_t control[2] = {0};

    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(control[0]), "=m"(control[1]));
    memset(frame, 0, (FRAME_WORDS + 1) * sizeof *frame);
    memcpy(&frame[FRAME_CONTROL], control, sizeof control);
    frame[FRAME_RETURN] = (uint64_t)(uintptr_t)entry;
    point->sp = frame;
}

#else /* aarch64 */

/* x19-x30 and d8-d15, the floating-point control register, and a word of padding; x30 is where it goes on. */
enum { FRAME_WORDS = 22, FRAME_RETURN = 11, FRAME_CONTROL = 20 };

__asm__(".text\n"
        ".p2align 4\n"
        ".globl stack_switch_code\n"
        ".hidden stack_switch_code\n"
        ".type stack_switch_code, %function\n"
        "stack_switch_code:\n"
        "    .cfi_startproc\n"
        "    sub sp, sp, #176\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mrs x9, fpcr\n"
        "    str x9, [sp, #160]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldr x9, [sp, #160]\n"
        "    msr fpcr, x9\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #176\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size stack_switch_code, .-stack_switch_code\n");

void stack_point_init(struct stack_point *point, void *low, size_t size, void (*entry)(void))
{
    uint64_t *top = (uint64_t *)(((uintptr_t)low + size) & ~(uintptr_t)15);
    uint64_t *frame = top - FRAME_WORDS;

    memset(frame, 0, FRAME_WORDS * sizeof *frame);
    __asm__ volatile("mrs %0, fpcr" : "=r"(frame[FRAME_CONTROL]));
    frame[FRAME_RETURN] = (uint64_t)(uintptr_t)entry;
    point->sp = frame;
}

#endif

void stack_switch(struct stack_point *from, struct stack_point *to)
{
    stack_switch_code(&from->sp, to->sp);
}

#endif
