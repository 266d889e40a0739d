// links: body
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link_side.h"
#include "malloc_count.h"
#include "random_message.h"

#include "transport/ring.h"
#include "transport/ring_link.h"

static struct side parent, child;
static void *edge;
static uint64_t seed;
static uint64_t state;

static void *edge_map(void)
{
    void *memory = mmap(NULL, RING_EDGE_SIZE, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    ck_assert_ptr_ne(memory, MAP_FAILED);
    return memory;
}

static void links_open(void)
{
    parent.link = ring_link_create(edge, RING_PARENT, child.bell, &side_owner, &parent);
    child.link = ring_link_create(edge, RING_CHILD, parent.bell, &side_owner, &child);
}

static void links_close(void)
{
    link_destroy(parent.link);
    link_destroy(child.link);
}

static void setup(void)
{
    seed = seed_first();
    state = seed;
    edge = edge_map();
    parent = (struct side){.bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    child = (struct side){.bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    links_open();
}

static void teardown(void)
{
    links_close();
    close(parent.bell);
    close(child.bell);
    munmap(edge, RING_EDGE_SIZE);
}

/* How often the bell was rung since it was last asked. */
static uint64_t rings(struct side *side)
{
    eventfd_t count = 0;

    return eventfd_read(side->bell, &count) < 0 ? 0 : count;
}

static void read_all(struct side *side)
{
    while (link_read(side->link))
        ;
}

/* Mostly small, all sizes in bits, now and then the largest. */
static size_t random_size(void)
{
    uint32_t limit = random_below(&state, 10) ? 1u << (6 + random_below(&state, 6))
                                              : 1u << (6 + random_below(&state, 11));
    size_t size = NUMBERED_LEAST + random_below(&state, limit);

    return size < LIMIT_FRAME_RING && random_below(&state, 200) ? size : LIMIT_FRAME_RING;
}

START_TEST(a_frame_is_seen_after_flush_and_not_before)
{
    send_one(&parent, QUEUE_CONTROL, 64);
    ck_assert(!link_read(child.link));
    ck_assert_uint_eq(child.got[QUEUE_CONTROL], 0);
    ck_assert_uint_eq(link_queued(parent.link), 64);
    link_flush(parent.link);
    ck_assert_uint_eq(link_queued(parent.link), 0);
    link_read(child.link);
    ck_assert_uint_eq(child.got[QUEUE_CONTROL], 1);
    ck_assert(!child.wrong);
    ck_assert_uint_eq(parent.link->counters.frames_out, 1);
    ck_assert_uint_eq(child.link->counters.bytes_in, 64);
}
END_TEST

/* Any sequence of sends, flushes, reads and sleeps, in both directions at once, against the
 * simplest model there is: two queues each way, out of which comes what went in. */
START_TEST(what_goes_in_comes_out_in_order)
{
    struct side *sides[2] = {&parent, &child};

    for (unsigned step = 0; step < 3000; step++) {
        struct side *side = sides[random_below(&state, 2)];

        side->lands = random_below(&state, 2);
        switch (random_below(&state, 6)) {
        case 0:
        case 1:
            send_one(side, random_below(&state, 2), random_size());
            break;
        case 2:
            link_flush(side->link);
            break;
        case 3:
            link_sleep(side->link);
            break;
        default:
            link_read(side->link);
        }
    }
    while (!all_arrived(&parent, &child) || !all_arrived(&child, &parent)) {
        uint64_t before = parent.got[0] + parent.got[1] + child.got[0] + child.got[1];

        link_flush(parent.link);
        link_flush(child.link);
        read_all(&parent);
        read_all(&child);
        ck_assert_msg(before < parent.got[0] + parent.got[1] + child.got[0] + child.got[1],
                      "stuck, SEED=%lu", (unsigned long)seed);
    }
    ck_assert_msg(!parent.wrong && !child.wrong, "wrong frame, SEED=%lu", (unsigned long)seed);
    ck_assert_uint_eq(parent.closes + child.closes, 0);
    ck_assert_uint_eq(link_queued(parent.link) + link_queued(child.link), 0);
}
END_TEST

START_TEST(every_size_passes_at_every_offset)
{
    static const size_t sizes[] = {32,   33,   39,    40,    1000,  1976, 1983,
                                   1984, 1985, 30000, 65528, 65535, 65536};

    for (size_t a = 0; a < sizeof sizes / sizeof *sizes; a++)
        for (size_t b = 0; b < sizeof sizes / sizeof *sizes; b++)
            for (unsigned together = 0; together < 2; together++) {
                for (unsigned i = 0; i < 7; i++) {
                    send_one(&parent, QUEUE_DATA, sizes[i % 2 ? a : b]);
                    link_flush(parent.link);
                    if (!together)
                        read_all(&child);
                }
                while (!all_arrived(&parent, &child)) {
                    read_all(&child);
                    link_flush(parent.link);
                }
                ck_assert(!child.wrong && !child.closes);
            }
}
END_TEST

START_TEST(control_does_not_wait_for_queued_data)
{
    for (unsigned i = 0; i < 10; i++)
        send_one(&parent, QUEUE_DATA, LIMIT_FRAME_RING);
    link_flush(parent.link);
    send_one(&parent, QUEUE_CONTROL, 100);
    link_flush(parent.link);
    ck_assert_uint_gt(link_queued(parent.link), 7 * LIMIT_FRAME_RING);
    read_all(&child); // what the ring held
    link_flush(parent.link);
    read_all(&child);
    ck_assert_uint_eq(child.got[QUEUE_CONTROL], 1);
    ck_assert_uint_lt(child.got[QUEUE_DATA], 5);
    ck_assert(!child.wrong);
}
END_TEST

START_TEST(the_bell_is_rung_only_for_one_who_sleeps)
{
    send_one(&parent, QUEUE_CONTROL, 64);
    link_flush(parent.link);
    ck_assert_uint_eq(rings(&child), 0);
    ck_assert(link_sleep(child.link)); // there is something: it does not sleep
    link_read(child.link);
    ck_assert(!link_sleep(child.link));
    send_one(&parent, QUEUE_CONTROL, 64);
    ck_assert_uint_eq(rings(&child), 0); // not published yet
    link_flush(parent.link);
    ck_assert_uint_eq(rings(&child), 1);
    send_one(&parent, QUEUE_CONTROL, 64);
    link_flush(parent.link);
    ck_assert_uint_eq(rings(&child), 0); // once is enough
    link_read(child.link);
    send_one(&parent, QUEUE_CONTROL, 64);
    link_flush(parent.link);
    ck_assert_uint_eq(rings(&child), 0); // awake
    ck_assert_uint_eq(rings(&parent), 0);
}
END_TEST

/* And not before: nobody is woken for each frame, nor reads it alone. */
START_TEST(what_was_shown_is_read_when_its_sender_has_ended)
{
    ck_assert(!link_sleep(child.link));
    for (unsigned i = 0; i < 3; i++) {
        send_one(&parent, QUEUE_CONTROL, 64);
        link_show(parent.link);
    }
    send_one(&parent, QUEUE_CONTROL, 64); // not shown
    ck_assert_uint_eq(rings(&child), 0);
    read_all(&child);
    ck_assert_uint_eq(child.got[QUEUE_CONTROL], 0);
    link_orphaned(child.link);
    read_all(&child);
    ck_assert_uint_eq(child.got[QUEUE_CONTROL], 3);
    ck_assert(!child.wrong);
}
END_TEST

START_TEST(what_was_shown_goes_out_with_the_next_flush)
{
    send_one(&parent, QUEUE_CONTROL, 64);
    link_show(parent.link);
    send_one(&parent, QUEUE_CONTROL, 64);
    link_flush(parent.link);
    link_orphaned(child.link);
    read_all(&child);
    ck_assert_uint_eq(child.got[QUEUE_CONTROL], 2);
    ck_assert(!child.wrong);
}
END_TEST

START_TEST(who_waits_for_room_is_rung_when_it_comes)
{
    for (unsigned i = 0; i < 4; i++)
        send_one(&parent, QUEUE_DATA, LIMIT_FRAME_RING);
    link_flush(parent.link);
    link_want_room(parent.link, LIMIT_FRAME_RING);
    ck_assert_uint_gt(link_queued(parent.link), 0);
    ck_assert(!link_sleep(parent.link));
    read_all(&child);
    ck_assert_uint_eq(rings(&parent), 1);
    while (!all_arrived(&parent, &child)) {
        read_all(&child);
        link_read(parent.link);
    }
    ck_assert_uint_eq(parent.rooms, 1);
    link_read(parent.link);
    ck_assert_uint_eq(parent.rooms, 1); // told once
    ck_assert(!link_sleep(parent.link));
    send_one(&parent, QUEUE_DATA, 64);
    link_flush(parent.link);
    link_read(child.link);
    ck_assert_uint_eq(rings(&parent), 0); // nobody asked for room
}
END_TEST

/* The ring is full and nothing is queued: the consumer rings when it has made the room. */
START_TEST(with_room_a_frame_of_that_size_is_not_queued)
{
    enum { SIZE = 60000 };

    for (unsigned i = 0; i < 200; i++) {
        unsigned rooms = parent.rooms;

        link_want_room(parent.link, SIZE);
        while (parent.rooms == rooms) {
            if (!link_sleep(parent.link) && !rings(&parent)) {
                read_all(&child);
                ck_assert(rings(&parent) || link_sleep(parent.link));
            }
            link_read(parent.link);
        }
        send_one(&parent, QUEUE_DATA, SIZE);
        ck_assert_uint_eq(link_queued(parent.link), 0);
    }
    read_all(&child);
    ck_assert(all_arrived(&parent, &child) && !child.wrong);
}
END_TEST

/* What others forward over the edge fills the ring again and again: who waits for room has a turn
 * among it. */
START_TEST(who_waits_for_room_has_a_turn_while_others_frames_go_by)
{
    enum { SIZE = 60000, OTHERS = 6, TURNS = 100 };

    for (unsigned i = 0; i < OTHERS; i++)
        send_one(&parent, QUEUE_DATA, SIZE);
    link_flush(parent.link);
    for (unsigned i = 0; i < TURNS; i++) {
        uint64_t before = child.got[QUEUE_DATA];
        unsigned rooms = parent.rooms;

        link_want_room(parent.link, SIZE);
        for (unsigned turn = 0; parent.rooms == rooms; turn++) {
            ck_assert_uint_lt(turn, 2 * OTHERS);
            link_read(parent.link);
            link_sleep(parent.link);
            read_all(&child);
            for (; before < child.got[QUEUE_DATA]; before++) // each window goes on
                send_one(&parent, QUEUE_DATA, SIZE);
            link_flush(parent.link);
        }
    }
}
END_TEST

static void send_for_room(void *owner, struct link *link)
{
    struct side *side = owner;

    side->rooms++;
    send_one(side, QUEUE_DATA, 60000);
    link_want_room(link, 60000);
}

/* A turn may have a kernel in it: what fits into the ring goes before. */
START_TEST(a_turn_fills_the_ring)
{
    struct link_owner owner = side_owner;

    owner.room = send_for_room;
    link_destroy(parent.link);
    parent.link = ring_link_create(edge, RING_PARENT, child.bell, &owner, &parent);
    link_want_room(parent.link, 60000);
    link_read(parent.link);
    ck_assert_uint_eq(parent.rooms, 2);
}
END_TEST

/* When flush itself empties the queues, who waits for room hears of it before it sleeps. */
START_TEST(room_by_flush_is_told_before_sleep)
{
    for (unsigned i = 0; i < 3; i++)
        send_one(&parent, QUEUE_DATA, LIMIT_FRAME_RING);
    link_want_room(parent.link, LIMIT_FRAME_RING);
    read_all(&child); // the first was published at once, being large
    while (link_queued(parent.link)) {
        link_flush(parent.link);
        read_all(&child);
    }
    ck_assert_uint_eq(parent.rooms, 0);
    ck_assert(link_sleep(parent.link));
    link_read(parent.link);
    ck_assert_uint_eq(parent.rooms, 1);
    ck_assert(!link_sleep(parent.link));
}
END_TEST

START_TEST(who_wants_no_room_may_sleep_at_once)
{
    for (unsigned i = 0; i < 3; i++)
        send_one(&parent, QUEUE_DATA, LIMIT_FRAME_RING);
    read_all(&child);
    while (link_queued(parent.link)) {
        link_flush(parent.link);
        read_all(&child);
    }
    ck_assert(!link_sleep(parent.link));
}
END_TEST

START_TEST(one_read_has_a_budget)
{
    for (unsigned i = 0; i < 1000; i++)
        send_one(&parent, QUEUE_CONTROL, 64);
    link_flush(parent.link);
    ck_assert(link_read(child.link));
    ck_assert_uint_le(child.got[QUEUE_CONTROL], 100);
    read_all(&child);
    ck_assert_uint_eq(child.got[QUEUE_CONTROL], 1000);
}
END_TEST

START_TEST(a_link_may_be_destroyed_by_the_frame_it_delivers)
{
    for (unsigned i = 0; i < 5; i++)
        send_one(&parent, QUEUE_CONTROL, 64);
    link_flush(parent.link);
    child.destroy = IN_FRAME;
    ck_assert(!link_read(child.link));
    ck_assert_uint_eq(child.got[QUEUE_CONTROL], 1);
}
END_TEST

START_TEST(answers_go_out_while_frames_come_in)
{
    child.reply_over = child.link;
    for (unsigned i = 0; i < 5000; i++) {
        send_one(&parent, QUEUE_CONTROL, random_size());
        link_flush(parent.link);
        read_all(&child);
        link_flush(child.link);
        read_all(&parent);
    }
    while (!all_arrived(&parent, &parent)) {
        link_flush(parent.link);
        read_all(&child);
        link_flush(child.link);
        read_all(&parent);
    }
    ck_assert(!parent.wrong && !child.wrong);
}
END_TEST

static unsigned pages_touched(void)
{
    unsigned char resident[RING_EDGE_SIZE / RING_PAGE];
    unsigned touched = 0;

    ck_assert_int_eq(mincore(edge, RING_EDGE_SIZE, resident), 0);
    for (size_t i = 0; i < sizeof resident; i++)
        touched += resident[i] & 1;
    return touched;
}

START_TEST(an_edge_without_load_touches_one_page)
{
    ck_assert_int_eq(sysconf(_SC_PAGESIZE), RING_PAGE);
    child.reply_over = child.link;
    for (unsigned i = 0; i < 5000; i++) {
        send_one(&parent, QUEUE_CONTROL, NUMBERED_LEAST + random_below(&state, 1900));
        link_flush(parent.link);
        link_read(child.link);
        link_flush(child.link);
        link_read(parent.link);
    }
    ck_assert_uint_eq(parent.got[QUEUE_CONTROL], 5000);
    ck_assert_uint_eq(pages_touched(), 1);
    send_one(&parent, QUEUE_CONTROL, 10000);
    ck_assert_uint_gt(pages_touched(), 1); // the instrument works
}
END_TEST

START_TEST(frames_that_fit_ask_for_no_memory)
{
    uint64_t before;

    malloc_count_start();
    for (unsigned i = 0; i < 1000; i++) {
        send_one(&parent, QUEUE_DATA, 64 + i * 20);
        link_flush(parent.link);
        link_read(child.link);
    }
    before = malloc_calls;
    ck_assert_uint_eq(before, 0);
    ck_assert_uint_eq(child.got[QUEUE_DATA], 1000);
}
END_TEST

/* ---- two processes ---- */

enum { PAIR_FRAMES = 500000 };

static void wait_for_bell(struct side *side)
{
    struct pollfd poll_bell = {.fd = side->bell, .events = POLLIN};

    if (poll(&poll_bell, 1, 20000) != 1)
        _exit(3); // a bell that was not rung
    rings(side);
}

static bool may_send(const struct side *side, uint64_t count)
{
    return side->sent[0] + side->sent[1] < count && link_queued(side->link) < 256 * 1024;
}

static bool exchanged(const struct side *side, uint64_t count)
{
    return side->sent[0] + side->sent[1] == count && side->got[0] + side->got[1] == count &&
           !link_queued(side->link);
}

/* Send and receive so many frames, sleeping as often as there is nothing to do. */
static void exchange(struct side *side, uint64_t count)
{
    while (!exchanged(side, count)) {
        for (unsigned batch = random_below(&state, 40); batch && may_send(side, count); batch--) {
            size_t small = NUMBERED_LEAST + random_below(&state, 200);

            send_one(side, random_below(&state, 4) == 0,
                     random_below(&state, 1000) ? small : random_size());
        }
        link_flush(side->link);
        if (link_read(side->link) || may_send(side, count) || exchanged(side, count))
            continue;
        if (!link_sleep(side->link))
            wait_for_bell(side);
    }
}

START_TEST(a_million_frames_between_two_processes)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        state ^= 0x5555;
        exchange(&child, PAIR_FRAMES);
        _exit(child.wrong || child.closes ? 1 : 0);
    }
    exchange(&parent, PAIR_FRAMES);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(status == 0, "status %#x, SEED=%lu", status, (unsigned long)seed);
    ck_assert(!parent.wrong && !parent.closes);
    ck_assert_uint_eq(parent.got[0] + parent.got[1], PAIR_FRAMES);
}
END_TEST

static void sleep_until_got(struct side *side, uint64_t count)
{
    while (side->got[QUEUE_CONTROL] < count) {
        if (!link_sleep(side->link))
            wait_for_bell(side);
        link_read(side->link);
    }
}

/* Each frame wakes the other side, which is what loses a wake-up if anything does. */
START_TEST(ping_pong_never_misses_a_bell)
{
    pid_t pid = fork();
    struct side *side = pid ? &parent : &child;
    int status;

    for (unsigned i = 1; i <= 20000; i++) {
        if (!pid)
            sleep_until_got(side, i);
        send_one(side, QUEUE_CONTROL, 64);
        link_flush(side->link);
        if (pid)
            sleep_until_got(side, i);
    }
    if (!pid)
        _exit(side->wrong);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- a neighbour that dies or goes mad ---- */

/* The producer is killed again and again while it copies large frames: whatever is seen is whole.
 */
START_TEST(a_frame_that_was_not_finished_is_never_seen)
{
    for (unsigned kills = 0; kills < 20; kills++) {
        uint64_t until = child.got[0] + child.got[1] + random_below(&state, 30);
        pid_t pid = fork();

        if (pid == 0) {
            for (;;) {
                if (link_queued(parent.link) < 3 * LIMIT_FRAME_RING)
                    send_one(&parent, QUEUE_DATA, LIMIT_FRAME_RING - random_below(&state, 9000));
                link_flush(parent.link);
            }
        }
        while (child.got[0] + child.got[1] < until)
            link_read(child.link);
        kill(pid, SIGKILL);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        read_all(&child);
        ck_assert(!child.wrong);
        ck_assert_uint_eq(child.closes, 0);
        // the next producer starts with a fresh edge
        links_close();
        munmap(edge, RING_EDGE_SIZE);
        edge = edge_map();
        memset(child.got, 0, sizeof child.got);
        links_open();
    }
}
END_TEST

/* What is written but not published, even if it looks like a frame. */
START_TEST(bytes_beyond_the_tail_mean_nothing)
{
    numbered_frame((uint8_t *)edge + 2 * sizeof(struct ring_end), QUEUE_DATA, 0, 1000);
    read_all(&child);
    ck_assert_uint_eq(child.got[QUEUE_DATA], 0);
    ck_assert_uint_eq(child.closes, 0);
}
END_TEST

static struct ring_end *end_of(enum ring_side side)
{
    return (struct ring_end *)edge + side;
}

START_TEST(impossible_indices_close_the_edge)
{
    send_one(&parent, QUEUE_CONTROL, 64);
    link_flush(parent.link);
    switch (_i) {
    case 0:
        end_of(RING_PARENT)->tail = UINT64_MAX & ~7ull;
        break;
    case 1:
        end_of(RING_PARENT)->tail = 63;
        break;
    case 2:
        end_of(RING_PARENT)->tail = RING_CAPACITY + 8;
        break;
    case 3:
        end_of(RING_PARENT)->base = 8;
        break;
    case 4:
        end_of(RING_PARENT)->tail = 16; // shorter than a header
        break;
    case 5:
        end_of(RING_PARENT)->tail = 56; // shorter than the frame
        break;
    default:
        end_of(RING_PARENT)->tail = 65; // not where a frame can end
    }
    read_all(&child);
    ck_assert_uint_eq(child.got[QUEUE_CONTROL], 0);
    ck_assert_uint_eq(child.closes, 1);
    ck_assert_int_eq(child.fault, FRAME_BAD_RING);
    ck_assert(child.link->closed);
    read_all(&child);
    ck_assert(!link_sleep(child.link));
    send_one(&child, QUEUE_DATA, 64);
    link_flush(child.link);
    ck_assert_uint_eq(child.closes, 1);
    ck_assert_uint_eq(link_queued(child.link), 0);
}
END_TEST

/* A consumer that gives back what it was never given, or half an item, or takes back what it gave.
 */
START_TEST(an_impossible_head_closes_the_edge)
{
    for (unsigned i = 0; i < 4; i++)
        send_one(&parent, QUEUE_DATA, LIMIT_FRAME_RING);
    link_flush(parent.link);
    if (_i == 2) {
        link_read(child.link);
        link_flush(parent.link);
        ck_assert_uint_gt(end_of(RING_CHILD)->head, 0);
    }
    end_of(RING_CHILD)->head = _i == 0 ? 4 : _i == 1 ? 1 << 30 : 0;
    for (unsigned i = 0; i < 3; i++)
        send_one(&parent, QUEUE_DATA, LIMIT_FRAME_RING);
    link_flush(parent.link);
    ck_assert_uint_eq(parent.closes, 0); // told from read, never from send or flush
    ck_assert(link_sleep(parent.link));
    link_read(parent.link);
    ck_assert_uint_eq(parent.closes, 1);
    ck_assert_int_eq(parent.fault, FRAME_BAD_RING);
}
END_TEST

START_TEST(a_bad_frame_closes_the_edge_with_its_fault)
{
    static const struct {
        unsigned at;
        uint8_t value;
        enum frame_fault fault;
    } cases[] = {
        {0, 'X', FRAME_BAD_MAGIC}, {4, 9, FRAME_BAD_VERSION}, {5, 200, FRAME_BAD_TYPE},
        {6, 9, FRAME_BAD_LEVEL},   {8, 200, FRAME_OVERSIZED}, {11, 200, FRAME_BAD_RING},
    };
    uint8_t *first = (uint8_t *)edge + 2 * sizeof(struct ring_end);

    send_one(&parent, QUEUE_CONTROL, 64);
    link_flush(parent.link);
    first[cases[_i].at] = cases[_i].value;
    read_all(&child);
    ck_assert_uint_eq(child.closes, 1);
    ck_assert_int_eq(child.fault, cases[_i].fault);
    ck_assert_uint_eq(child.got[0] + child.got[1], 0);
}
END_TEST

/* A skip that leads nowhere, or round and round. */
START_TEST(a_skip_to_nowhere_closes_the_edge)
{
    uint8_t *memory = edge;

    memcpy(memory + 2 * sizeof(struct ring_end), "SKIP", 4);
    memcpy(memory + RING_PAGE, "SKIP", 4);
    end_of(RING_PARENT)->tail = _i == 0 ? 8 : _i == 1 ? RING_WARM : RING_CAPACITY;
    read_all(&child);
    ck_assert_uint_eq(child.closes, 1);
    ck_assert_int_eq(child.fault, FRAME_BAD_RING);
}
END_TEST

static void scribble(uint8_t *memory, size_t size)
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t value = random_next(&state);

        memcpy(memory + i, &value, 8);
    }
}

/* Random bytes in some part of the shared memory; often in the indices only, often with indices
 * that look right. */
static void scribble_somewhere(void)
{
    uint8_t *memory = edge;

    switch (random_below(&state, 5)) {
    case 0:
        scribble(memory, RING_EDGE_SIZE);
        break;
    case 1:
        scribble(memory, 2 * sizeof(struct ring_end));
        break;
    case 2:
        scribble(memory + 2 * sizeof(struct ring_end), 2 * RING_WARM);
        break;
    case 3:
        end_of(random_below(&state, 2))->tail = random_below(&state, 2 * RING_CAPACITY) & ~7u;
        break;
    default:
        scribble(memory + (random_below(&state, RING_EDGE_SIZE / 8 - 4) * 8), 32);
    }
}

static void use_both(void)
{
    for (unsigned i = 0; i < 3; i++) {
        if (!parent.link->closed)
            send_one(&parent, random_below(&state, 2), random_size());
        link_flush(parent.link);
        link_sleep(parent.link);
        link_read(child.link);
        link_read(parent.link);
    }
}

/* A side that finds nonsense closes with a reason, and whatever happens, nothing crashes and
 * nothing is told after it. */
START_TEST(scribbling_ends_the_edge_and_nothing_else)
{
    unsigned closed = 0;

    for (unsigned round = 0; round < 1500; round++) {
        memset(edge, 0, 2 * sizeof(struct ring_end));
        links_close();
        links_open();
        parent.closes = child.closes = 0;
        use_both();
        scribble_somewhere();
        use_both();
        ck_assert_uint_le(parent.closes, 1);
        ck_assert_uint_le(child.closes, 1);
        ck_assert(parent.closes == parent.link->closed && child.closes == child.link->closed);
        ck_assert(!parent.closes || parent.fault != FRAME_OK);
        ck_assert(!child.closes || child.fault != FRAME_OK);
        closed += parent.closes + child.closes;
    }
    ck_assert_uint_gt(closed, 300); // it is seen
}
END_TEST

/* Another process scribbles while this one reads: what was checked may change behind the check. */
START_TEST(scribbling_at_the_same_time_does_no_harm)
{
    pid_t pid = fork();
    unsigned closed = 0;

    if (pid == 0) {
        for (;;)
            scribble_somewhere();
    }
    for (unsigned round = 0; round < 20000; round++) {
        child.closes = 0;
        link_destroy(child.link);
        child.link = ring_link_create(edge, RING_CHILD, parent.bell, &side_owner, &child);
        end_of(RING_PARENT)->base = 0;
        numbered_frame((uint8_t *)edge + 2 * sizeof(struct ring_end), QUEUE_DATA, 0, 1000);
        end_of(RING_PARENT)->tail = 4096;
        link_read(child.link);
        closed += child.closes;
    }
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_uint_gt(closed, 0);
}
END_TEST

static TCase *ordinary_tests(void)
{
    TCase *tcase = tcase_create("ordinary");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_frame_is_seen_after_flush_and_not_before);
    tcase_add_loop_test(tcase, what_goes_in_comes_out_in_order, 0, 20);
    tcase_add_test(tcase, every_size_passes_at_every_offset);
    tcase_add_test(tcase, control_does_not_wait_for_queued_data);
    tcase_add_test(tcase, the_bell_is_rung_only_for_one_who_sleeps);
    tcase_add_test(tcase, what_was_shown_is_read_when_its_sender_has_ended);
    tcase_add_test(tcase, what_was_shown_goes_out_with_the_next_flush);
    tcase_add_test(tcase, who_waits_for_room_is_rung_when_it_comes);
    tcase_add_test(tcase, room_by_flush_is_told_before_sleep);
    tcase_add_test(tcase, who_wants_no_room_may_sleep_at_once);
    tcase_add_test(tcase, with_room_a_frame_of_that_size_is_not_queued);
    tcase_add_test(tcase, who_waits_for_room_has_a_turn_while_others_frames_go_by);
    tcase_add_test(tcase, a_turn_fills_the_ring);
    tcase_add_test(tcase, one_read_has_a_budget);
    tcase_add_test(tcase, a_link_may_be_destroyed_by_the_frame_it_delivers);
    tcase_add_test(tcase, answers_go_out_while_frames_come_in);
    tcase_add_test(tcase, an_edge_without_load_touches_one_page);
    tcase_add_test(tcase, frames_that_fit_ask_for_no_memory);
    tcase_add_test(tcase, a_million_frames_between_two_processes);
    tcase_add_test(tcase, ping_pong_never_misses_a_bell);
    return tcase;
}

static TCase *hostile_tests(void)
{
    TCase *tcase = tcase_create("hostile");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_frame_that_was_not_finished_is_never_seen);
    tcase_add_test(tcase, bytes_beyond_the_tail_mean_nothing);
    tcase_add_loop_test(tcase, impossible_indices_close_the_edge, 0, 7);
    tcase_add_loop_test(tcase, an_impossible_head_closes_the_edge, 0, 3);
    tcase_add_loop_test(tcase, a_bad_frame_closes_the_edge_with_its_fault, 0, 6);
    tcase_add_loop_test(tcase, a_skip_to_nowhere_closes_the_edge, 0, 3);
    tcase_add_test(tcase, scribbling_ends_the_edge_and_nothing_else);
    tcase_add_test(tcase, scribbling_at_the_same_time_does_no_harm);
    return tcase;
}

int main(void)
{
    TCase *const cases[] = {ordinary_tests(), hostile_tests()};

    return suite_run_cases("ring_link", cases, 2);
}
