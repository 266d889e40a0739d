// links: body
/* What a frame costs: to pack, to read, to hand over an edge. Prints medians; a figure is worth
 * something only beside the one of a socket pair on the same machine in the same minute. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "transport/ring_link.h"

enum { ROUNDS = 15, FRAME = 64, BATCH = 32 };

static uint64_t now_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Runs `act` ROUNDS times with `count` operations each and prints the median of one. */
static void report_by(clockid_t clock, const char *what, unsigned count,
                      void (*act)(unsigned count))
{
    double each[ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = now_ns(clock);

        act(count);
        each[i] = (double)(now_ns(clock) - start) / count;
    }
    qsort(each, ROUNDS, sizeof *each, compare);
    printf("%-58s %8.0f ns %12.0f /s\n", what, each[ROUNDS / 2], 1e9 / each[ROUNDS / 2]);
}

/* In time of this process, whatever else runs on the machine. */
static void report_cpu(const char *what, unsigned count, void (*act)(unsigned count))
{
    report_by(CLOCK_PROCESS_CPUTIME_ID, what, count, act);
}

/* In time on the wall, for what two processes do. */
static void report(const char *what, unsigned count, void (*act)(unsigned count))
{
    report_by(CLOCK_MONOTONIC, what, count, act);
}

/* ---- messages ---- */

static struct message task;
static struct buffer packed;
static struct message_reader *reader;

static void make_task(void)
{
    static struct wire_param params[4];

    for (unsigned i = 0; i < 4; i++)
        params[i] = (struct wire_param){
            .type = (uint8_t)(i == 3),
            .value = (uint64_t)(i + 7) << 40 | 12345,
            .version = 3,
            .size = 4096,
            .holder = {.level = LEVEL_HOST, .index = {[6] = 0, [5] = 3, [4] = 1, [3] = 300}},
            .place = 1u << 20,
            .depth = 1,
        };
    task = (struct message){
        .type = MSG_CALL_TASK,
        .sender = {.level = LEVEL_POD, .index = {[5] = 3, [4] = 1}},
        .target = {.level = LEVEL_HOST, .index = {[5] = 3, [4] = 1, [3] = 7}},
        .call_task = {.task = {.exec = 1,
                               .creator = {.level = LEVEL_POD, .index = {[5] = 3, [4] = 1}},
                               .depth = 1,
                               .id = 4711},
                      .code_hash = 0xDEADBEEFCAFEF00D,
                      .params = {params, 4},
                      .spmd_size = 1,
                      .kernel = wire_str_of("add_vectors.so")},
    };
}

static void pack(unsigned count)
{
    while (count--) {
        buffer_clear(&packed);
        message_pack(&packed, &task);
    }
}

static void unpack(unsigned count)
{
    struct message got;

    while (count--)
        if (message_read(reader, packed.data, packed.size, &got) != FRAME_OK)
            abort();
}

/* ---- links ---- */

static struct link *near, *far;
static int near_bell, far_bell;
static uint8_t frame[FRAME];
static uint64_t received;

static void on_frame(void *owner, struct link *link, const uint8_t *bytes, size_t size)
{
    (void)owner;
    (void)link;
    (void)bytes;
    (void)size;
    received++;
}

static void on_closed(void *owner, struct link *link, enum frame_fault fault)
{
    (void)owner;
    (void)link;
    fprintf(stderr, "bench_link: closed: %s\n", frame_fault_name(fault));
    exit(9);
}

static const struct link_owner owner_ops = {.frame = on_frame, .closed = on_closed};

static void open_edge(void)
{
    void *memory = mmap(NULL, RING_EDGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct frame_header header = {MSG_RETRY_WITH_CODE,
                                  FRAME - FRAME_HEADER_SIZE,
                                  {.level = LEVEL_POD},
                                  {.level = LEVEL_HOST}};

    near_bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    far_bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    near = ring_link_create(memory, RING_PARENT, far_bell, &owner_ops, NULL);
    far = ring_link_create(memory, RING_CHILD, near_bell, &owner_ops, NULL);
    frame_header_write(&header, frame);
}

static void one_process(unsigned count)
{
    for (unsigned i = 0; i < count; i += BATCH) {
        for (unsigned j = 0; j < BATCH; j++)
            link_send(near, QUEUE_CONTROL, frame, FRAME);
        link_flush(near);
        while (link_read(far))
            ;
    }
}

static void one_process_large(unsigned count)
{
    static uint8_t large[LIMIT_FRAME_RING];
    struct frame_header header = {MSG_RETRY_WITH_CODE,
                                  sizeof large - FRAME_HEADER_SIZE,
                                  {.level = LEVEL_POD},
                                  {.level = LEVEL_HOST}};

    frame_header_write(&header, large);
    while (count--) {
        link_send(near, QUEUE_DATA, large, sizeof large);
        link_flush(near);
        while (link_read(far))
            ;
    }
}

/* Wait for something to come, and take it. */
static void turn(struct link *link, int bell)
{
    struct pollfd poll_bell = {.fd = bell, .events = POLLIN};
    eventfd_t value;

    if (!link_sleep(link) && (poll(&poll_bell, 1, -1) < 0 || eventfd_read(bell, &value) < 0))
        abort();
    link_read(link);
}

static void stay_on_core(unsigned core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void echo_links(void)
{
    uint64_t answered = 0;

    for (;;) {
        turn(far, far_bell);
        for (; answered < received; answered++)
            link_send(far, QUEUE_CONTROL, frame, FRAME);
        link_flush(far);
    }
}

static void ping_pong_links(unsigned count)
{
    while (count--) {
        uint64_t until = received + 1;

        link_send(near, QUEUE_CONTROL, frame, FRAME);
        link_flush(near);
        while (received < until)
            turn(near, near_bell);
    }
}

static void batches_of_links(unsigned count)
{
    for (unsigned i = 0; i < count; i += BATCH) {
        uint64_t until = received + BATCH;

        for (unsigned j = 0; j < BATCH; j++)
            link_send(near, QUEUE_CONTROL, frame, FRAME);
        link_flush(near);
        while (received < until)
            turn(near, near_bell);
    }
}

static int ends[2];

static void transfer(ssize_t size)
{
    if (size > 0)
        return;
    fprintf(stderr, "bench_link: the socket pair %s\n", size ? strerror(errno) : "has ended");
    exit(9);
}

static void echo_sockets(void)
{
    uint8_t bytes[FRAME * BATCH];

    for (;;) {
        struct pollfd readable = {.fd = ends[1], .events = POLLIN};
        ssize_t size;

        poll(&readable, 1, -1);
        size = read(ends[1], bytes, sizeof bytes);
        transfer(size);
        transfer(write(ends[1], bytes, (size_t)size));
    }
}

static void exchange_sockets(size_t size)
{
    uint8_t bytes[FRAME * BATCH] = {0};
    size_t got = 0;

    transfer(write(ends[0], bytes, size));
    while (got < size) {
        struct pollfd readable = {.fd = ends[0], .events = POLLIN};
        ssize_t part;

        poll(&readable, 1, -1);
        part = read(ends[0], bytes, sizeof bytes);
        transfer(part);
        got += (size_t)part;
    }
}

static void ping_pong_sockets(unsigned count)
{
    while (count--)
        exchange_sockets(FRAME);
}

static void batches_of_sockets(unsigned count)
{
    for (unsigned i = 0; i < count; i += BATCH)
        exchange_sockets(FRAME * BATCH);
}

static pid_t start(void (*echo)(void), unsigned core)
{
    pid_t pid = fork();

    if (pid == 0) {
        stay_on_core(core);
        echo();
    }
    return pid;
}

static void stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void compare_pairs(unsigned core, const char *where)
{
    char what[100];
    pid_t pid;

    open_edge();
    pid = start(echo_links, core);
    snprintf(what, sizeof what, "ring, ping-pong, %s", where);
    report(what, 5000, ping_pong_links);
    snprintf(what, sizeof what, "ring, %d frames there and back at a time, %s, a frame", BATCH,
             where);
    report(what, 5000 * BATCH, batches_of_links);
    stop(pid);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        exit(9);
    pid = start(echo_sockets, core);
    snprintf(what, sizeof what, "socket pair, ping-pong, %s", where);
    report(what, 5000, ping_pong_sockets);
    snprintf(what, sizeof what, "socket pair, %d at a time, %s, a frame", BATCH, where);
    report(what, 5000 * BATCH, batches_of_sockets);
    stop(pid);
}

int main(void)
{
    stay_on_core(0);
    reader = message_reader_create();
    make_task();
    report_cpu("pack CALL_TASK with 4 parameters", 100000, pack);
    printf("  (%zu bytes)\n", packed.size);
    report_cpu("read it", 100000, unpack);
    open_edge();
    report_cpu("ring, send and receive 64 bytes in one process", 1000 * BATCH, one_process);
    report_cpu("ring, send and receive 64 KiB in one process", 2000, one_process_large);
    compare_pairs(0, "same core");
    compare_pairs(1, "two cores");
    return 0;
}
