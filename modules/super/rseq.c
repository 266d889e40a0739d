#include "super/rseq.h"

#if __has_include(<sys/rseq.h>) && defined(__x86_64__)

#include <stddef.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libc registers at least so much, and says less in __rseq_size when it knows of fewer fields. */
enum { REGISTERED_LEAST = 32 };

void rseq_leave(void)
{
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    unsigned size = __rseq_size < REGISTERED_LEAST ? REGISTERED_LEAST : __rseq_size;

    if (__rseq_size)
        syscall(SYS_rseq, area, size, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

#else

void rseq_leave(void)
{
}

#endif
