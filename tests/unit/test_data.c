/* The bytes of tensor versions: how they travel between nodes, what is kept, what is refused. */

#include "data_world.h"

enum { RING = 2 * 1024 * 1024 };

/* --- where they come from --------------------------------------------------------------------- */

/* Each byte goes once over each of `hops` links, edges or `connections`. */
static void one_read(const char *spec, const char *reader, const char *holder, uint64_t size,
                     uint32_t hops, uint32_t connections)
{
    struct reader who;

    world_open(spec, RING);
    hold_version(rank_of(holder), 5, 3, 64, size, HELD_HERE);
    want(&who, rank_of(reader), rank_of(holder), 5, 3, size);
    ck_assert(!who.began_whole);
    settle();
    ck_assert_uint_eq(who.told, 1);
    ck_assert_msg(got(&who), "%s", who.want.error);
    ck_assert(who.want.remote);
    ck_assert_uint_gt(who.want.took_ns, 0);
    ck_assert_uint_eq(world.data_sent, size * hops);
    ck_assert_uint_eq(world.connections_open, connections);
    give_up(&who, rank_of(reader));
    ck_assert_uint_eq(copies_of(rank_of(reader)).bytes, size);
    world_close();
}

START_TEST(neighbours_read_over_their_edge)
{
    one_read("2x2x2", "L5_0", "L5_0/L4_1", 1000000, 1, 0);
    one_read("2x2x2", "L5_0/L4_1", "L5_0", 61441, 1, 0);
}
END_TEST

START_TEST(siblings_cousins_and_those_further_up_read_over_the_holders_named_socket)
{
    one_read("2x2x2", "L5_0/L4_0/L3_0", "L5_0/L4_0/L3_1", 1000000, 1, 1);
    one_read("2x2x2", "L5_0/L4_0/L3_0", "L5_1/L4_1/L3_1", 1, 1, 1);
    one_read("2x2x2", "L6_0", "L5_1/L4_1/L3_1", 700000, 1, 1);
}
END_TEST

START_TEST(chips_read_over_edges_and_are_read_over_edges)
{
    one_read("1x1x2x2", "L5_0/L4_0/L3_0/L2_0", "L5_0/L4_0/L3_0/L2_1", 300000, 2, 0);
    one_read("1x1x2x2", "L5_0/L4_0/L3_0/L2_0", "L5_0/L4_0/L3_1", 300000, 3, 0);
    one_read("1x1x2x2", "L5_0/L4_0/L3_0", "L5_0/L4_0/L3_1/L2_1", 300000, 3, 0);
}
END_TEST

START_TEST(what_lies_here_is_had_at_once)
{
    struct reader who;

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, 100, HELD_HERE);
    want(&who, 3, 3, 5, 0, 100);
    ck_assert(who.began_whole && got(&who));
    ck_assert(!who.want.remote);
    ck_assert_ptr_eq(who.want.bytes, data_at(world.nodes[3], LEVEL_CLOS2, 1, 0));
    give_up(&who, 3);
    want(&who, 3, 4, 6, 0, 0);
    ck_assert(who.began_whole && !who.want.error && who.want.bytes);
    ck_assert_uint_eq(world.lookups, 0);
    world_close();
}
END_TEST

START_TEST(many_who_want_one_version_cause_one_fetch_and_a_copy_serves_the_next)
{
    struct reader first, second, third;

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, 50000, HELD_HERE);
    want(&first, 5, 3, 5, 0, 50000);
    want(&second, 5, 3, 5, 0, 50000);
    settle();
    ck_assert(got(&first) && got(&second));
    ck_assert_uint_eq(first.told + second.told, 2);
    ck_assert_uint_eq(world.lookups, 1);
    want(&third, 5, 3, 5, 0, 50000);
    ck_assert(third.began_whole && got(&third) && third.want.remote);
    ck_assert_uint_eq(world.lookups, 1);
    give_up(&first, 5);
    give_up(&second, 5);
    give_up(&third, 5);
    world_close();
}
END_TEST

/* --- what is under way ------------------------------------------------------------------------ */

/* Bytes of TENSOR_DATA that are under way to that node. */
static uint64_t under_way(uint32_t rank)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < world.item_count; i++)
        if (world.items[i].to == rank)
            sum += world.items[i].event.size;
    return sum;
}

START_TEST(no_more_is_under_way_than_a_window_of_which_each_half_is_asked_for_once)
{
    enum { WINDOW = WINDOW_SOCKET, SIZE = 3 * WINDOW, FRAMES_EXTRA = 4096 };
    struct reader who;

    world_open("2x2", SIZE);
    hold_version(3, 5, 0, 0, SIZE, HELD_HERE);
    want(&who, 5, 3, 5, 0, SIZE);
    while (world.item_count) {
        deliver(0);
        claim(under_way(5) <= CHUNK_SOCKET + FRAMES_EXTRA, "%ju bytes", (uintmax_t)under_way(5));
    }
    ck_assert_uint_eq(world.lookups, 1 + (SIZE - WINDOW + WINDOW / 2 - 1) / (WINDOW / 2));
    ck_assert(got(&who));
    give_up(&who, 5);
    world_close();
}
END_TEST

START_TEST(one_question_is_answered_with_at_most_its_limit)
{
    struct message question = {.type = MSG_TENSOR_LOOKUP, .sender = {.level = LEVEL_LAUNCHER}};

    world_open("2", 2 * LOOKUP_CREDIT_MOST);
    hold_version(1, 5, 0, 0, 2 * LOOKUP_CREDIT_MOST, HELD_HERE);
    question.tensor_lookup.handle = 5;
    question.tensor_lookup.credit = UINT64_MAX;
    on_tensor_lookup(step_begin(1), PEER_PARENT, &question);
    step_end(1);
    settle();
    ck_assert_uint_eq(world.data_sent, 2 * LOOKUP_CREDIT_MOST); // its parent passes all on
    question.tensor_lookup.offset = UINT64_MAX;
    on_tensor_lookup(step_begin(1), PEER_PARENT, &question);
    step_end(1);
    settle();
    ck_assert_uint_eq(world.data_sent, 2 * LOOKUP_CREDIT_MOST);
    world_close();
}
END_TEST

/* The next TENSOR_DATA to that node; NULL when there is none. */
static const struct event *next_data(uint32_t to)
{
    for (size_t i = 0; i < world.item_count; i++) {
        const struct event *event = &world.items[i].event;

        if (world.items[i].to == to && event->type == EVENT_FRAME &&
            event->frame[5] == MSG_TENSOR_DATA)
            return event;
    }
    return NULL;
}

START_TEST(only_the_next_bytes_of_a_fetch_have_a_place)
{
    enum { SIZE = 1000000 };
    struct landing first, again;
    struct reader who;
    const struct event *event;

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, SIZE, HELD_HERE);
    want(&who, 5, 3, 5, 0, SIZE);
    while (!(event = next_data(5)) || !contact_is_open(world.nodes[5], event->peer))
        deliver(0);
    ck_assert(!node_landing(world.nodes[5], PEER_PARENT, event->frame, &first)); // another link
    ck_assert(!node_landing(world.nodes[3], event->peer, event->frame, &first)); // another node
    ck_assert(node_landing(world.nodes[5], event->peer, event->frame, &first));
    ck_assert_uint_eq(event->size - first.head_size, CHUNK_SOCKET);
    give_up(&who, 5);
    ck_assert(!node_landing(world.nodes[5], event->peer, event->frame, &again));
    want(&who, 5, 3, 5, 0, SIZE); // the place may be the same, who wants it is not
    ck_assert(node_landing(world.nodes[5], event->peer, event->frame, &again));
    ck_assert_uint_ne(first.ticket, again.ticket);
    settle();
    ck_assert(got(&who));
    ck_assert_uint_gt(world.landed, 0);
    give_up(&who, 5);
    world_close();
}
END_TEST

static unsigned roams, returns;

static void note_roam(void *arg, bool on)
{
    (void)arg;
    roams += on;
    returns += !on;
}

START_TEST(a_node_roams_while_much_is_on_its_way)
{
    enum { SIZE = FETCH_LARGE };
    struct reader who[3];

    world_open("2x2", 4 * SIZE);
    world.nodes[5]->runtime->port.roam = note_roam;
    hold_version(3, 5, 0, 0, SIZE - 1, HELD_HERE);
    hold_version(3, 6, 0, SIZE, SIZE, HELD_HERE);
    hold_version(3, 7, 0, 2 * SIZE, SIZE, HELD_HERE);
    want(&who[0], 5, 3, 5, 0, SIZE - 1);
    ck_assert_uint_eq(roams, 0);
    want(&who[1], 5, 3, 6, 0, SIZE);
    want(&who[2], 5, 3, 7, 0, SIZE);
    ck_assert_uint_eq(roams, 1);
    give_up(&who[1], 5);
    ck_assert_uint_eq(returns, 0);
    settle();
    ck_assert(got(&who[0]) && got(&who[2]));
    ck_assert_uint_eq(roams, 1);
    ck_assert_uint_eq(returns, 1);
    give_up(&who[0], 5);
    give_up(&who[2], 5);
    world_close();
}
END_TEST

/* Who reads over one link waits for room there and not for another reader. */
START_TEST(readers_take_turns_and_wait_for_room)
{
    enum { SIZE = 4 * CHUNK_SOCKET };
    struct message question = {.type = MSG_TENSOR_LOOKUP};
    uint64_t sent = 0;

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, SIZE, HELD_HERE);
    hold_version(3, 6, 0, SIZE, SIZE, HELD_HERE);
    question.sender = topology_coord(&world.topology, 5);
    question.tensor_lookup.credit = SIZE;
    for (uint32_t peer = PEER_FIRST_CONTACT; peer < PEER_FIRST_CONTACT + 2; peer++) {
        world_connect(5, peer, 3);
        step_begin(3);
        for (question.tensor_lookup.handle = 5; question.tensor_lookup.handle <= 6;
             question.tensor_lookup.handle++)
            on_tensor_lookup(world.nodes[3], connection_of(5, peer)->b_peer, &question);
        step_end(3);
        sent += CHUNK_SOCKET;
        ck_assert_uint_eq(world.data_sent, sent);
    }
    for (unsigned i = 0; i < 7; i++) {
        serve_room(step_begin(3), connection_of(5, PEER_FIRST_CONTACT)->b_peer);
        step_end(3);
        sent += CHUNK_SOCKET;
        ck_assert_uint_eq(world.data_sent, sent);
    }
    ck_assert(!serve_is_done(world.nodes[3], connection_of(5, PEER_FIRST_CONTACT)->b_peer));
    serve_room(step_begin(3), connection_of(5, PEER_FIRST_CONTACT)->b_peer);
    step_end(3);
    ck_assert(serve_is_done(world.nodes[3], connection_of(5, PEER_FIRST_CONTACT)->b_peer));
    ck_assert_uint_eq(world.data_sent, sent);
    data_released(step_begin(3), 5, 0); // the other one finds it gone
    data_released(world.nodes[3], 6, 0);
    serve_room(world.nodes[3], connection_of(5, PEER_FIRST_CONTACT + 1)->b_peer);
    step_end(3);
    ck_assert_uint_eq(world.data_sent, sent);
    ck_assert_uint_eq(node_counters(world.nodes[3])->late, 2);
    world_close();
}
END_TEST

/* --- a reader that does not read -------------------------------------------------------------- */

/* What a node that is told frames hands to its links; it hears of room only when a test says so. */
static struct {
    uint64_t frames, bytes, closes;
    uint64_t last; // handle of the last TENSOR_DATA
} handed;

static void note_handed(struct effects effects)
{
    for (size_t i = 0; i < effects.count; i++) {
        const struct effect *effect = &effects.list[i];
        const struct frame_pieces pieces = effect_frame(effect);
        static uint8_t frame[LIMIT_FRAME_SOCKET];
        struct message message;

        handed.closes += effect->type == EFFECT_CLOSE;
        if (effect->type != EFFECT_SEND || effect->data[5] != MSG_TENSOR_DATA)
            continue;
        frame_pieces_copy(frame, &pieces);
        ck_assert_int_eq(message_read(world.reader, frame, frame_pieces_size(&pieces), &message),
                         FRAME_OK);
        handed.last = message.tensor_data.handle;
        handed.frames++;
        handed.bytes += frame_pieces_size(&pieces);
    }
}

static void hand(uint32_t rank, struct event event)
{
    event.now_ns = ++world.now_ns;
    note_handed(node_step(world.nodes[rank], &event));
}

static void hand_message(uint32_t rank, uint32_t peer, struct message *message)
{
    struct buffer frame = {0};

    message->sender = topology_coord(&world.topology, 5);
    message->target = world.nodes[rank]->coord;
    message_pack(&frame, message);
    hand(rank, (struct event){
                   .type = EVENT_FRAME, .peer = peer, .frame = frame.data, .size = frame.size});
    buffer_free(&frame);
}

/* Ask node 3 for so much of the version 0 of a tensor, from its beginning. */
static void hand_lookup(uint32_t peer, uint64_t handle, uint64_t credit)
{
    struct message lookup = {.type = MSG_TENSOR_LOOKUP};

    lookup.tensor_lookup.handle = handle;
    lookup.tensor_lookup.credit = credit;
    hand_message(3, peer, &lookup);
}

/* Node 3 holds 1 MiB of tensor 5 and 100 bytes of tensor 6, and has one visitor. */
static void open_visited(void)
{
    struct message greeting = {.type = MSG_HEARTBEAT};

    world_open("2x2", RING);
    handed.frames = handed.bytes = handed.closes = 0;
    hold_version(3, 5, 0, 0, 1 << 20, HELD_HERE);
    hold_version(3, 6, 0, 1 << 20, 100, HELD_HERE);
    hand(3, (struct event){.type = EVENT_LINK_OPENED, .peer = FIRST_VISITOR});
    greeting.heartbeat.logical_system = wire_str_of("linqu");
    hand_message(3, FIRST_VISITOR, &greeting);
}

START_TEST(a_small_question_does_not_wait_for_a_large_one)
{
    open_visited();
    hand_lookup(FIRST_VISITOR, 5, 1 << 20);
    hand_lookup(FIRST_VISITOR, 6, 100);
    ck_assert_uint_eq(handed.frames, 1);
    hand(3, (struct event){.type = EVENT_ROOM, .peer = FIRST_VISITOR});
    hand(3, (struct event){.type = EVENT_ROOM, .peer = FIRST_VISITOR});
    ck_assert_uint_eq(handed.frames, 4);
    ck_assert(!serve_is_done(world.nodes[3], FIRST_VISITOR));
    world_close();
}
END_TEST

/* However much is asked for in however small pieces, also of what is not there. */
START_TEST(small_answers_wait_for_room_too)
{
    open_visited();
    for (uint64_t i = 0; i < 10000; i++)
        hand_lookup(FIRST_VISITOR, i % 2 ? 6 : 100 + i, 100);
    ck_assert_uint_gt(handed.frames, 100);
    ck_assert_uint_lt(handed.bytes, 64 * 1024);
    hand(3, (struct event){.type = EVENT_ROOM, .peer = FIRST_VISITOR});
    ck_assert_uint_lt(handed.bytes, 2 * 64 * 1024);
    world_close();
}
END_TEST

START_TEST(questions_that_nobody_reads_have_an_end)
{
    open_visited();
    for (uint64_t i = 0; i < 2 * QUESTIONS_MOST && !handed.closes; i++)
        hand_lookup(FIRST_VISITOR, 100 + i, 100);
    ck_assert_uint_eq(handed.closes, 1);
    ck_assert(serve_is_done(world.nodes[3], FIRST_VISITOR));
    world_close();
}
END_TEST

/* Who asks again from another place has given up what he asked for before. */
START_TEST(a_reader_has_one_question_of_a_version)
{
    open_visited();
    for (unsigned i = 0; i < 100; i++)
        hand_lookup(FIRST_VISITOR, 5, 1 << 20);
    for (unsigned i = 0; i < 4; i++)
        hand(3, (struct event){.type = EVENT_ROOM, .peer = FIRST_VISITOR});
    ck_assert_uint_eq(handed.frames, 5); // the first chunk twice
    hand(3, (struct event){.type = EVENT_ROOM, .peer = FIRST_VISITOR});
    ck_assert_uint_eq(handed.frames, 5);
    ck_assert(serve_is_done(world.nodes[3], FIRST_VISITOR));
    world_close();
}
END_TEST

START_TEST(who_goes_while_it_waits_leaves_nothing)
{
    open_visited();
    hand_lookup(FIRST_VISITOR, 5, 1 << 20);
    hand_lookup(PEER_PARENT, 5, 1 << 20); // it stays, until the world ends
    ck_assert(!serve_is_done(world.nodes[3], FIRST_VISITOR));
    hand(3, (struct event){.type = EVENT_LINK_CLOSED, .peer = FIRST_VISITOR});
    ck_assert(serve_is_done(world.nodes[3], FIRST_VISITOR));
    hand(3, (struct event){.type = EVENT_ROOM, .peer = FIRST_VISITOR});
    ck_assert_uint_eq(handed.frames, 2);
    ck_assert(!serve_is_done(world.nodes[3], PEER_PARENT));
    world_close();
}
END_TEST

/* Neither from somebody else than the holder nor before the greeting is answered. */
START_TEST(only_the_holder_lands_and_not_before_the_greeting)
{
    enum { SIZE = 100000 };
    struct message early = {.type = MSG_TENSOR_DATA};
    struct buffer frames[2] = {{0}, {0}};
    struct landing landing;
    struct reader who;
    uint8_t *bytes = memory_new(SIZE, 1);

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, SIZE, HELD_HERE);
    want(&who, 5, 3, 5, 0, SIZE);
    early.target = topology_coord(&world.topology, 5);
    early.tensor_data.handle = 5;
    early.tensor_data.total = SIZE;
    early.tensor_data.bytes = (wire_bin){.data = bytes, .size = SIZE / 2};
    for (unsigned i = 0; i < 2; i++) {
        early.sender = topology_coord(&world.topology, i ? 4 : 3);
        message_pack(&frames[i], &early);
    }
    while (!contact_is_open(world.nodes[5], PEER_FIRST_CONTACT)) {
        ck_assert(!node_landing(world.nodes[5], PEER_FIRST_CONTACT, frames[0].data, &landing));
        deliver(0);
    }
    ck_assert(node_landing(world.nodes[5], PEER_FIRST_CONTACT, frames[0].data, &landing));
    ck_assert(!node_landing(world.nodes[5], PEER_FIRST_CONTACT, frames[1].data, &landing));
    give_up(&who, 5);
    buffer_free(&frames[0]);
    buffer_free(&frames[1]);
    free(bytes);
    world_close();
}
END_TEST

START_TEST(who_gives_up_leaves_nothing_and_may_want_it_again)
{
    struct reader who;

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, 1000000, HELD_HERE);
    want(&who, 5, 3, 5, 0, 1000000);
    for (unsigned i = 0; i < 8; i++)
        deliver(0);
    give_up(&who, 5);
    ck_assert_uint_eq(copies_of(5).bytes, 0);
    want(&who, 5, 3, 5, 0, 1000000);
    settle();
    ck_assert_uint_eq(who.told, 1);
    ck_assert(got(&who));
    give_up(&who, 5);
    world_close();
}
END_TEST

/* --- what is refused -------------------------------------------------------------------------- */

static void refused_read(uint32_t holder, uint64_t size, const char *why)
{
    struct reader who;

    want(&who, 5, holder, 5, 0, size);
    settle();
    ck_assert_uint_eq(who.told, !who.began_whole);
    ck_assert_msg(strstr(who.want.error, why) != NULL, "%s", who.want.error);
    ck_assert_ptr_null(who.want.bytes);
    give_up(&who, 5);
    ck_assert_uint_eq(copies_of(5).bytes, 0);
}

START_TEST(what_is_not_there_is_said_and_counted)
{
    world_open("2x2", RING);
    refused_read(3, 100, "not, or no longer, there");
    refused_read(5, 100, "not, or no longer, here");
    ck_assert_uint_eq(node_counters(world.nodes[3])->late, 1);
    ck_assert_uint_eq(node_counters(world.nodes[5])->late, 1);
    refused_read(77, 100, "no such node");
    world_close();
}
END_TEST

START_TEST(what_failed_or_is_not_written_or_is_of_another_size_is_said)
{
    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, 100, HELD_FAILED);
    refused_read(3, 100, "failed");
    held_set_state(world.nodes[3]->runtime->held, 5, 0, HELD_COMING);
    refused_read(3, 100, "not written yet");
    held_set_state(world.nodes[3]->runtime->held, 5, 0, HELD_HERE);
    refused_read(3, 101, "another size");
    ck_assert_uint_eq(node_counters(world.nodes[3])->late, 1);
    world_close();
}
END_TEST

START_TEST(a_holder_that_dies_fails_its_readers_with_the_cause)
{
    struct reader who;

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, 1000000, HELD_HERE);
    want(&who, 5, 3, 5, 0, 1000000);
    for (unsigned i = 0; i < 8; i++)
        deliver(0);
    world.dead[3] = true;
    data_lost(step_begin(5), 1, "killed by signal 9");
    step_end(5);
    ck_assert_uint_eq(who.told, 1);
    ck_assert_ptr_nonnull(strstr(who.want.error, "killed by signal 9"));
    ck_assert_uint_eq(world.connections_open, 0);
    give_up(&who, 5);
    refused_read(3, 1000000, "connection refused");
    ck_assert(membership_set(world.nodes[5]->members, 1, MEMBER_DEAD, 1));
    refused_read(3, 1000000, "dead");
    world_close();
}
END_TEST

/* --- connections ------------------------------------------------------------------------------ */

START_TEST(a_lost_connection_is_made_again_and_no_byte_comes_twice)
{
    enum { SIZE = 1500000, LOST = 3 };
    struct reader who;

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, SIZE, HELD_HERE);
    want(&who, 5, 3, 5, 0, SIZE);
    for (unsigned times = 0; times < LOST; times++) {
        for (unsigned i = 0; i < 8; i++)
            deliver(0);
        world_disconnect(connection_of(5, PEER_FIRST_CONTACT + times), RANK_NONE);
    }
    settle();
    ck_assert_uint_eq(who.told, 1);
    ck_assert(got(&who));
    ck_assert_uint_eq(world.connections_open, 1);
    ck_assert_uint_le(world.data_sent, SIZE + LOST * CHUNK_SOCKET);
    give_up(&who, 5);
    world_close();
}
END_TEST

START_TEST(a_connection_that_is_lost_again_and_again_without_a_byte_is_no_way)
{
    struct reader who;
    unsigned times = 0;

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, 1000, HELD_HERE);
    want(&who, 5, 3, 5, 0, 1000);
    for (; !who.told && times < 100; times++) {
        world_disconnect(connection_of(5, PEER_FIRST_CONTACT + times), RANK_NONE);
        while (world.item_count && world.items[0].event.type == EVENT_LINK_CLOSED)
            deliver(0);
    }
    ck_assert_uint_eq(times, FETCH_TRIES + 1);
    ck_assert_ptr_nonnull(strstr(who.want.error, "again and again"));
    give_up(&who, 5);
    world_close();
}
END_TEST

START_TEST(who_does_not_answer_the_greeting_first_is_not_asked_again)
{
    struct message early = {.type = MSG_TENSOR_DATA};
    struct buffer frame = {0};
    struct reader who;

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, 8, HELD_HERE);
    want(&who, 5, 3, 5, 0, 8);
    deliver(0);
    deliver(0); // both ends are open; what node 3 answers is still to come
    early.sender = topology_coord(&world.topology, 3);
    early.target = topology_coord(&world.topology, 5);
    early.tensor_data.handle = 5;
    early.tensor_data.total = 8;
    early.tensor_data.bytes = (wire_bin){.data = (const uint8_t *)"forgery", .size = 8};
    message_pack(&frame, &early);
    world_apply(5, node_step(world.nodes[5], &(struct event){.type = EVENT_FRAME,
                                                             .now_ns = ++world.now_ns,
                                                             .peer = PEER_FIRST_CONTACT,
                                                             .frame = frame.data,
                                                             .size = frame.size}));
    ck_assert_uint_eq(who.told, 1);
    ck_assert_ptr_nonnull(strstr(who.want.error, "breaks the rules"));
    ck_assert_uint_eq(node_counters(world.nodes[5])->refused_for[FRAME_UNEXPECTED], 1);
    ck_assert_uint_eq(world.connections_open, 0);
    give_up(&who, 5);
    buffer_free(&frame);
    world_close();
}
END_TEST

START_TEST(a_visitor_too_many_takes_the_place_of_who_has_been_silent_for_longest)
{
    struct reader first, second;

    world_open("2x4", RING);
    world.nodes[8]->config.visitors_most = 2;
    hold_version(8, 5, 0, 0, 100, HELD_HERE);
    hold_version(8, 6, 0, 128, 100, HELD_HERE);
    for (uint32_t reader = 3; reader < 6; reader++) {
        want(&first, reader, 8, 5, 0, 100);
        settle();
        ck_assert(got(&first));
        give_up(&first, reader);
    }
    ck_assert_uint_eq(world.connections_open_most, 3);
    ck_assert_uint_eq(world.connections_open, 2);
    ck_assert_uint_eq(node_counters(world.nodes[8])->connections, 2);
    ck_assert_ptr_nonnull(connection_of(4, PEER_FIRST_CONTACT));
    ck_assert_ptr_null(connection_of(3, PEER_FIRST_CONTACT));
    want(&second, 4, 8, 6, 0, 100); // now 5 is the silent one
    settle();
    want(&first, 3, 8, 6, 0, 100);
    settle();
    ck_assert(got(&first) && got(&second));
    ck_assert_ptr_null(connection_of(5, PEER_FIRST_CONTACT));
    give_up(&second, 4);
    give_up(&first, 3);
    world_close();
}
END_TEST

static uint32_t unsent; // the visitor to whom something is still to be sent; 0: none

static bool is_sent(void *arg, uint32_t peer)
{
    (void)arg;
    return peer != unsent;
}

/* Who has not greeted may be about to, and who waits for bytes has asked for them: their place is
 * not given away, and whoever knocks waits. */
START_TEST(only_a_visitor_that_waits_for_nothing_makes_room)
{
    struct node_config config;
    struct node *node;
    struct message message = {.type = MSG_HEARTBEAT};
    struct event event = {.type = EVENT_LINK_OPENED, .now_ns = 1, .peer = 10};
    struct buffer frame = {0};

    world_open("2", RING);
    world.ports[0].is_sent = is_sent;
    config = world.nodes[0]->config;
    config.port = &world.ports[0];
    config.visitors_most = 2;
    node = node_create(&config);
    message.heartbeat.logical_system = wire_str_of("linqu");
    message.sender = coord_launcher();
    message.target = node->coord;
    message_pack(&frame, &message);
    for (event.peer = 10; event.peer < 12; event.peer++) {
        ck_assert(node_takes_visitor(node, 1));
        node_step(node, &event);
    }
    ck_assert(!node_takes_visitor(node, 1)); // none has greeted
    ck_assert(node_takes_visitor(node, 2000000000));
    event = (struct event){
        .type = EVENT_FRAME, .now_ns = 2, .peer = 11, .frame = frame.data, .size = frame.size};
    node_step(node, &event);
    ck_assert(node_takes_visitor(node, 2));
    unsent = 11;
    ck_assert(!node_takes_visitor(node, 2));
    unsent = 0;
    event = (struct event){.type = EVENT_LINK_OPENED, .now_ns = 3, .peer = 12};
    node_step(node, &event);
    ck_assert_ptr_nonnull(u64_map_find(&node->visitors, 10)); // longer silent, but it has not greeted
    ck_assert_ptr_null(u64_map_find(&node->visitors, 11));
    ck_assert_uint_eq(node_counters(node)->connections, 2);
    node_destroy(node);
    buffer_free(&frame);
    world_close();
}
END_TEST

START_TEST(a_visitor_that_has_not_greeted_gets_nothing)
{
    struct message message = {.type = MSG_TENSOR_LOOKUP, .sender = {.level = LEVEL_LAUNCHER}};
    struct buffer frame = {0};

    world_open("2x2", RING);
    hold_version(3, 5, 0, 0, 8, HELD_HERE);
    message.target = topology_coord(&world.topology, 3);
    message.tensor_lookup.handle = 5;
    message.tensor_lookup.credit = 8;
    message_pack(&frame, &message);
    world_connect(5, PEER_FIRST_CONTACT, 3);
    deliver(0);
    world_apply(3, node_step(world.nodes[3], &(struct event){.type = EVENT_FRAME,
                                                             .now_ns = ++world.now_ns,
                                                             .peer = FIRST_VISITOR,
                                                             .frame = frame.data,
                                                             .size = frame.size}));
    ck_assert_uint_eq(world.data_sent, 0);
    ck_assert_uint_eq(world.connections_open, 0);
    ck_assert_uint_eq(node_counters(world.nodes[3])->refused_for[FRAME_UNEXPECTED], 1);
    buffer_free(&frame);
    world_close();
}
END_TEST

START_TEST(connections_are_kept_but_not_more_than_a_node_may_have)
{
    enum { OTHERS = CONTACTS_MOST + 20 };
    static struct reader all[OTHERS];
    struct reader again;
    uint32_t first, self;

    world_open("L5:1 L4:2 L3:50", 128 * 1024);
    first = world.topology.first_rank[LEVEL_HOST];
    self = first + OTHERS;
    for (uint32_t i = 0; i < OTHERS; i++) {
        hold_version(first + i, i + 1, 0, 0, 70000, HELD_HERE);
        want(&all[i], self, first + i, i + 1, 0, 70000);
    }
    settle();
    for (uint32_t i = 0; i < OTHERS; i++) {
        ck_assert_msg(all[i].told == 1 && got(&all[i]), "%u: %s", i, all[i].want.error);
        give_up(&all[i], self);
    }
    ck_assert_uint_eq(world.connections_open_most, CONTACTS_MOST);
    ck_assert_uint_eq(world.connections_open, CONTACTS_MOST);
    data_released(world.nodes[self], OTHERS, 0); // the copy; its connection is the newest
    want(&again, self, first + OTHERS - 1, OTHERS, 0, 70000);
    settle();
    ck_assert(got(&again));
    ck_assert_uint_eq(world.connection_count, OTHERS);
    give_up(&again, self);
    world_close();
}
END_TEST

/* --- registered and retired ------------------------------------------------------------------- */

/* What the graph of the top would say of data that it registers at `holder`. */
static void register_at(uint32_t owner, uint32_t holder, uint64_t handle, uint64_t place,
                        uint64_t size)
{
    struct task_param param = {.type = PARAM_OUTPUT, .value = handle, .size = size, .place = place};
    struct task task = {.id = (uint32_t)handle, .depth = 2};
    uint8_t *bytes = memory_new(size, 1);

    task.one = (struct task_part){.task = &task, .params = &param, .param_count = 1};
    task.parts = &task.one;
    for (uint64_t i = 0; i < size; i++)
        bytes[i] = pattern(handle, 0, i);
    data_register(step_begin(owner), holder, &task, bytes);
    step_end(owner);
    free(bytes);
}

START_TEST(registered_data_lies_at_its_holder_and_is_also_to_be_had_where_it_was_registered)
{
    static const uint64_t sizes[] = {0, 1, CHUNK_EDGE, CHUNK_EDGE + 1, 1000000};
    uint8_t *bytes;

    world_open("2x2", RING);
    for (uint32_t i = 0; i < 5; i++) {
        register_at(0, 4, 10 + i, 64, sizes[i]);
        ck_assert(!world_has(world.nodes[4], 10 + i, 0, &bytes));
        settle();
        ck_assert(world_has(world.nodes[4], 10 + i, 0, &bytes));
        ck_assert(has_pattern(bytes, 10 + i, 0, sizes[i]));
        ck_assert_ptr_eq(bytes, data_at(world.nodes[4], LEVEL_CLOS2, 2, 64));
        ck_assert(world_has(world.nodes[0], 10 + i, 0, &bytes));
        ck_assert(has_pattern(bytes, 10 + i, 0, sizes[i]));
    }
    register_at(4, 4, 99, 0, 1000);
    ck_assert(world_has(world.nodes[4], 99, 0, &bytes));
    ck_assert(has_pattern(bytes, 99, 0, 1000));
    ck_assert_uint_eq(node_counters(world.nodes[4])->refused, 0);
    world_close();
}
END_TEST

START_TEST(registered_data_that_does_not_fit_or_comes_from_below_is_refused)
{
    struct message message = {.type = MSG_REG_DATA};
    struct msg_reg_data *data = &message.reg_data;
    uint8_t *bytes;

    world_open("2x2", RING);
    message.sender = topology_coord(&world.topology, 0);
    *data = (struct msg_reg_data){.handle = 1, .owner_level = 6, .place = RING - 4, .total = 8};
    on_reg_data(step_begin(4), PEER_PARENT, &message);
    *data = (struct msg_reg_data){.handle = 1, .owner_level = 6, .depth = 9, .total = 8};
    on_reg_data(step_begin(4), PEER_PARENT, &message);
    *data = (struct msg_reg_data){.handle = 1, .owner_level = 4, .total = 8};
    message.sender = topology_coord(&world.topology, 5);
    on_reg_data(step_begin(4), PEER_PARENT, &message);
    message.sender = topology_coord(&world.topology, 2);
    data->owner_level = 5; // an uncle
    on_reg_data(step_begin(4), PEER_PARENT, &message);
    ck_assert_uint_eq(node_counters(world.nodes[4])->refused, 4);
    ck_assert(!world_has(world.nodes[4], 1, 0, &bytes));
    world_close();
}
END_TEST

static void retire(uint32_t owner, uint32_t holder, uint64_t handle, uint32_t version)
{
    const struct wire_release release = {.depth = 1, .handle = handle, .version = version};
    struct message message = {.type = MSG_SCOPE_EXIT};

    message.sender = topology_coord(&world.topology, owner);
    message.scope_exit.owner_level = message.sender.level;
    message.scope_exit.retired.items = &release;
    message.scope_exit.retired.count = 1;
    on_scope_exit(step_begin(holder), PEER_PARENT, &message);
    step_end(holder);
}

START_TEST(what_its_owner_retires_is_forgotten_and_a_drained_ring_gives_back_what_it_touched)
{
    uint64_t ring = 0;

    world_open("2x2", RING);
    ring = ring_layout_offset(&world.topology, 4, LEVEL_CLOS2, 1);
    hold_version(4, 1, 0, 0, RING_BYTES_KEPT / 2, HELD_HERE);
    hold_version(4, 2, 0, RING_BYTES_KEPT / 2, RING_BYTES_KEPT, HELD_HERE);
    retire(1, 4, 2, 0); // not the owner
    ck_assert(world_has(world.nodes[4], 2, 0, NULL));
    ck_assert_uint_eq(node_counters(world.nodes[4])->refused, 1);
    retire(0, 4, 2, 0);
    ck_assert(!world_has(world.nodes[4], 2, 0, NULL));
    ck_assert_uint_eq(world.trimmed, 0);
    retire(0, 4, 1, 0);
    ck_assert_uint_eq(world.trimmed_at, ring + RING_BYTES_KEPT);
    ck_assert_uint_eq(world.trimmed, RING_BYTES_KEPT / 2);
    hold_version(4, 3, 0, 0, 100, HELD_HERE);
    retire(0, 4, 3, 0);
    ck_assert_uint_eq(world.trimmed, RING_BYTES_KEPT / 2); // it touched no more than it keeps
    world_close();
}
END_TEST

/* --- registered data on its way --------------------------------------------------------------- */

static struct task_graph *graph_of(uint32_t rank)
{
    return world.nodes[rank]->runtime->graph;
}

static void activate(uint32_t rank)
{
    struct error err;

    ck_assert_int_eq(task_graph_begin(graph_of(rank), 1, NULL, NULL, 0, &err), 0);
}

/* As a kernel of that node would: within a step of its. */
static uint64_t register_within(uint32_t owner, uint32_t holder, uint64_t size)
{
    uint8_t *bytes = memory_new(size, 1);
    const struct task *task = NULL;
    uint64_t handle = 0;
    struct error err;

    ck_assert_int_eq(task_graph_register(graph_of(owner), holder, size, &handle, &task, &err),
                     SUBMIT_DONE);
    for (uint64_t i = 0; i < size; i++)
        bytes[i] = pattern(handle, 1, i);
    data_register(world.nodes[owner], holder, task, bytes);
    free(bytes);
    return handle;
}

static uint64_t register_one(uint32_t owner, uint32_t holder, uint64_t size)
{
    uint64_t handle;

    step_begin(owner);
    handle = register_within(owner, holder, size);
    step_end(owner);
    return handle;
}

static bool has_whole(uint32_t rank, uint64_t handle, uint64_t size)
{
    uint8_t *bytes;

    return world_has(world.nodes[rank], handle, 1, &bytes) && has_pattern(bytes, handle, 1, size);
}

static uint32_t unfinished_of(uint32_t rank)
{
    struct activation_view view;

    ck_assert(task_graph_top(graph_of(rank), &view));
    return view.unfinished;
}

static const struct outgoing_list *outgoing_of(uint32_t rank)
{
    return &world.nodes[rank]->runtime->data->outgoing;
}

static void check_none_out(uint32_t rank)
{
    const struct outgoing_list *list = outgoing_of(rank);

    ck_assert_uint_eq(list->windows, 0);
    ck_assert_uint_eq(list->by_handle.count, 0);
    ck_assert(!list->oldest && !list->newest && !list->waiting);
}

/* Bytes in all data frames that are under way. */
static uint64_t data_under_way(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < world.item_count; i++)
        if (world.items[i].queue == QUEUE_DATA)
            sum += world.items[i].event.size;
    return sum;
}

START_TEST(data_for_many_holders_is_under_way_in_windows_and_comes_to_all)
{
    enum { HOLDERS = 64, SIZE = 1000000, FRAMES_EXTRA = 64 * 1024 };
    uint64_t handles[HOLDERS], most = 0, random = 1;
    uint32_t first;

    world_open("L6:1 L5:4 L4:16", RING);
    first = rank_of("L5_0/L4_0");
    activate(0);
    step_begin(0);
    for (uint32_t i = 0; i < HOLDERS; i++)
        handles[i] = register_within(0, first + i, SIZE);
    step_end(0);
    ck_assert_uint_eq(unfinished_of(0), HOLDERS);
    while (world.item_count) {
        if (data_under_way() > most)
            most = data_under_way();
        deliver(first_like(random_below(&random, (uint32_t)world.item_count)));
    }
    claim(most <= WINDOWS_MOST + FRAMES_EXTRA, "%ju bytes are under way", (uintmax_t)most);
    ck_assert_uint_eq(unfinished_of(0), 0);
    for (uint32_t i = 0; i < HOLDERS; i++)
        ck_assert(has_whole(first + i, handles[i], SIZE));
    check_none_out(0);
    world_close();
}
END_TEST

/* All but what is for that node, which reads nothing. */
static void settle_but(uint32_t rank)
{
    size_t at = 0;

    while (at < world.item_count) {
        if (world.items[at].to == rank) {
            at++;
        } else {
            deliver(at);
            at = 0;
        }
    }
}

START_TEST(holders_that_read_nothing_hold_up_others_only_until_they_die)
{
    enum { MANY = WINDOWS_MOST / WINDOW_EDGE, SIZE = 600000 };
    uint64_t handle = 0;

    world_open("2x2", RING * 8);
    activate(0);
    for (unsigned i = 0; i < MANY; i++)
        handle = register_one(0, 3, SIZE);
    settle_but(3);
    ck_assert_uint_eq(outgoing_of(0)->windows, WINDOWS_MOST);
    handle = register_one(0, 4, SIZE);
    settle_but(3);
    ck_assert(!world_has(world.nodes[4], handle, 1, NULL));
    world.dead[3] = true;
    data_lost(step_begin(0), 3, "L6_0/L5_0/L4_0 died");
    step_end(0);
    settle();
    ck_assert(has_whole(4, handle, SIZE));
    check_none_out(0);
    ck_assert_uint_eq(unfinished_of(0), MANY); // whom the graph will fail
    world_close();
}
END_TEST

static void free_within(uint32_t owner, uint64_t handle)
{
    struct error err;

    ck_assert_int_eq(task_graph_free(graph_of(owner), handle, &err), 1);
}

static void free_one(uint32_t owner, uint64_t handle)
{
    step_begin(owner);
    free_within(owner, handle);
    released_tell(world.nodes[owner]);
    step_end(owner);
}

START_TEST(two_owners_register_at_one_holder_at_the_same_time)
{
    enum { TIMES = 20, SIZE = 700001 };
    uint64_t above, below, nothing, random = 1;

    world_open("2x2", RING);
    activate(0);
    activate(1);
    for (unsigned i = 0; i < TIMES; i++) {
        above = register_one(0, 3, SIZE);
        below = register_one(1, 3, SIZE / 2);
        nothing = register_one(0, 3, 0);
        while (world.item_count)
            deliver(first_like(random_below(&random, (uint32_t)world.item_count)));
        ck_assert(has_whole(3, above, SIZE) && has_whole(3, below, SIZE / 2));
        ck_assert(has_whole(3, nothing, 0));
        ck_assert_uint_eq(unfinished_of(0) + unfinished_of(1), 0);
        free_one(0, above);
        free_one(1, below);
        free_one(0, nothing);
    }
    settle();
    ck_assert_uint_eq(held_bytes_above(world.nodes[3]->runtime->held, LEVEL_POD), 0);
    ck_assert_uint_eq(node_counters(world.nodes[3])->refused, 0);
    ck_assert_uint_eq(node_counters(world.nodes[3])->late, 0);
    world_close();
}
END_TEST

START_TEST(registered_data_that_is_freed_at_once_is_retired_when_it_is_there)
{
    enum { SIZE = 1000000 };
    const struct held_layer *layer;

    world_open("2x2", RING);
    activate(0);
    free_one(0, register_one(0, 4, SIZE));
    settle();
    layer = held_layer(world.nodes[4]->runtime->held, LEVEL_CLOS2, 0);
    ck_assert_uint_eq(unfinished_of(0), 0);
    ck_assert_uint_eq(layer->bytes_claimed, SIZE);
    ck_assert_uint_eq(layer->bytes, 0);
    ck_assert_uint_eq(copies_of(0).bytes, 0);
    ck_assert_uint_eq(node_counters(world.nodes[4])->late, 0);
    check_none_out(0);
    world_close();
}
END_TEST

START_TEST(registered_data_that_its_holder_refuses_fails)
{
    char text[256];
    uint64_t handle;

    world_open("2x2", RING);
    activate(0);
    handle = register_one(0, 4, 1000000);
    hold_version(4, handle, 1, 0, 64, HELD_HERE); // there is one of that name
    settle();
    ck_assert_uint_eq(unfinished_of(0), 0);
    ck_assert_uint_eq(task_graph_take_errors(graph_of(0), text, sizeof text), 1);
    ck_assert_ptr_nonnull(strstr(text, "L5_0/L4_1 does not take the data"));
    check_none_out(0);
    world_close();
}
END_TEST

START_TEST(only_the_holder_says_what_has_come_of_registered_data)
{
    struct message message = {.type = MSG_TENSOR_LOOKUP};
    struct msg_tensor_lookup *lookup = &message.tensor_lookup;

    world_open("2x2", RING);
    activate(0);
    lookup->handle = register_one(0, 4, 1000000);
    lookup->version = 1;
    lookup->offset = 1000000;
    message.sender = topology_coord(&world.topology, 3);
    on_tensor_lookup(step_begin(0), PEER_FIRST_CHILD, &message);
    message.sender = topology_coord(&world.topology, 4);
    on_tensor_lookup(step_begin(0), FIRST_VISITOR, &message); // or who says that it is
    ck_assert_uint_eq(unfinished_of(0), 1);
    on_tensor_lookup(step_begin(0), PEER_FIRST_CHILD, &message); // more than it can have
    ck_assert_uint_eq(unfinished_of(0), 1);
    ck_assert_uint_eq(node_counters(world.nodes[0])->refused, 1);
    world_close();
}
END_TEST

START_TEST(what_lay_where_data_is_registered_is_released_first)
{
    enum { OWNER = 0 };
    static const uint32_t holders[] = {OWNER, 4};
    uint64_t handle;

    world_open("2x2", RING);
    activate(OWNER);
    for (unsigned i = 0; i < 2; i++) {
        const struct held *held = world.nodes[holders[i]]->runtime->held;

        handle = register_one(OWNER, holders[i], RING);
        settle();
        step_begin(OWNER);
        free_within(OWNER, handle);
        handle = register_within(OWNER, holders[i], RING);
        step_end(OWNER);
        settle();
        ck_assert(has_whole(holders[i], handle, RING));
        ck_assert_uint_eq(held_layer(held, LEVEL_CLOS2, 0)->bytes_peak, RING);
        free_one(OWNER, handle);
    }
    world_close();
}
END_TEST

/* --- any order -------------------------------------------------------------------------------- */

enum { READERS = 12, TENSORS = 6, TURNS = 400, LARGE = 300032 };

struct tale {
    struct reader readers[READERS];
    uint32_t at[READERS]; // rank of the node that wants; RANK_NONE: rests
    uint64_t sizes[TENSORS];
    uint32_t holders[TENSORS];
    uint64_t random, seed;
};

static void tale_begin(struct tale *tale, uint64_t seed)
{
    *tale = (struct tale){.random = seed, .seed = seed};
    world_open("2x2x2x1", RING);
    for (unsigned i = 0; i < READERS; i++)
        tale->at[i] = RANK_NONE;
    for (unsigned i = 0; i < TENSORS; i++) {
        tale->sizes[i] = random_below(&tale->random, 3) ? random_below(&tale->random, 2000)
                                                        : random_below(&tale->random, LARGE);
        tale->holders[i] = random_below(&tale->random, world.topology.node_count);
        hold_version(tale->holders[i], i + 1, i, (uint64_t)i * LARGE, tale->sizes[i], HELD_HERE);
    }
}

static void rest(struct tale *tale, unsigned i)
{
    give_up(&tale->readers[i], tale->at[i]);
    tale->at[i] = RANK_NONE;
}

static void check_reader(const struct tale *tale, unsigned i)
{
    const struct reader *who = &tale->readers[i];

    claim(who->told + who->began_whole <= 1, "SEED=%ju: told twice", (uintmax_t)tale->seed);
    claim((who->told || who->began_whole) != who->want.coming, "SEED=%ju: told and coming",
          (uintmax_t)tale->seed);
    claim(who->want.coming || got(who), "SEED=%ju: %s", (uintmax_t)tale->seed, who->want.error);
}

static void tale_turn(struct tale *tale)
{
    unsigned i = random_below(&tale->random, READERS), tensor;

    if (world.connection_count && random_below(&tale->random, 40) == 0) {
        struct connection *c =
            &world.connections[random_below(&tale->random, world.connection_count)];

        if (c->open)
            world_disconnect(c, RANK_NONE);
    }
    if (tale->at[i] != RANK_NONE) {
        check_reader(tale, i);
        if (random_below(&tale->random, 3) == 0)
            rest(tale, i);
        return;
    }
    tensor = random_below(&tale->random, TENSORS);
    tale->at[i] = random_below(&tale->random, world.topology.node_count);
    want(&tale->readers[i], tale->at[i], tale->holders[tensor], tensor + 1, tensor,
         tale->sizes[tensor]);
}

static void tale_end(struct tale *tale)
{
    settle();
    for (unsigned i = 0; i < READERS; i++) {
        if (tale->at[i] == RANK_NONE)
            continue;
        claim(!tale->readers[i].want.coming, "SEED=%ju: a reader waits for ever",
              (uintmax_t)tale->seed);
        check_reader(tale, i);
        rest(tale, i);
    }
    settle();
    for (uint32_t rank = 0; rank < world.topology.node_count; rank++) {
        const struct data_state *data = world.nodes[rank]->runtime->data;

        for (uint32_t i = 0; i < TENSORS; i++)
            copy_forget(world.nodes[rank]->runtime->copies, i + 1, i);
        claim(copies_of(rank).bytes == 0 && data->fetch_count == 0 && !data->told,
              "SEED=%ju: node %u keeps something", (uintmax_t)tale->seed, rank);
    }
    world_close();
}

/* The top has one task at its first child, which answers with this output; what the top makes of it. */
static void answer_with(struct wire_output output, uint32_t count, char *text, size_t size)
{
    struct message message = {.type = MSG_TASK_COMPLETE};
    struct task_argument argument = {.type = PARAM_OUTPUT};
    struct part_spec part = {.target = 1, .kernel = "k", .arguments = &argument, .count = 1};
    const struct task_spec spec = {.parts = &part, .part_count = 1};
    struct task_graph *graph;
    struct error err;

    world_open("2", RING);
    graph = step_begin(0)->runtime->graph;
    ck_assert_int_eq(task_graph_begin(graph, 1, NULL, NULL, 0, &err), 0);
    argument.value = output.handle = task_graph_alloc(graph, 8);
    ck_assert_int_eq(task_graph_submit(graph, &spec, &message.task_complete.task, &err),
                     SUBMIT_DONE);
    ck_assert_ptr_nonnull(task_graph_take(graph));
    message.task_complete.outputs.items = &output;
    message.task_complete.outputs.count = count;
    on_task_complete(world.nodes[0], PEER_FIRST_CHILD, &message);
    task_graph_take_errors(graph, text, size);
    step_end(0);
    world_close();
}

START_TEST(a_task_that_made_something_else_has_failed)
{
    struct topology topology;
    struct wire_output made = {.version = 1, .size = 8}, other;
    struct error err;
    char text[256];

    ck_assert_int_eq(topology_parse("2", &topology, &err), 0);
    made.holder = topology_coord(&topology, 1);
    answer_with(made, 1, text, sizeof text);
    ck_assert_str_eq(text, "");
    answer_with(made, 0, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "L6_0/L5_0: kernel k: its outputs are not those"));
    other = made;
    other.size = 16;
    answer_with(other, 1, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "its outputs are not those"));
    other = made;
    other.version = 2;
    answer_with(other, 1, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "its outputs are not those"));
    other = made;
    other.holder = topology_coord(&topology, 2);
    answer_with(other, 1, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "its outputs are not those"));
}
END_TEST

/* Connections are lost at random, but never three times in a row without a byte for long: who waits
 * is always told in the end, once, and gets the right bytes. */
START_TEST(in_any_order_every_reader_is_told_once_and_nothing_is_kept)
{
    static struct tale tale;
    uint64_t first = seed_first();

    for (uint64_t seed = first; seed < first + seed_count(20); seed++) {
        tale_begin(&tale, seed);
        for (unsigned turn = 0; turn < TURNS; turn++) {
            tale_turn(&tale);
            for (unsigned i = random_below(&tale.random, 12); i > 0 && world.item_count; i--)
                deliver(first_like(random_below(&tale.random, (uint32_t)world.item_count)));
        }
        tale_end(&tale);
    }
}
END_TEST

SUITE_MAIN("data", neighbours_read_over_their_edge,
           siblings_cousins_and_those_further_up_read_over_the_holders_named_socket,
           chips_read_over_edges_and_are_read_over_edges, what_lies_here_is_had_at_once,
           many_who_want_one_version_cause_one_fetch_and_a_copy_serves_the_next,
           no_more_is_under_way_than_a_window_of_which_each_half_is_asked_for_once,
           one_question_is_answered_with_at_most_its_limit,
           only_the_next_bytes_of_a_fetch_have_a_place, a_node_roams_while_much_is_on_its_way,
           readers_take_turns_and_wait_for_room, a_small_question_does_not_wait_for_a_large_one,
           small_answers_wait_for_room_too, questions_that_nobody_reads_have_an_end,
           a_reader_has_one_question_of_a_version, who_goes_while_it_waits_leaves_nothing,
           only_the_holder_lands_and_not_before_the_greeting,
           who_gives_up_leaves_nothing_and_may_want_it_again, what_is_not_there_is_said_and_counted,
           what_failed_or_is_not_written_or_is_of_another_size_is_said,
           a_holder_that_dies_fails_its_readers_with_the_cause,
           a_lost_connection_is_made_again_and_no_byte_comes_twice,
           a_connection_that_is_lost_again_and_again_without_a_byte_is_no_way,
           who_does_not_answer_the_greeting_first_is_not_asked_again,
           a_visitor_too_many_takes_the_place_of_who_has_been_silent_for_longest,
           only_a_visitor_that_waits_for_nothing_makes_room,
           a_visitor_that_has_not_greeted_gets_nothing,
           connections_are_kept_but_not_more_than_a_node_may_have,
           registered_data_lies_at_its_holder_and_is_also_to_be_had_where_it_was_registered,
           registered_data_that_does_not_fit_or_comes_from_below_is_refused,
           what_its_owner_retires_is_forgotten_and_a_drained_ring_gives_back_what_it_touched,
           data_for_many_holders_is_under_way_in_windows_and_comes_to_all,
           holders_that_read_nothing_hold_up_others_only_until_they_die,
           two_owners_register_at_one_holder_at_the_same_time,
           registered_data_that_is_freed_at_once_is_retired_when_it_is_there,
           registered_data_that_its_holder_refuses_fails,
           only_the_holder_says_what_has_come_of_registered_data,
           what_lay_where_data_is_registered_is_released_first,
           a_task_that_made_something_else_has_failed,
           in_any_order_every_reader_is_told_once_and_nothing_is_kept)
