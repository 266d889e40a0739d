/* How a node ends a child whose kernel computes for too long: it sees what each child wrote down,
 * and looks as long as there is something to see. */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "node/node.h"
#include "suite.h"
#include "topology_fixture.h"
#include "wire/message.h"

enum { LIMIT_MS = 800, LOOK_MS = 100 }; // a look comes after an eighth of the limit

static struct topology topology;
static struct node *node;
static uint64_t now_ns;
static unsigned kills;
static uint32_t killed;
static char last_log[512];

static void apply(struct effects effects)
{
    for (size_t i = 0; i < effects.count; i++) {
        const struct effect *effect = &effects.list[i];

        if (effect->type == EFFECT_KILL) {
            ck_assert_int_eq(effect->signal, SIGKILL);
            kills++;
            killed = effect->peer;
        }
        if (effect->type == EFFECT_LOG)
            snprintf(last_log, sizeof last_log, "%s", effect->text);
    }
}

static void tell(struct event event)
{
    event.now_ns = now_ns;
    apply(node_step(node, &event));
}

static void hear(uint32_t peer, uint32_t sender, uint32_t target, struct message *message)
{
    struct buffer frame = {0};

    message->sender = sender == RANK_NONE ? coord_launcher() : topology_coord(&topology, sender);
    message->target = topology_coord(&topology, target);
    message_pack(&frame, message);
    tell(
        (struct event){.type = EVENT_FRAME, .peer = peer, .frame = frame.data, .size = frame.size});
    buffer_free(&frame);
}

static void open_node(uint64_t limit_ms)
{
    topology = topology_of("2");
    node = node_create(&(struct node_config){.topology = &topology,
                                             .logical_system = "linqu",
                                             .physical_system = "here",
                                             .run_path = "/run",
                                             .beat_interval_ms = 10000,
                                             .stop_ms = 1000,
                                             .task_timeout_ms = limit_ms});
    now_ns = 1000;
    tell((struct event){.type = EVENT_START});
    for (uint32_t child = 1; child <= 2; child++) {
        struct wire_level_count counts[] = {{LEVEL_CLOS1, 1}};
        struct message message = {.type = MSG_READY};

        message.ready.counts.items = counts;
        message.ready.counts.count = 1;
        hear(child, child, 0, &message);
    }
}

/* A task passes on its way to that child. */
static void task_for(uint32_t child)
{
    struct message message = {.type = MSG_CALL_TASK};

    message.call_task.task = (struct task_key){.exec = 1, .creator = coord_launcher()};
    message.call_task.kernel = wire_str_of("k");
    hear(PEER_PARENT, RANK_NONE, child, &message);
}

/* Go to the next deadline and show the node this. */
static void look(const struct child_work work[2])
{
    const uint64_t beats_ns[2] = {node_deadline(node), node_deadline(node)};

    now_ns = node_deadline(node);
    tell((struct event){.type = EVENT_TIMEOUT, .beats_ns = beats_ns, .work = work});
}

static bool looks_soon(void)
{
    return node_deadline(node) <= now_ns + LOOK_MS * UINT64_C(1000000);
}

START_TEST(who_computes_longer_than_the_limit_is_killed_once_and_in_time)
{
    struct child_work work[2] = {{0}, {.open = true, .limit_ms = LIMIT_MS, .kernel = "spin"}};

    open_node(LIMIT_MS);
    task_for(2);
    work[1].started_ns = now_ns;
    for (int i = 0; i < 20 && kills == 0; i++)
        look(work);
    ck_assert_uint_eq(kills, 1);
    ck_assert_uint_eq(killed, 2);
    ck_assert_uint_ge(now_ns - work[1].started_ns, LIMIT_MS * UINT64_C(1000000));
    ck_assert_uint_le(now_ns - work[1].started_ns, (LIMIT_MS + LOOK_MS) * UINT64_C(1000000));
    ck_assert_ptr_nonnull(strstr(last_log, "spin computed longer than --task-timeout 0.8 s"));
    for (int i = 0; i < 20; i++)
        look(work);
    ck_assert_uint_eq(kills, 1);
    tell((struct event){.type = EVENT_CHILD_GONE,
                        .peer = 2,
                        .wait_status = SIGKILL,
                        .unasked = true,
                        .work = &work[1]});
    ck_assert_ptr_nonnull(strstr(last_log, "ended by its parent: its kernel spin computed longer"));
    node_destroy(node);
}
END_TEST

/* A task after the other, each within the limit; and a long wait, in which nothing computes. */
START_TEST(what_is_not_computing_does_not_count)
{
    struct child_work work[2] = {{.open = true, .limit_ms = LIMIT_MS}, {0}};

    open_node(LIMIT_MS);
    task_for(1);
    for (int i = 0; i < 100; i++) {
        if (i % 5 == 0)
            work[0].started_ns = i % 2 ? now_ns : 0;
        look(work);
        ck_assert(looks_soon());
    }
    ck_assert_uint_eq(kills, 0);
    node_destroy(node);
}
END_TEST

START_TEST(looks_end_when_nobody_has_a_task_and_begin_with_the_next)
{
    struct child_work idle[2] = {{0}}, busy[2] = {{0}, {.open = true}};

    open_node(LIMIT_MS);
    ck_assert(!looks_soon());
    task_for(1);
    ck_assert(looks_soon());
    for (int i = 0; i < 20; i++)
        look(idle);
    ck_assert(!looks_soon());
    look(idle);
    ck_assert(!looks_soon());
    look(busy); // a beat shows what came by another way
    ck_assert(looks_soon());
    node_destroy(node);
}
END_TEST

START_TEST(without_a_limit_nobody_looks)
{
    struct child_work work[2] = {{.open = true, .started_ns = 1, .kernel = "spin"}, {0}};

    open_node(0);
    task_for(1);
    for (int i = 0; i < 20; i++) {
        look(work);
        ck_assert(!looks_soon());
    }
    ck_assert_uint_eq(kills, 0);
    node_destroy(node);
}
END_TEST

/* It cannot beat while it computes, which is not to be slow. */
START_TEST(who_computes_is_not_called_slow)
{
    struct child_work work[2] = {{.open = true, .started_ns = 1}, {0}};

    open_node(0);
    for (int i = 0; i < 20; i++) {
        const uint64_t silent[2] = {1, node_deadline(node)};

        now_ns = node_deadline(node);
        tell((struct event){.type = EVENT_TIMEOUT, .beats_ns = silent, .work = work});
        ck_assert_uint_eq(node_counters(node)->children_slow, 0);
    }
    work[0].started_ns = 0;
    for (int i = 0; i < 3; i++) {
        const uint64_t silent[2] = {1, node_deadline(node)};

        now_ns = node_deadline(node);
        tell((struct event){.type = EVENT_TIMEOUT, .beats_ns = silent, .work = work});
    }
    ck_assert_uint_eq(node_counters(node)->children_slow, 1);
    node_destroy(node);
}
END_TEST

START_TEST(an_end_within_a_kernel_says_so_and_exit_0_is_no_leave)
{
    struct child_work work = {.open = true, .started_ns = 1, .kernel = "quit"};

    open_node(0);
    tell((struct event){
        .type = EVENT_CHILD_GONE, .peer = 1, .wait_status = 0, .unasked = true, .work = &work});
    ck_assert_str_eq(last_log, "child L6_0/L5_0 died: exited with status 0 in its kernel quit");
    ck_assert_uint_eq(node_counters(node)->children_dead, 1);
    tell((struct event){.type = EVENT_CHILD_GONE,
                        .peer = 2,
                        .wait_status = SIGSEGV,
                        .unasked = true,
                        .work = &work});
    ck_assert_str_eq(last_log, "child L6_0/L5_1 died: killed by signal 11 (Segmentation fault) in "
                               "its kernel quit; see stderr.log of "
                               "the run");
    node_destroy(node);
}
END_TEST

SUITE_MAIN("watch_work", who_computes_longer_than_the_limit_is_killed_once_and_in_time,
           what_is_not_computing_does_not_count,
           looks_end_when_nobody_has_a_task_and_begin_with_the_next, without_a_limit_nobody_looks,
           who_computes_is_not_called_slow, an_end_within_a_kernel_says_so_and_exit_0_is_no_leave)
