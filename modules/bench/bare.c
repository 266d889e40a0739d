#include "bench/bare.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rundir/clock.h"

enum { BATCH = 64 };

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "linqu: bare program: %s: %s\n", what, strerror(errno));
    _exit(1);
}

/* --- a process of its own */

int bare_call(void (*program)(const void *order, void *answer), const void *order, void *answer,
              size_t answer_size, struct error *err)
{
    void *shared =
        mmap(NULL, answer_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    pid_t pid;

    if (shared == MAP_FAILED)
        return error_set(err, "no memory for a bare program: %s", strerror(errno));
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        program(order, shared);
        _exit(0);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    memcpy(answer, shared, answer_size);
    munmap(shared, answer_size);
    if (pid < 0)
        return error_set(err, "cannot fork a bare program: %s", strerror(errno));
    return status == 0 ? 0 : error_set(err, "a bare program failed");
}

/* --- sockets */

static void write_all(int fd, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = write(fd, (const char *)bytes + done, size - done);

        must(got > 0 || errno == EINTR, "write");
        done += got > 0 ? (size_t)got : 0;
    }
}

/* False at the end of the connection. */
static bool read_all(int fd, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = read(fd, (char *)bytes + done, size - done);

        if (got == 0)
            return false;
        must(got > 0 || errno == EINTR, "read");
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

struct child {
    int fd;
    pid_t pid;
};

/* A child that lives by `live` until the connection ends. */
static struct child start_child(void (*live)(int fd, const void *order), const void *order)
{
    struct child child;
    int pair[2];

    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
    child.pid = fork();
    must(child.pid >= 0, "fork");
    if (child.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pair[0]);
        live(pair[1], order);
        _exit(0);
    }
    close(pair[1]);
    child.fd = pair[0];
    return child;
}

/* They inherit each other's ends, so a connection does not end by itself. */
static void end_children(const struct child *children, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        shutdown(children[i].fd, SHUT_RDWR);
        close(children[i].fd);
        waitpid(children[i].pid, NULL, 0);
    }
}

/* --- frames */

static void echo_live(int fd, const void *order)
{
    char frames[BATCH * BARE_FRAME];
    ssize_t got;

    (void)order;
    while ((got = read(fd, frames, sizeof frames)) > 0)
        write_all(fd, frames, (size_t)got);
}

static void one_way_and_back(int fd, char frame[BARE_FRAME])
{
    write_all(fd, frame, BARE_FRAME);
    must(read_all(fd, frame, BARE_FRAME), "hear the child");
}

void bare_pingpong(const void *order_, void *answer_)
{
    const struct bare_pingpong_order *order = order_;
    struct bare_pingpong_answer *answer = answer_;
    struct child child = start_child(echo_live, NULL);
    char frame[BARE_FRAME] = {0};

    for (int i = 0; i < 16; i++)
        one_way_and_back(child.fd, frame);
    for (uint32_t i = 0; i < order->count && i < BARE_SAMPLES_MOST; i++) {
        uint64_t begun = monotonic_clock_ns();

        one_way_and_back(child.fd, frame);
        answer->ns[i] = monotonic_clock_ns() - begun;
    }
    end_children(&child, 1);
}

/* `left` frames at most, a batch to each child. Returns how many. */
static uint64_t flow_turn(const struct child *children, uint32_t width, uint64_t left, char *frames)
{
    uint64_t sent[BARE_WIDTH_MOST], sum = 0;

    for (uint32_t i = 0; i < width; i++) {
        sent[i] = left - sum < BATCH ? left - sum : BATCH;
        sum += sent[i];
        write_all(children[i].fd, frames, sent[i] * BARE_FRAME);
    }
    for (uint32_t i = 0; i < width; i++)
        must(read_all(children[i].fd, frames, sent[i] * BARE_FRAME), "hear a child");
    return sum;
}

void bare_flow(const void *order_, void *answer_)
{
    const struct bare_flow_order *order = order_;
    struct bare_flow_answer *answer = answer_;
    uint32_t width = order->width < BARE_WIDTH_MOST ? order->width : BARE_WIDTH_MOST;
    struct child children[BARE_WIDTH_MOST] = {0};
    char frames[BATCH * BARE_FRAME] = {0};
    uint64_t begun, left = order->frames;

    for (uint32_t i = 0; i < width; i++)
        children[i] = start_child(echo_live, NULL);
    flow_turn(children, width, (uint64_t)width * BATCH, frames);
    begun = monotonic_clock_ns();
    while (left)
        left -= flow_turn(children, width, left, frames);
    answer->ns = monotonic_clock_ns() - begun;
    end_children(children, width);
}

/* --- computing */

/* What a kernel of ours computes, step by step the same. */
static uint64_t compute(uint64_t times)
{
    uint64_t x = times | 1;

    for (uint64_t i = 0; i < times; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        __asm__ volatile("" : "+r"(x));
    }
    return x;
}

static void compute_live(int fd, const void *order_)
{
    const struct bare_steps_order *order = order_;
    char frame[BARE_FRAME];

    while (read_all(fd, frame, sizeof frame)) {
        compute(order->times);
        write_all(fd, frame, sizeof frame);
    }
}

void bare_steps(const void *order_, void *answer_)
{
    const struct bare_steps_order *order = order_;
    struct bare_flow_answer *answer = answer_;
    uint32_t width = order->width < BARE_WIDTH_MOST ? order->width : BARE_WIDTH_MOST;
    struct child children[BARE_WIDTH_MOST];
    char frame[BARE_FRAME] = {0};
    uint64_t begun;

    for (uint32_t i = 0; i < width; i++)
        children[i] = start_child(compute_live, order);
    begun = monotonic_clock_ns();
    for (uint32_t round = 0; round < order->rounds; round++) {
        for (uint32_t i = 0; i < width; i++)
            write_all(children[i].fd, frame, sizeof frame);
        for (uint32_t i = 0; i < width; i++)
            must(read_all(children[i].fd, frame, sizeof frame), "hear a child");
    }
    answer->ns = monotonic_clock_ns() - begun;
    end_children(children, width);
}

/* --- bytes */

static char *touched_memory(size_t size)
{
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    must(memory != MAP_FAILED, "memory");
    memset(memory, 1, size);
    return memory;
}

static void receive_live(int fd, const void *order_)
{
    const struct bare_copy_order *order = order_;
    char *memory = touched_memory(order->bytes);

    while (read_all(fd, memory, order->bytes))
        write_all(fd, "", 1);
}

static uint64_t send_bytes(int fd, const char *memory, size_t size)
{
    uint64_t begun = monotonic_clock_ns();
    char done;

    write_all(fd, memory, size);
    must(read_all(fd, &done, 1), "hear the child");
    return monotonic_clock_ns() - begun;
}

void bare_copy(const void *order_, void *answer_)
{
    const struct bare_copy_order *order = order_;
    struct bare_copy_answer *answer = answer_;
    char *from = touched_memory(order->bytes), *to = touched_memory(order->bytes);
    struct child child = start_child(receive_live, order);

    send_bytes(child.fd, from, order->bytes);
    for (uint32_t i = 0; i < order->count && i < BARE_SAMPLES_MOST; i++) {
        uint64_t begun;

        answer->socket_ns[i] = send_bytes(child.fd, from, order->bytes);
        begun = monotonic_clock_ns();
        memcpy(to, from, order->bytes);
        __asm__ volatile("" : : "r"(to) : "memory");
        answer->memcpy_ns[i] = monotonic_clock_ns() - begun;
    }
    end_children(&child, 1);
}
