// links: body
/* The kernel no longer notes the processor in libc's memory, and who asks for it is still told. */

#include "super/rseq.h"

#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

#if __has_include(<sys/rseq.h>) && defined(__x86_64__)
#include <sys/rseq.h>

static int32_t noted(void)
{
    struct rseq area;

    memcpy(&area, (char *)__builtin_thread_pointer() + __rseq_offset, sizeof area);
    return (int32_t)area.cpu_id;
}
#else
static int32_t noted(void)
{
    return -1; // by nobody
}
#endif

START_TEST(nobody_notes_the_processor_and_it_is_still_known)
{
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        rseq_leave();
        rseq_leave(); // what is not there can be left, too
        for (int turns = 0; turns < 100; turns++)
            sched_yield();
        _exit(noted() < 0 && sched_getcpu() >= 0 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

SUITE_MAIN("rseq", nobody_notes_the_processor_and_it_is_still_known)
