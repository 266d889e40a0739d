/* The brain of a node, and trees of them: coming up, counting, dying, leaving, routing, refusing.
 */

#include <signal.h>

#include "base/exit_code.h"
#include "node_world.h"
#include "suite.h"
#include "topology_fixture.h"

static struct world world;
static struct message_reader *reader;

static void open_world(const char *spec)
{
    world_open(&world, spec);
    reader = message_reader_create();
}

static void close_world(void)
{
    message_reader_destroy(reader);
    world_close(&world);
}

static uint32_t rank_of(const char *path)
{
    return rank_in(&world.topology, path);
}

/* How many messages of this type have reached the launcher; the last one is in `last`. */
static unsigned came_up(enum message_type type, struct message *last)
{
    struct message message;
    unsigned count = 0;
    size_t at = 0;

    while (world_next(&world.up, &at, reader, &message))
        if (message.type == type) {
            *last = message;
            count++;
        }
    return count;
}

START_TEST(ready_comes_up_once_and_counts_every_level)
{
    struct message ready;

    open_world("2x3x4");
    world_start(&world);
    ck_assert_uint_eq(came_up(MSG_READY, &ready), 1);
    ck_assert_uint_eq(ready.ready.counts.count, 4);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(ready.ready.counts.items[i].count,
                          world.topology.count[ready.ready.counts.items[i].level]);
    for (uint32_t rank = 0; rank < world.topology.node_count; rank++)
        ck_assert_int_eq(node_life(world.nodes[rank]), NODE_READY);
    close_world();
}
END_TEST

START_TEST(one_child_that_is_not_up_keeps_the_tree_from_ready)
{
    struct message message;
    uint32_t late;

    open_world("2x2");
    late = rank_of("L5_1/L4_0");
    for (uint32_t rank = 0; rank < world.topology.node_count; rank++)
        if (rank != late)
            world_tell(&world, rank, (struct event){.type = EVENT_START});
    world_settle(&world);
    ck_assert_uint_eq(came_up(MSG_READY, &message), 0);
    world_tell(&world, late, (struct event){.type = EVENT_START});
    world_settle(&world);
    ck_assert_uint_eq(came_up(MSG_READY, &message), 1);
    close_world();
}
END_TEST

START_TEST(the_first_failure_of_a_start_goes_up_and_only_it)
{
    struct message failed;
    char cause[LIMIT_CAUSE];

    open_world("2x2");
    world_tell(&world, 0, (struct event){.type = EVENT_START});
    world_tell(&world, rank_of("L5_1"), (struct event){.type = EVENT_START});
    world_tell(&world, rank_of("L5_1/L4_1"),
               (struct event){.type = EVENT_START_FAILED, .text = "no space left"});
    world_settle(&world);
    world_end(&world, rank_of("L5_1/L4_0"), SIGKILL);
    world_settle(&world);
    ck_assert_uint_eq(came_up(MSG_FAILED, &failed), 1);
    ck_assert_uint_eq(failed.failed.rank, rank_of("L5_1/L4_1"));
    ck_assert_str_eq(wire_str_copy(failed.failed.cause, cause, sizeof cause), "no space left");
    close_world();
}
END_TEST

START_TEST(a_child_that_ends_before_it_is_ready_fails_the_start)
{
    struct message failed;

    open_world("2x2");
    for (uint32_t rank = 0; rank < 3; rank++)
        world_tell(&world, rank, (struct event){.type = EVENT_START});
    world_end(&world, 4, 9 << 8);
    world_settle(&world);
    ck_assert_uint_eq(came_up(MSG_FAILED, &failed), 1);
    ck_assert_uint_eq(failed.failed.rank, 4);
    close_world();
}
END_TEST

/* Its parent waits for another and would else be ready with half of its subtree. */
START_TEST(a_ready_child_that_ends_while_another_starts_fails_the_start)
{
    struct message message;
    uint32_t late, dead;

    open_world("2x2");
    late = rank_of("L5_1/L4_1");
    dead = rank_of("L5_1/L4_0");
    for (uint32_t rank = 0; rank < world.topology.node_count; rank++)
        if (rank != late)
            world_tell(&world, rank, (struct event){.type = EVENT_START});
    world_settle(&world);
    world_end(&world, dead, SIGKILL);
    world_settle(&world);
    ck_assert_uint_eq(came_up(MSG_FAILED, &message), 1);
    ck_assert_uint_eq(message.failed.rank, dead);
    world_tell(&world, late, (struct event){.type = EVENT_START});
    world_settle(&world);
    ck_assert_uint_eq(came_up(MSG_READY, &message), 0);
    close_world();
}
END_TEST

START_TEST(a_gather_counts_every_node_once)
{
    struct message message = {.type = MSG_GATHER, .gather = {.round = 7}};

    open_world("3x2x2x2");
    world_start(&world);
    world_ask(&world, 0, &message);
    ck_assert_uint_eq(came_up(MSG_GATHERED, &message), 1);
    ck_assert_uint_eq(message.gathered.round, 7);
    ck_assert_uint_eq(message.gathered.missing, 0);
    ck_assert_uint_eq(message.gathered.counts.count, 5);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(message.gathered.counts.items[i].count,
                          world.topology.count[message.gathered.counts.items[i].level]);
    ck_assert_uint_eq(world.files, 0);
    close_world();
}
END_TEST

START_TEST(a_gather_that_identifies_writes_two_files_a_host_and_tells_the_first_error)
{
    struct message message = {.type = MSG_GATHER, .gather = {.round = 1, .purpose = 1}};
    char error[LIMIT_CAUSE];

    open_world("2x2x2x2");
    world_start(&world);
    world_ask(&world, 0, &message);
    ck_assert_uint_eq(world.files, 2 * world.topology.count[LEVEL_HOST]);
    ck_assert_uint_eq(came_up(MSG_GATHERED, &message), 1);
    ck_assert_uint_eq(message.gathered.error.size, 0);
    world.file_error = "no space left";
    message = (struct message){.type = MSG_GATHER, .gather = {.round = 2, .purpose = 2}};
    world_ask(&world, 0, &message);
    ck_assert_uint_eq(came_up(MSG_GATHERED, &message), 2);
    ck_assert_str_eq(wire_str_copy(message.gathered.error, error, sizeof error), "no space left");
    close_world();
}
END_TEST

/* The one that dies has been asked and never answers: the round ends all the same. */
START_TEST(a_death_in_a_gather_is_counted_as_missing)
{
    struct message message = {.type = MSG_GATHER, .gather = {.round = 1}};
    uint32_t dead;

    open_world("2x2x2");
    world_start(&world);
    dead = rank_of("L5_1");
    node_destroy(world.nodes[dead]);
    world.nodes[dead] = NULL;
    world_ask(&world, 0, &message);
    ck_assert_uint_eq(came_up(MSG_GATHERED, &message), 0);
    world_end(&world, dead, SIGKILL);
    world_settle(&world);
    ck_assert_uint_eq(came_up(MSG_GATHERED, &message), 1);
    ck_assert_uint_eq(message.gathered.missing, 1 + 2 + 4);
    close_world();
}
END_TEST

START_TEST(everybody_hears_of_a_death_and_nobody_twice)
{
    struct message members;
    uint32_t dead;

    open_world("2x2x3");
    world_start(&world);
    dead = rank_of("L5_0/L4_1/L3_2");
    world_end(&world, dead, SIGKILL);
    world_settle(&world);
    ck_assert_uint_eq(came_up(MSG_MEMBERS, &members), 1);
    ck_assert_uint_eq(members.members.changes.items[0].rank, dead);
    ck_assert_uint_eq(members.members.changes.items[0].status, MEMBER_DEAD);
    for (uint32_t rank = 0; rank < world.topology.node_count; rank++)
        if (world.nodes[rank])
            ck_assert_int_eq(membership_status(node_membership(world.nodes[rank]), dead),
                             MEMBER_DEAD);
    ck_assert_uint_eq(world.logs[LOG_ERROR], 1);
    close_world();
}
END_TEST

START_TEST(a_node_that_leaves_in_order_is_left_and_not_dead)
{
    struct message members;
    uint32_t leaver;

    open_world("2x2x2");
    world_start(&world);
    leaver = rank_of("L5_1/L4_0");
    world_tell(&world, leaver, (struct event){.type = EVENT_TERMINATE});
    world_settle(&world);
    for (const char *const *path = (const char *const[]){"L5_1/L4_0/L3_0", "L5_1/L4_0/L3_1", NULL};
         *path; path++) {
        ck_assert_int_eq(world.exits[rank_of(*path)], 0);
        world_end(&world, rank_of(*path), 0);
    }
    ck_assert_int_eq(world.exits[leaver], 0);
    world_end(&world, leaver, 0);
    world_settle(&world);
    ck_assert_uint_eq(came_up(MSG_MEMBERS, &members), 1);
    ck_assert_uint_eq(members.members.changes.items[0].status, MEMBER_LEFT);
    ck_assert_uint_eq(node_counters(world.nodes[rank_of("L5_1")])->children_dead, 0);
    ck_assert_uint_eq(world.logs[LOG_ERROR], 0);
    close_world();
}
END_TEST

START_TEST(the_stop_goes_from_the_leaves_to_the_top)
{
    struct message message = {.type = MSG_SHUTDOWN,
                              .shutdown = {.graceful = 1, .deadline_ms = 800}};

    open_world("2x2");
    world_start(&world);
    world_ask(&world, 0, &message);
    for (uint32_t rank = world.topology.node_count; rank-- > 0;) {
        ck_assert_int_eq(world.exits[rank], 0);
        world_end(&world, rank, 0);
        if (rank > 0)
            ck_assert_int_eq(world.exits[0], rank > 1 ? -1 : 0);
    }
    close_world();
}
END_TEST

START_TEST(who_does_not_leave_gets_sigterm_then_sigkill)
{
    struct message message = {.type = MSG_SHUTDOWN,
                              .shutdown = {.graceful = 1, .deadline_ms = 800}};

    open_world("2");
    world_start(&world);
    node_destroy(world.nodes[2]); // it hangs
    world.nodes[2] = NULL;
    world_ask(&world, 0, &message);
    world_end(&world, 1, 0);
    ck_assert_int_eq(world.exits[0], -1);
    for (unsigned kills = 1; kills <= 2; kills++) {
        world.now_ns = node_deadline(world.nodes[0]);
        world_tell(&world, 0, (struct event){.type = EVENT_TIMEOUT, .beats_ns = (uint64_t[2]){0}});
        ck_assert_uint_eq(world.kills, kills);
    }
    world_end(&world, 2, SIGKILL);
    ck_assert_int_eq(world.exits[0], 0);
    close_world();
}
END_TEST

static void look(uint32_t rank, uint64_t beat_ns)
{
    uint64_t beats_ns[2] = {beat_ns, world.now_ns};

    world_tell(&world, rank, (struct event){.type = EVENT_TIMEOUT, .beats_ns = beats_ns});
    world_settle(&world);
}

START_TEST(silence_makes_slow_and_a_beat_makes_well_again)
{
    struct message members;
    uint64_t beat_ns;

    open_world("2");
    world_start(&world);
    beat_ns = world.now_ns;
    for (int i = 0; i < 8 && came_up(MSG_MEMBERS, &members) == 0; i++) {
        world.now_ns = node_deadline(world.nodes[0]);
        look(0, beat_ns);
    }
    ck_assert_uint_eq(came_up(MSG_MEMBERS, &members), 1);
    ck_assert_uint_eq(members.members.changes.items[0].status, MEMBER_SLOW);
    ck_assert_uint_eq(node_counters(world.nodes[0])->children_slow, 1);
    ck_assert_uint_le(world.now_ns - beat_ns, UINT64_C(2100000000)); // 1.5 intervals and 0.5 s
    world.now_ns = node_deadline(world.nodes[0]);
    look(0, world.now_ns);
    ck_assert_uint_eq(came_up(MSG_MEMBERS, &members), 2);
    ck_assert_uint_eq(members.members.changes.items[0].status, MEMBER_LIVE);
    ck_assert_uint_eq(node_counters(world.nodes[0])->children_slow, 0);
    close_world();
}
END_TEST

/* When the whole machine stood still, everybody looks silent. */
START_TEST(a_watcher_that_is_late_itself_judges_nobody)
{
    struct message members;

    open_world("2");
    world_start(&world);
    world.now_ns = node_deadline(world.nodes[0]) + UINT64_C(60000000000);
    look(0, 1);
    ck_assert_uint_eq(came_up(MSG_MEMBERS, &members), 0);
    ck_assert_uint_gt(node_deadline(world.nodes[0]), world.now_ns);
    close_world();
}
END_TEST

START_TEST(a_frame_for_a_leaf_is_passed_on_and_answered_to_the_asker)
{
    struct message message = {
        .type = MSG_HEARTBEAT, .correlation = 99, .heartbeat = {.sequence = 5}};
    uint32_t leaf;

    open_world("2x2x2x2");
    world_start(&world);
    leaf = rank_of("L5_1/L4_0/L3_1/L2_1");
    world_ask(&world, leaf, &message);
    ck_assert_uint_eq(came_up(MSG_HEARTBEAT, &message), 1);
    ck_assert_uint_eq(message.correlation, 99);
    ck_assert_uint_eq(message.heartbeat.sequence, 5);
    ck_assert_uint_eq(message.heartbeat.answer, 1);
    ck_assert_uint_eq(topology_rank(&world.topology, &message.sender), leaf);
    ck_assert_uint_eq(node_counters(world.nodes[0])->forwarded, 2);
    close_world();
}
END_TEST

START_TEST(a_frame_for_a_dead_or_unknown_node_is_counted_and_dropped)
{
    struct message message = {.type = MSG_HEARTBEAT};
    struct buffer frame = {0};

    open_world("2x2");
    world_start(&world);
    world_end(&world, 2, SIGKILL);
    world_settle(&world);
    world_ask(&world, rank_of("L5_1/L4_1"), &message);
    ck_assert_uint_eq(node_counters(world.nodes[0])->refused, 1);
    message.target.index[LEVEL_CLOS1] = 77;
    message_pack(&frame, &message);
    world_queue(&world, 0, PEER_PARENT, frame.data, frame.size);
    world_settle(&world);
    ck_assert_uint_eq(node_counters(world.nodes[0])->refused, 2);
    buffer_free(&frame);
    close_world();
}
END_TEST

/* A child may speak of its own subtree only: it cannot declare its sibling dead. */
START_TEST(a_child_cannot_bury_its_sibling)
{
    struct wire_member lie = {.rank = 2, .status = MEMBER_DEAD, .generation = 9};
    struct message message = {.type = MSG_MEMBERS};
    struct buffer frame = {0};

    open_world("2");
    world_start(&world);
    message.sender = topology_coord(&world.topology, 1);
    message.target = topology_coord(&world.topology, 0);
    message.members.changes.items = &lie;
    message.members.changes.count = 1;
    message_pack(&frame, &message);
    world_queue(&world, 0, PEER_FIRST_CHILD, frame.data, frame.size);
    world_settle(&world);
    ck_assert_int_eq(membership_status(node_membership(world.nodes[0]), 2), MEMBER_LIVE);
    ck_assert_uint_eq(node_counters(world.nodes[0])->refused, 1);
    buffer_free(&frame);
    close_world();
}
END_TEST

START_TEST(a_child_that_breaks_its_edge_is_ended)
{
    open_world("2");
    world_start(&world);
    world_tell(&world, 0,
               (struct event){
                   .type = EVENT_LINK_CLOSED, .peer = PEER_FIRST_CHILD, .fault = FRAME_BAD_RING});
    ck_assert_uint_eq(world.kills, 1);
    world_end(&world, 1, SIGKILL);
    ck_assert_ptr_nonnull(strstr(world.last_error, "broke the rules of its edge"));
    close_world();
}
END_TEST

static void expect_dead(uint32_t rank)
{
    struct message members;

    world_settle(&world);
    ck_assert_uint_eq(came_up(MSG_MEMBERS, &members), 1);
    ck_assert_uint_eq(members.members.changes.items[0].rank, rank);
    ck_assert_uint_eq(members.members.changes.items[0].status, MEMBER_DEAD);
}

/* It may have noticed by itself, and left, before the signal comes. */
START_TEST(a_child_that_broke_its_edge_has_not_left_in_order)
{
    open_world("2");
    world_start(&world);
    world_tell(&world, 0,
               (struct event){
                   .type = EVENT_LINK_CLOSED, .peer = PEER_FIRST_CHILD, .fault = FRAME_BAD_RING});
    world_end(&world, 1, 0);
    expect_dead(1);
    close_world();
}
END_TEST

START_TEST(a_node_whose_edge_to_its_parent_is_broken_says_so_by_its_end)
{
    open_world("2");
    world_start(&world);
    world_tell(&world, 1,
               (struct event){
                   .type = EVENT_LINK_CLOSED, .peer = PEER_PARENT, .fault = FRAME_BAD_RING});
    ck_assert_int_eq(world.exits[1], EXIT_INTERNAL);
    world_end(&world, 1, EXIT_INTERNAL << 8);
    expect_dead(1);
    close_world();
}
END_TEST

START_TEST(a_parent_that_sends_nonsense_is_obeyed_no_more)
{
    struct message message = {.type = MSG_SHUTDOWN};
    struct buffer frame = {0};

    open_world("2");
    world_start(&world);
    message.sender = topology_coord(&world.topology, 0);
    message.target = topology_coord(&world.topology, 1);
    message_pack(&frame, &message);
    frame.data[FRAME_HEADER_SIZE] = 0xc1; // which msgpack never uses
    world_tell(&world, 1,
               (struct event){.type = EVENT_FRAME, .frame = frame.data, .size = frame.size});
    ck_assert_int_eq(world.exits[1], EXIT_INTERNAL);
    buffer_free(&frame);
    close_world();
}
END_TEST

static void visit(uint32_t peer, struct message *message)
{
    struct buffer frame = {0};

    message->sender = coord_launcher();
    message->target = topology_coord(&world.topology, 0);
    message_pack(&frame, message);
    world_tell(&world, 0, (struct event){.type = EVENT_LINK_OPENED, .peer = peer});
    world_tell(
        &world, 0,
        (struct event){.type = EVENT_FRAME, .peer = peer, .frame = frame.data, .size = frame.size});
    buffer_free(&frame);
}

START_TEST(a_visitor_of_our_system_is_answered)
{
    struct message message = {.type = MSG_HEARTBEAT};
    size_t at = 0;

    open_world("2");
    world_start(&world);
    message.heartbeat.logical_system = wire_str_of("linqu");
    visit(3, &message);
    ck_assert(world_next(&world.visitor, &at, reader, &message));
    ck_assert_int_eq(message.type, MSG_HEARTBEAT);
    ck_assert_uint_eq(message.heartbeat.answer, 1);
    ck_assert_uint_eq(node_counters(world.nodes[0])->connections, 1);
    ck_assert_uint_eq(world.closes, 0);
    close_world();
}
END_TEST

START_TEST(a_visitor_of_another_system_or_without_a_greeting_is_turned_away)
{
    struct message message = {.type = MSG_HEARTBEAT};
    const struct node_counters *counters;

    open_world("2");
    world_start(&world);
    counters = node_counters(world.nodes[0]);
    message.heartbeat.logical_system = wire_str_of("other");
    visit(3, &message);
    ck_assert_uint_eq(counters->refused_for[FRAME_BAD_SYSTEM], 1);
    message = (struct message){.type = MSG_SHUTDOWN};
    visit(4, &message);
    ck_assert_uint_eq(counters->refused_for[FRAME_UNEXPECTED], 1);
    ck_assert_uint_eq(world.closes, 2);
    ck_assert_uint_eq(counters->connections, 0);
    ck_assert_int_eq(node_life(world.nodes[0]), NODE_READY);
    close_world();
}
END_TEST

START_TEST(an_orphan_leaves_at_once)
{
    open_world("2");
    world_start(&world);
    world_tell(&world, 1, (struct event){.type = EVENT_PARENT_GONE});
    ck_assert_int_gt(world.exits[1], 0);
    close_world();
}
END_TEST

SUITE_MAIN("node", ready_comes_up_once_and_counts_every_level,
           one_child_that_is_not_up_keeps_the_tree_from_ready,
           the_first_failure_of_a_start_goes_up_and_only_it,
           a_child_that_ends_before_it_is_ready_fails_the_start,
           a_ready_child_that_ends_while_another_starts_fails_the_start,
           a_gather_counts_every_node_once,
           a_gather_that_identifies_writes_two_files_a_host_and_tells_the_first_error,
           a_death_in_a_gather_is_counted_as_missing, everybody_hears_of_a_death_and_nobody_twice,
           a_node_that_leaves_in_order_is_left_and_not_dead,
           the_stop_goes_from_the_leaves_to_the_top, who_does_not_leave_gets_sigterm_then_sigkill,
           silence_makes_slow_and_a_beat_makes_well_again,
           a_watcher_that_is_late_itself_judges_nobody,
           a_frame_for_a_leaf_is_passed_on_and_answered_to_the_asker,
           a_frame_for_a_dead_or_unknown_node_is_counted_and_dropped,
           a_child_cannot_bury_its_sibling, a_child_that_breaks_its_edge_is_ended,
           a_child_that_broke_its_edge_has_not_left_in_order,
           a_node_whose_edge_to_its_parent_is_broken_says_so_by_its_end,
           a_parent_that_sends_nonsense_is_obeyed_no_more,
           a_visitor_of_our_system_is_answered,
           a_visitor_of_another_system_or_without_a_greeting_is_turned_away,
           an_orphan_leaves_at_once)
