/* The questions for names and code that pass through one node: the child of a top, with two
 * children of its own. What its port has is a table here. */

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "core/task.h"
#include "node/node.h"
#include "suite.h"
#include "topology_fixture.h"
#include "wire/message.h"

enum { MID = 1, CHILDREN = 2 };
enum { BIG = 130000 }; // bytes of the code in these tests: three pieces

static struct topology topology;
static struct node *node;
static struct message_reader *reader;
static uint64_t now_ns;

/* What the port keeps: one code. */
static struct {
    bool there;
    uint64_t hash;
    struct buffer bytes;
    unsigned stores;
    const char *refuses; // why it cannot store
} shelf;

static uint64_t port_clock(void *arg)
{
    (void)arg;
    return now_ns;
}

static enum code_result port_load(void *arg, uint64_t hash, const struct kernel **kernel,
                                  struct error *err)
{
    (void)arg;
    (void)kernel;
    if (!shelf.there || shelf.hash != hash)
        return CODE_MISSING;
    error_set(err, "it is only bytes");
    return CODE_BROKEN;
}

static int port_store(void *arg, uint64_t hash, const void *bytes, size_t size, struct error *err)
{
    (void)arg;
    shelf.stores++;
    if (shelf.refuses)
        return error_set(err, "%s", shelf.refuses);
    shelf.there = true;
    shelf.hash = hash;
    buffer_clear(&shelf.bytes);
    buffer_append(&shelf.bytes, bytes, size);
    return 0;
}

static const void *port_bytes(void *arg, uint64_t hash, size_t *size)
{
    (void)arg;
    if (!shelf.there || shelf.hash != hash)
        return NULL;
    *size = shelf.bytes.size;
    return shelf.bytes.data;
}

static void port_running(void *arg, const struct running *what)
{
    (void)arg;
    (void)what;
}

/* What the node sent since the last question, by where it went. */
static struct {
    uint32_t peer;
    struct message message;
    struct buffer frame;
} sent[64];
static size_t sent_count;
static unsigned refusals;

static void keep(const struct effect *effect)
{
    ck_assert_uint_lt(sent_count, sizeof sent / sizeof *sent);
    sent[sent_count].peer = effect->peer;
    buffer_clear(&sent[sent_count].frame);
    buffer_append(&sent[sent_count].frame, effect->data, effect->size);
    sent_count++;
}

static void tell(struct event event)
{
    struct effects effects;

    event.now_ns = ++now_ns;
    effects = node_step(node, &event);
    for (size_t i = 0; i < effects.count; i++)
        if (effects.list[i].type == EFFECT_SEND)
            keep(&effects.list[i]);
    refusals = (unsigned)node_counters(node)->refused;
}

static struct coord coord_of_peer(uint32_t peer)
{
    return topology_coord(
        &topology, peer == PEER_PARENT
                       ? 0
                       : topology_subtree(&topology, MID, LEVEL_POD, &(uint32_t){0}) + peer - 1);
}

static void hear(uint32_t from, struct message *message)
{
    struct buffer frame = {0};

    sent_count = 0;
    message->sender = coord_of_peer(from);
    message->target = topology_coord(&topology, MID);
    message_pack(&frame, message);
    tell(
        (struct event){.type = EVENT_FRAME, .peer = from, .frame = frame.data, .size = frame.size});
    buffer_free(&frame);
}

/* The i-th frame that was sent must be of that type and for that peer. */
static const struct message *answer(size_t i, uint32_t peer, enum message_type type)
{
    struct message *message = &sent[i].message;

    ck_assert_uint_lt(i, sent_count);
    ck_assert_uint_eq(sent[i].peer, peer);
    ck_assert_int_eq(message_read(reader, sent[i].frame.data, sent[i].frame.size, message),
                     FRAME_OK);
    ck_assert_msg(message->type == type, "it sent %s", message_name(message->type));
    return message;
}

static void ready(uint32_t child)
{
    struct message message = {.type = MSG_READY};
    struct wire_level_count counts[] = {{LEVEL_POD, 1}};

    message.ready.counts.items = counts;
    message.ready.counts.count = 1;
    hear(child, &message);
}

static void open_node(void)
{
    static const struct node_port port = {.clock = port_clock,
                                          .code_load = port_load,
                                          .code_store = port_store,
                                          .code_bytes = port_bytes,
                                          .running = port_running};

    topology = topology_of("2x2");
    node = node_create(&(struct node_config){.topology = &topology,
                                             .rank = MID,
                                             .logical_system = "linqu",
                                             .physical_system = "here",
                                             .run_path = "/run",
                                             .beat_interval_ms = 1000,
                                             .stop_ms = 1000,
                                             .port = &port});
    reader = message_reader_create();
    tell((struct event){.type = EVENT_START});
    ready(1);
    ready(2);
    ck_assert_int_eq(node_life(node), NODE_READY);
}

static void close_node(void)
{
    node_destroy(node);
    message_reader_destroy(reader);
}

static void ask_name(uint32_t child, uint64_t exec, const char *name, uint64_t correlation)
{
    struct message message = {.type = MSG_RESOLVE, .correlation = correlation};

    message.resolve.exec = exec;
    message.resolve.name = wire_str_of(name);
    hear(child, &message);
}

static void tell_name(uint64_t exec, const char *name, uint64_t hash, const char *error)
{
    struct message message = {.type = MSG_RESOLVED};

    message.resolved.exec = exec;
    message.resolved.name = wire_str_of(name);
    message.resolved.hash = hash;
    message.resolved.level = 3;
    message.resolved.role = 1;
    message.resolved.error = wire_str_of(error);
    hear(PEER_PARENT, &message);
}

static bool says(wire_str str, const char *text)
{
    return str.size == strlen(text) && memcmp(str.text, text, str.size) == 0;
}

/* --- names ---------------------------------------------------------------------------------- */

START_TEST(a_name_is_asked_for_once_and_all_who_ask_are_answered)
{
    const struct message *message;

    open_node();
    ask_name(1, 7, "k", 11);
    ck_assert_uint_eq(sent_count, 1);
    message = answer(0, PEER_PARENT, MSG_RESOLVE);
    ck_assert(says(message->resolve.name, "k") && message->resolve.exec == 7);
    ask_name(2, 7, "k", 12);
    ask_name(1, 7, "k", 13);
    ck_assert_uint_eq(sent_count, 0);

    tell_name(7, "k", 99, NULL);
    ck_assert_uint_eq(sent_count, 3);
    for (size_t i = 0; i < 3; i++) {
        message = answer(i, i == 1 ? 2 : 1, MSG_RESOLVED);
        ck_assert_uint_eq(message->correlation, 11 + i);
        ck_assert(says(message->resolved.name, "k") && says(message->resolved.error, ""));
        ck_assert_uint_eq(message->resolved.hash, 99);
        ck_assert_uint_eq(message->resolved.level, 3);
        ck_assert_uint_eq(message->resolved.role, 1);
    }
    ask_name(2, 7, "k", 14);
    ck_assert_uint_eq(sent_count, 1);
    ck_assert_uint_eq(answer(0, 2, MSG_RESOLVED)->resolved.hash, 99);
    close_node();
}
END_TEST

START_TEST(a_name_that_means_nothing_is_remembered_too)
{
    open_node();
    ask_name(1, 7, "k", 1);
    tell_name(7, "k", 0, "there is none");
    ck_assert(says(answer(0, 1, MSG_RESOLVED)->resolved.error, "there is none"));
    ask_name(2, 7, "k", 2);
    ck_assert_uint_eq(sent_count, 1);
    ck_assert(says(answer(0, 2, MSG_RESOLVED)->resolved.error, "there is none"));
    close_node();
}
END_TEST

/* A kernel may have been rebuilt between two execs. */
START_TEST(each_exec_asks_anew_and_an_older_one_is_forgotten)
{
    open_node();
    ask_name(1, 7, "k", 1);
    tell_name(7, "k", 99, NULL);
    ask_name(1, 8, "k", 2);
    answer(0, PEER_PARENT, MSG_RESOLVE);
    tell_name(8, "k", 100, NULL);
    ck_assert_uint_eq(answer(0, 1, MSG_RESOLVED)->resolved.hash, 100);
    ask_name(1, 7, "k", 3); // of no use any more, and no harm
    ck_assert_uint_eq(sent_count, 1);
    answer(0, PEER_PARENT, MSG_RESOLVE);
    close_node();
}
END_TEST

START_TEST(a_name_that_cannot_be_one_goes_no_further)
{
    char longest[LIMIT_KERNEL_NAME + 2];

    open_node();
    memset(longest, 'k', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < 4; i++) {
        const char *const names[] = {"", "../k", ".k", longest};

        ask_name(1, 7, names[i], i);
        ck_assert_uint_eq(sent_count, 1);
        ck_assert_uint_gt(answer(0, 1, MSG_RESOLVED)->resolved.error.size, 0);
    }
    close_node();
}
END_TEST

START_TEST(an_answer_that_nobody_asked_for_is_refused)
{
    open_node();
    tell_name(7, "k", 99, NULL);
    ck_assert_uint_eq(refusals, 1);
    ask_name(1, 7, "k", 1);
    tell_name(7, "k", 99, NULL);
    ck_assert_uint_eq(refusals, 1);
    tell_name(7, "k", 98, NULL); // twice
    ck_assert_uint_eq(refusals, 2);
    ask_name(1, 7, "k", 2);
    ck_assert_uint_eq(answer(0, 1, MSG_RESOLVED)->resolved.hash, 99);
    close_node();
}
END_TEST

/* --- code ----------------------------------------------------------------------------------- */

enum { LONG = 1000000 }; // more than is sent for one question
static uint8_t code[LONG];

static void ask_code(uint32_t child, uint64_t hash)
{
    struct message message = {.type = MSG_RETRY_WITH_CODE};

    message.retry_with_code.hash = hash;
    hear(child, &message);
}

static void tell_code(uint64_t hash, uint64_t total, uint64_t offset, size_t size,
                      const char *error)
{
    struct message message = {.type = MSG_REG_CODE};

    message.reg_code.hash = hash;
    message.reg_code.total = total;
    message.reg_code.offset = offset;
    message.reg_code.bytes.data = code + offset;
    message.reg_code.bytes.size = (uint32_t)size;
    message.reg_code.error = wire_str_of(error);
    hear(PEER_PARENT, &message);
}

/* The pieces from sent[at] on are the whole code, for that child. Returns where they end. */
static size_t whole_code(size_t at, uint32_t child, uint64_t hash)
{
    uint64_t filled = 0;

    while (filled < BIG) {
        const struct msg_reg_code *piece = &answer(at++, child, MSG_REG_CODE)->reg_code;

        ck_assert_uint_eq(piece->hash, hash);
        ck_assert_uint_eq(piece->total, BIG);
        ck_assert_uint_eq(piece->offset, filled);
        ck_assert_uint_le(piece->bytes.size, CODE_CHUNK);
        ck_assert_uint_gt(piece->bytes.size, 0);
        ck_assert_mem_eq(piece->bytes.data, code + filled, piece->bytes.size);
        filled += piece->bytes.size;
    }
    ck_assert_uint_eq(filled, BIG);
    return at;
}

static void fill_code(void)
{
    uint64_t seed = seed_first();

    for (size_t i = 0; i < LONG; i++)
        code[i] = (uint8_t)random_next(&seed);
}

START_TEST(code_is_asked_for_once_kept_and_given_to_all_who_asked)
{
    size_t at;

    fill_code();
    open_node();
    ask_code(1, 5);
    ck_assert_uint_eq(sent_count, 1);
    ck_assert_uint_eq(answer(0, PEER_PARENT, MSG_RETRY_WITH_CODE)->retry_with_code.hash, 5);
    ask_code(2, 5);
    ck_assert_uint_eq(sent_count, 0);
    tell_code(5, BIG, 0, 50000, NULL);
    tell_code(5, BIG, 50000, 60000, NULL);
    ck_assert_uint_eq(sent_count, 0);
    ck_assert_uint_eq(shelf.stores, 0);
    tell_code(5, BIG, 110000, BIG - 110000, NULL);
    ck_assert_uint_eq(shelf.stores, 1);
    ck_assert_uint_eq(shelf.bytes.size, BIG);
    ck_assert_mem_eq(shelf.bytes.data, code, BIG);
    at = whole_code(0, 1, 5);
    ck_assert_uint_eq(whole_code(at, 2, 5), sent_count);
    ask_code(2, 5);
    ck_assert_uint_eq(whole_code(0, 2, 5), sent_count);
    close_node();
}
END_TEST

static void ask_part(uint32_t child, uint64_t hash, uint64_t offset)
{
    struct message message = {.type = MSG_RETRY_WITH_CODE};

    message.retry_with_code.hash = hash;
    message.retry_with_code.offset = offset;
    hear(child, &message);
}

/* What was sent is the code from there on, as much as one question gets. */
static uint64_t check_part(uint32_t child, uint64_t from)
{
    uint64_t at = from;

    for (size_t i = 0; i < sent_count; i++) {
        const struct msg_reg_code *piece = &answer(i, child, MSG_REG_CODE)->reg_code;

        ck_assert_uint_eq(piece->offset, at);
        ck_assert_uint_eq(piece->total, LONG);
        ck_assert_mem_eq(piece->bytes.data, code + at, piece->bytes.size);
        at += piece->bytes.size;
    }
    ck_assert_uint_eq(at, LONG - from < CODE_AT_ONCE ? LONG : from + CODE_AT_ONCE);
    return at;
}

START_TEST(code_comes_and_goes_in_parts_of_which_no_more_than_two_are_under_way)
{
    uint64_t asked = CODE_AT_ONCE, at = 0;

    fill_code();
    open_node();
    ask_code(1, 5);
    while (at < LONG) {
        size_t size = LONG - at < CODE_CHUNK ? LONG - at : CODE_CHUNK;

        ck_assert_uint_lt(at, asked);
        tell_code(5, LONG, at, size, NULL);
        at += size;
        if (at < LONG && sent_count) {
            ck_assert_uint_eq(answer(0, PEER_PARENT, MSG_RETRY_WITH_CODE)->retry_with_code.offset,
                              asked);
            asked += CODE_AT_ONCE;
        }
        ck_assert_uint_le(asked - at, 2 * CODE_AT_ONCE);
    }
    ck_assert_uint_ge(asked, LONG);
    ck_assert_uint_lt(asked, LONG + CODE_AT_ONCE);
    for (at = check_part(1, 0); at < LONG; at = check_part(1, at))
        ask_part(1, 5, at);
    ask_part(1, 5, LONG);
    ck_assert_uint_eq(sent_count, 0);
    ck_assert_uint_eq(refusals, 1);
    close_node();
}
END_TEST

START_TEST(code_that_is_not_to_be_had_is_refused_with_the_reason)
{
    open_node();
    ask_code(1, 5);
    ask_code(2, 5);
    tell_code(5, 0, 0, 0, "it is gone");
    ck_assert_uint_eq(sent_count, 2);
    for (uint32_t child = 1; child <= 2; child++) {
        const struct message *message = answer(child - 1, child, MSG_REG_CODE);

        ck_assert_uint_eq(message->reg_code.total, 0);
        ck_assert(says(message->reg_code.error, "it is gone"));
    }
    ask_code(1, 5);
    ck_assert_uint_eq(sent_count, 1);
    ck_assert(says(answer(0, 1, MSG_REG_CODE)->reg_code.error, "it is gone"));
    close_node();
}
END_TEST

START_TEST(code_of_which_only_a_part_was_to_be_had_is_asked_for_again)
{
    open_node();
    ask_code(1, 5);
    tell_code(5, BIG, 0, CODE_CHUNK, NULL);
    tell_code(5, 0, 0, 0, "the exec is over");
    ck_assert_uint_eq(sent_count, 1);
    ck_assert(says(answer(0, 1, MSG_REG_CODE)->reg_code.error, "the exec is over"));
    ask_code(1, 5);
    ck_assert_uint_eq(sent_count, 1);
    ck_assert_uint_eq(answer(0, PEER_PARENT, MSG_RETRY_WITH_CODE)->retry_with_code.offset, 0);
    tell_code(5, 100, 0, 100, NULL);
    ck_assert_uint_eq(shelf.stores, 1);
    close_node();
}
END_TEST

START_TEST(code_that_cannot_be_kept_is_refused_with_the_reason)
{
    open_node();
    shelf.refuses = "the disk is full";
    ask_code(1, 5);
    tell_code(5, 100, 0, 100, NULL);
    ck_assert_uint_eq(sent_count, 1);
    ck_assert(says(answer(0, 1, MSG_REG_CODE)->reg_code.error, "the disk is full"));
    close_node();
}
END_TEST

START_TEST(pieces_that_do_not_fit_are_refused)
{
    open_node();
    tell_code(5, 100, 0, 100, NULL); // nobody asked
    ck_assert_uint_eq(refusals, 1);
    ask_code(1, 5);
    tell_code(5, 100, 10, 20, NULL); // not the beginning
    tell_code(5, 100, 0, 101, NULL); // more than there are
    tell_code(5, (uint64_t)LIMIT_KERNEL_SIZE + 1, 0, 100, NULL);
    tell_code(6, 100, 0, 100, NULL); // another's
    ck_assert_uint_eq(refusals, 5);
    tell_code(5, 100, 0, 60, NULL);
    tell_code(5, 100, 0, 60, NULL); // again
    tell_code(5, 99, 60, 39, NULL); // of another size now
    tell_code(5, 100, 60, 0, NULL); // nothing
    ck_assert_uint_eq(refusals, 8);
    ck_assert_uint_eq(shelf.stores, 0);
    tell_code(5, 100, 60, 40, NULL);
    ck_assert_uint_eq(shelf.stores, 1);
    ck_assert_uint_eq(sent_count, 1);
    answer(0, 1, MSG_REG_CODE);
    close_node();
}
END_TEST

/* --- a task of this node's own -------------------------------------------------------------- */

START_TEST(a_task_whose_code_is_broken_fails_with_the_reason)
{
    struct message call = {.type = MSG_CALL_TASK};
    const struct message *message;

    open_node();
    call.call_task.task = (struct task_key){.exec = 3, .creator = topology_coord(&topology, 0)};
    call.call_task.code_hash = 5;
    call.call_task.spmd_size = 1;
    call.call_task.kernel = wire_str_of("k");
    hear(PEER_PARENT, &call);
    tell((struct event){.type = EVENT_RUN});
    ck_assert_uint_eq(sent_count, 1);
    ck_assert_uint_eq(answer(0, PEER_PARENT, MSG_RETRY_WITH_CODE)->retry_with_code.hash, 5);
    tell_code(5, 100, 0, 100, NULL);
    tell((struct event){.type = EVENT_RUN});
    ck_assert_uint_eq(sent_count, 1);
    message = answer(0, PEER_PARENT, MSG_TASK_COMPLETE);
    ck_assert_uint_eq(message->task_complete.status, TASK_STATUS_FAILED);
    ck_assert_ptr_nonnull(memmem(message->task_complete.error.text,
                                 message->task_complete.error.size, "only bytes", 10));
    close_node();
}
END_TEST

/* Nobody waits for ever: the submitter hears of it, and the queue goes on. */
START_TEST(a_task_whose_output_lies_beyond_its_ring_fails_with_the_reason)
{
    struct wire_param output = {.type = PARAM_OUTPUT, .value = 7, .new_version = 1, .size = 8};
    struct message call = {.type = MSG_CALL_TASK};
    const struct message *message;

    open_node();
    output.place = UINT64_MAX - 7;
    output.holder = topology_coord(&topology, 0);
    call.call_task.task = (struct task_key){.exec = 3, .creator = topology_coord(&topology, 0)};
    call.call_task.params.items = &output;
    call.call_task.params.count = 1;
    call.call_task.spmd_size = 1;
    call.call_task.kernel = wire_str_of("k");
    hear(PEER_PARENT, &call);
    ck_assert(node_wants_run(node));
    tell((struct event){.type = EVENT_RUN});
    ck_assert_uint_eq(sent_count, 1);
    message = answer(0, PEER_PARENT, MSG_TASK_COMPLETE);
    ck_assert_uint_eq(message->task_complete.status, TASK_STATUS_FAILED);
    ck_assert_ptr_nonnull(memmem(message->task_complete.error.text,
                                 message->task_complete.error.size, "do not fit", 10));
    ck_assert(!node_wants_run(node));
    close_node();
}
END_TEST

static void expect_senseless(struct wire_param *params, uint32_t count)
{
    struct message call = {.type = MSG_CALL_TASK};
    const struct message *message;

    open_node();
    call.call_task.task = (struct task_key){.exec = 3, .creator = topology_coord(&topology, 0)};
    call.call_task.params.items = params;
    call.call_task.params.count = count;
    call.call_task.spmd_index = 4;
    call.call_task.spmd_size = 5;
    hear(PEER_PARENT, &call);
    ck_assert_uint_eq(node_counters(node)->refused, 1);
    ck_assert_uint_eq(sent_count, 1);
    message = answer(0, PEER_PARENT, MSG_TASK_COMPLETE);
    ck_assert_uint_eq(message->task_complete.status, TASK_STATUS_FAILED);
    ck_assert_uint_eq(message->task_complete.part, 4);
    ck_assert_uint_eq(message->task_complete.task.exec, 3);
    close_node();
}

START_TEST(a_task_that_makes_no_sense_has_failed)
{
    static struct wire_param many[LIMIT_TASK_PARAMS + 1];
    struct wire_param input = {.type = PARAM_INPUT, .value = 7, .version = 1, .size = 8};

    input.holder = (struct coord){.level = LEVEL_HOST, .index = {[LEVEL_HOST] = 999}};
    expect_senseless(&input, 1);
    input.type = 77;
    expect_senseless(&input, 1);
    for (uint32_t i = 0; i <= LIMIT_TASK_PARAMS; i++)
        many[i].type = PARAM_SCALAR;
    expect_senseless(many, LIMIT_TASK_PARAMS + 1);
}
END_TEST

SUITE_MAIN("code", a_task_that_makes_no_sense_has_failed,
           a_task_whose_output_lies_beyond_its_ring_fails_with_the_reason,
           a_name_is_asked_for_once_and_all_who_ask_are_answered,
           a_name_that_means_nothing_is_remembered_too,
           each_exec_asks_anew_and_an_older_one_is_forgotten,
           a_name_that_cannot_be_one_goes_no_further, an_answer_that_nobody_asked_for_is_refused,
           code_is_asked_for_once_kept_and_given_to_all_who_asked,
           code_comes_and_goes_in_parts_of_which_no_more_than_two_are_under_way,
           code_that_is_not_to_be_had_is_refused_with_the_reason,
           code_of_which_only_a_part_was_to_be_had_is_asked_for_again,
           code_that_cannot_be_kept_is_refused_with_the_reason, pieces_that_do_not_fit_are_refused,
           a_task_whose_code_is_broken_fails_with_the_reason)
