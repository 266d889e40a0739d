// links: body
/* The executable's own copies of libc functions against libc's. Where a build has none, libc's are compared with
 * themselves. */

#include "super/near_libc.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

enum { ROOM = 8192, GUARD = 0xA5 };

/* Through variables, so that the compiler puts nothing of its own in their place. */
static void *(*volatile near_memcpy)(void *, const void *, size_t) = memcpy;
static void *(*volatile near_memset)(void *, int, size_t) = memset;
static size_t (*volatile near_strlen)(const char *) = strlen;

static void fill(uint8_t *bytes, uint64_t *state)
{
    for (size_t i = 0; i < ROOM; i++)
        bytes[i] = (uint8_t)random_next(state);
}

/* Small sizes each, large ones at random: there the ways to copy differ. */
static size_t size_of(uint64_t seed, uint64_t *state)
{
    return seed % 4 ? random_below(state, 70) : random_below(state, ROOM - 64);
}

START_TEST(a_copy_is_what_is_there_and_nothing_around_it)
{
    static uint8_t from[ROOM], to[ROOM];

    for (uint64_t seed = seed_first(), end = seed + seed_count(4000); seed < end; seed++) {
        uint64_t state = seed;
        size_t size = size_of(seed, &state), at = random_below(&state, 64),
               source = random_below(&state, 64);

        fill(from, &state);
        for (size_t i = 0; i < ROOM; i++)
            to[i] = GUARD;
        claim(near_memcpy(to + at, from + source, size) == to + at, "seed %" PRIu64, seed);
        for (size_t i = 0; i < ROOM; i++)
            claim(to[i] == (i >= at && i < at + size ? from[source + i - at] : GUARD),
                  "seed %" PRIu64 ": %zu bytes to %zu: byte %zu is %u", seed, size, at, i, to[i]);
    }
}
END_TEST

START_TEST(a_filled_stretch_ends_where_it_should)
{
    static uint8_t to[ROOM];

    for (uint64_t seed = seed_first(), end = seed + seed_count(2000); seed < end; seed++) {
        uint64_t state = seed;
        size_t size = size_of(seed, &state), at = random_below(&state, 64);
        int value = (int)random_below(&state, 1024);

        for (size_t i = 0; i < ROOM; i++)
            to[i] = GUARD;
        claim(near_memset(to + at, value, size) == to + at, "seed %" PRIu64, seed);
        for (size_t i = 0; i < ROOM; i++)
            claim(to[i] == (i >= at && i < at + size ? (uint8_t)value : GUARD),
                  "seed %" PRIu64 ": %zu bytes at %zu: byte %zu is %u", seed, size, at, i, to[i]);
    }
}
END_TEST

START_TEST(a_text_is_as_long_as_it_is)
{
    char text[ROOM];

    for (size_t size = 0; size < ROOM; size++) {
        text[size] = '\0';
        claim(near_strlen(text) == size, "%zu", size);
        text[size] = 'x';
    }
}
END_TEST

/* Before and after near_libc_open() it is the same clock, between two readings of the other. */
START_TEST(the_clock_is_the_kernels)
{
    int (*libc_clock)(clockid_t, struct timespec *);

    *(void **)&libc_clock = dlsym(RTLD_DEFAULT, "clock_gettime");
    for (int opened = 0; opened < 2; opened++) {
        struct timespec before, now, after;

        ck_assert_int_eq(libc_clock(CLOCK_MONOTONIC, &before), 0);
        ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
        ck_assert_int_eq(libc_clock(CLOCK_MONOTONIC, &after), 0);
        ck_assert(before.tv_sec < now.tv_sec ||
                  (before.tv_sec == now.tv_sec && before.tv_nsec <= now.tv_nsec));
        ck_assert(now.tv_sec < after.tv_sec ||
                  (now.tv_sec == after.tv_sec && now.tv_nsec <= after.tv_nsec));
        errno = 0;
        ck_assert_int_eq(clock_gettime((clockid_t)0x7FFFFFFF, &now), -1);
        ck_assert_int_eq(errno, EINVAL);
        near_libc_open();
    }
}
END_TEST

START_TEST(what_the_kernel_refuses_is_in_errno)
{
    struct epoll_event event;
    int fd = eventfd(0, EFD_NONBLOCK), epoll = epoll_create1(0);
    uint64_t one = 1, full = UINT64_MAX - 1;

    ck_assert_int_eq(write(-1, &one, sizeof one), -1);
    ck_assert_int_eq(errno, EBADF);
    ck_assert_int_eq(write(fd, &full, sizeof full), sizeof full);
    ck_assert_int_eq(write(fd, &one, sizeof one), -1);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_eq(epoll_wait(-1, &event, 1, 0), -1);
    ck_assert_int_eq(errno, EBADF);
    ck_assert_int_eq(epoll_wait(epoll, &event, 1, 0), 0);
    close(epoll);
    close(fd);
}
END_TEST

START_TEST(a_set_of_signals_has_those_that_were_added)
{
    sigset_t set;

    memset(&set, 0xFF, sizeof set);
    ck_assert_int_eq(sigemptyset(&set), 0);
    for (int signal = 1; signal < NSIG; signal++) {
        bool libcs = signal > SIGSYS && signal < SIGRTMIN;

        errno = 0;
        ck_assert_int_eq(sigismember(&set, signal), 0);
        ck_assert_int_eq(sigaddset(&set, signal), libcs ? -1 : 0);
        ck_assert_int_eq(errno, libcs ? EINVAL : 0);
        ck_assert_int_eq(sigismember(&set, signal), !libcs);
    }
    ck_assert_int_eq(sigaddset(&set, NSIG), -1);
    ck_assert_int_eq(sigaddset(&set, 0), -1);
}
END_TEST

SUITE_MAIN("near_libc", a_copy_is_what_is_there_and_nothing_around_it,
           a_filled_stretch_ends_where_it_should, a_text_is_as_long_as_it_is,
           the_clock_is_the_kernels, what_the_kernel_refuses_is_in_errno,
           a_set_of_signals_has_those_that_were_added)
