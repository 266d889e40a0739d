/* One node of a small tree, READY and with kernels to run: whatever may come over its links, whole
 * and well-formed or not, and whatever else may befall it, in any order. Only this may follow: it
 * obeys, refuses or leaves, and what it sends are frames that can be read, of a size that the link
 * carries. What its kernels do is the input's choice as well. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fuzz_message.h"
#include "node/node.h"
#include "topo/ring_layout.h"
#include "topo/topology_settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* A copy of many GiB is refused by the allocator in reality, and then by the node. */
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

enum { LINKS_MAX = 256, CODES = 16, STEPS_MAX = 3000 };

/* How far a link is. */
enum link_state { LINK_NONE, LINK_CONNECTING, LINK_OPEN, LINK_CLOSED };

/* The node and all that its body would know. */
static struct {
    struct topology topology;
    struct node *node;
    struct node_port port;
    struct coord coord;
    uint32_t rank, child_count, visitor_count;
    bool child_gone[4];
    enum link_state visitors[LINKS_MAX], contacts[LINKS_MAX];
    uint32_t contact_count;
    uint32_t contact_rank[LINKS_MAX];
    struct kernel kernels[CODES];
    bool stored[CODES];
    unsigned files; // that were written and not told of
    bool over;      // it has left
    uint64_t now_ns;
    uint64_t beats_ns[4];
    struct child_work work[4];
    size_t buffers_size;
} body;

/* --- kernels ---------------------------------------------------------------------------------- */

static LinquCoordinate_C take_target(void)
{
    const struct coord coord = take_coord(&body.topology);

    return (LinquCoordinate_C){.l6_idx = (uint8_t)coord.index[LEVEL_CLOS2],
                               .l5_idx = (uint8_t)coord.index[LEVEL_CLOS1],
                               .l4_idx = (uint8_t)coord.index[LEVEL_POD],
                               .l3_idx = coord.index[LEVEL_HOST],
                               .l2_idx = coord.index[LEVEL_CHIP]};
}

enum { HANDLES = 8, PARAMS = 6 };

static int take_params(LinquParam *params, const uint64_t *handles)
{
    int count = take_byte() % PARAMS;

    for (int i = 0; i < count; i++)
        params[i] = (LinquParam){.type = (LinquParamType)(take_byte() % 5),
                                 .handle = handles[take_byte() % HANDLES],
                                 .scalar_value = take_number()};
    return count;
}

static void submit_group(LinquRuntime *rt, const uint64_t *handles)
{
    LinquParam group[PARAMS], own[3][PARAMS];
    LinquSubTaskSpec subs[3];
    int count = take_params(group, handles), sub_count = take_byte() % 4;

    for (int i = 0; i < sub_count; i++)
        subs[i] = (LinquSubTaskSpec){.target = take_target(),
                                     .kernel_so = take_byte() % 2 ? take_text() : NULL,
                                     .private_params = own[i],
                                     .num_private_params = take_params(own[i], handles)};
    linqu_submit_task_group(rt, take_text(), group, count, subs, sub_count);
}

static void submit_one(LinquRuntime *rt, const uint64_t *handles)
{
    LinquParam params[PARAMS];
    int count = take_params(params, handles);

    linqu_submit_task(rt, take_target(), take_text(), params, count);
}

static void do_something(LinquRuntime *rt, uint64_t *handles)
{
    uint64_t *handle = &handles[take_byte() % HANDLES];
    char text[80];

    switch (take_byte() % 12) {
    case 0:
        *handle = linqu_alloc_tensor(rt, take_target(), take_number());
        break;
    case 1:
        *handle = linqu_reg_data(rt, take_target(), filler, take_number() % sizeof filler);
        break;
    case 2:
        linqu_free_tensor(rt, *handle);
        break;
    case 3:
        linqu_scope_begin(rt);
        break;
    case 4:
        linqu_scope_end(rt);
        break;
    case 5:
        linqu_wait_all(rt);
        break;
    case 6:
        linqu_tensor_data(rt, *handle, NULL);
        break;
    case 7:
        free(linqu_query_peers(rt, take_byte() % 9).peers);
        break;
    case 8:
        linqu_task_error(rt, text, sizeof text);
        break;
    case 9:
        submit_group(rt, handles);
        break;
    default:
        submit_one(rt, handles);
    }
}

static void orchestrate(LinquRuntime *rt, uint64_t *args, int count)
{
    uint64_t handles[HANDLES] = {0};

    for (int i = 0; i < count && i < HANDLES; i++)
        handles[i] = args[i];
    for (unsigned left = take_byte() % 16; left > 0; left--)
        do_something(rt, handles);
}

static volatile unsigned bytes_read;

/* Every byte that it has been given is there. */
static void work(LinquRuntime *rt, uint64_t *args, int count)
{
    for (int i = 0; i < count; i++) {
        size_t size;
        const uint8_t *bytes = linqu_tensor_data(rt, args[i], &size);

        for (size_t at = 0; bytes && at < size; at++)
            bytes_read += bytes[at] != 0;
    }
    body.now_ns += 1000 * (uint64_t)take_byte();
}

/* --- what the node borrows -------------------------------------------------------------------- */

static uint64_t port_clock(void *arg)
{
    (void)arg;
    return body.now_ns += 1000;
}

/* By their last four bits: 1 to 3 are here, 4 is broken, the rest come. */
static enum code_result code_load(void *arg, uint64_t hash, const struct kernel **kernel,
                                  struct error *err)
{
    unsigned number = hash % CODES;

    (void)arg;
    if (number == 4)
        return error_set(err, "it exports nothing"), CODE_BROKEN;
    if (number > 4 && !body.stored[number])
        return CODE_MISSING;
    *kernel = &body.kernels[number];
    return CODE_LOADED;
}

static int code_store(void *arg, uint64_t hash, const void *bytes, size_t size, struct error *err)
{
    (void)arg;
    (void)bytes;
    if (size % 8 == 7)
        return error_set(err, "its bytes have another hash");
    body.stored[hash % CODES] = true;
    return 0;
}

static const void *code_bytes(void *arg, uint64_t hash, size_t *size)
{
    (void)arg;
    *size = sizeof filler;
    return hash % CODES < 4 || body.stored[hash % CODES] ? filler : NULL;
}

static void trim(void *arg, size_t offset, size_t size)
{
    (void)arg;
    assert(offset <= body.buffers_size && size <= body.buffers_size - offset);
    memset(body.port.buffers + offset, 0, size);
}

/* --- what the node wants ---------------------------------------------------------------------- */

static bool is_open(uint32_t peer)
{
    if (peer <= body.child_count)
        return true;
    if (peer >= PEER_FIRST_CONTACT)
        return body.contacts[peer - PEER_FIRST_CONTACT] == LINK_OPEN;
    return body.visitors[peer - body.child_count - 1] == LINK_OPEN;
}

/* What only passes through is no more than that it came. */
static void check_send(const struct effect *effect, const struct event *event)
{
    size_t limit = effect->peer <= body.child_count ? LIMIT_FRAME_RING : LIMIT_FRAME_SOCKET, size;
    const struct frame_pieces pieces = effect_frame(effect);
    static uint8_t frame[LIMIT_FRAME_SOCKET];
    struct message message;

    assert(is_open(effect->peer));
    assert(frame_size(effect->data, effect->size, limit, &size) == FRAME_OK);
    assert(size == frame_pieces_size(&pieces));
    if (event->type == EVENT_FRAME && !event->tail && size == event->size &&
        memcmp(effect->data, event->frame, size) == 0)
        return;
    frame_pieces_copy(frame, &pieces);
    assert(message_read(checker, frame, size, &message) == FRAME_OK);
    assert(coord_equal(&message.sender, &body.coord));
    listen_to(&message);
}

static void close_link(uint32_t peer)
{
    assert(peer > body.child_count);
    if (peer >= PEER_FIRST_CONTACT)
        body.contacts[peer - PEER_FIRST_CONTACT] = LINK_CLOSED;
    else
        body.visitors[peer - body.child_count - 1] = LINK_CLOSED;
}

static void open_contact(const struct effect *effect)
{
    uint32_t number = effect->peer - PEER_FIRST_CONTACT;

    assert(effect->rank < body.topology.node_count && effect->rank != body.rank);
    if (number >= LINKS_MAX) { // as many as one input may have
        body.over = true;
        return;
    }
    assert(body.contacts[number] == LINK_NONE);
    body.contacts[number] = LINK_CONNECTING;
    body.contact_rank[number] = effect->rank;
    if (number >= body.contact_count)
        body.contact_count = number + 1;
}

static void apply(const struct effect *effect, const struct event *event)
{
    switch (effect->type) {
    case EFFECT_SEND:
        check_send(effect, event);
        break;
    case EFFECT_CLOSE:
        close_link(effect->peer);
        break;
    case EFFECT_CONNECT:
        open_contact(effect);
        break;
    case EFFECT_WRITE_FILE:
        body.files++;
        break;
    case EFFECT_LOG:
        assert(effect->text && !memchr(effect->text, '\0', 1));
        break;
    case EFFECT_EXIT:
        body.over = true;
        break;
    case EFFECT_ROOM:
        assert(is_open(effect->peer));
        break;
    case EFFECT_KILL:
    case EFFECT_APPEND:
        break;
    }
}

static void tell(struct event event)
{
    struct effects effects;

    event.now_ns = body.now_ns += 1000;
    event.wall_ns = UINT64_C(1700000000000000000) + body.now_ns;
    effects = node_step(body.node, &event);
    for (size_t i = 0; i < effects.count && !body.over; i++)
        apply(&effects.list[i], &event);
}

/* --- what befalls it -------------------------------------------------------------------------- */

/* A link that something may come over; PEER_NONE when that one is not open. */
static uint32_t take_link(void)
{
    uint8_t choice = take_byte();
    uint32_t number = choice / 4;

    if (choice % 4 == 0)
        return PEER_PARENT;
    if (choice % 4 == 1 && body.child_count)
        return body.child_gone[number % body.child_count]
                   ? PEER_NONE
                   : PEER_FIRST_CHILD + number % body.child_count;
    if (choice % 4 == 2 && body.contact_count)
        number = PEER_FIRST_CONTACT + number % body.contact_count;
    else if (body.visitor_count)
        number = body.child_count + 1 + number % body.visitor_count;
    else
        return PEER_PARENT;
    return is_open(number) ? number : PEER_NONE;
}

/* The link has seen that the size and the header are right. */
static void tell_frame(uint32_t peer, const struct buffer *frame)
{
    size_t limit = peer <= body.child_count ? LIMIT_FRAME_RING : LIMIT_FRAME_SOCKET, size;
    struct event event;
    uint8_t *copy;

    if (frame_size(frame->data, frame->size, limit, &size) != FRAME_OK || size > frame->size)
        return;
    copy = malloc(size); // exactly so large, so that a byte too many is seen
    memcpy(copy, frame->data, size);
    event = (struct event){.type = EVENT_FRAME, .peer = peer, .frame = copy, .size = size};
    node_land(body.node, &event);
    tell(event);
    free(copy);
}

static void tell_message(uint32_t peer)
{
    struct buffer frame = {0};
    struct message message;

    take_message(&message, &body.topology);
    if (take_byte() % 8)
        message.target = body.coord;
    if (peer >= PEER_FIRST_CONTACT && take_byte() % 8)
        message.sender =
            topology_coord(&body.topology, body.contact_rank[peer - PEER_FIRST_CONTACT]);
    message_pack(&frame, &message);
    tell_frame(peer, &frame);
    buffer_free(&frame);
}

/* A header in which one byte may be anything, and bytes. */
static void tell_bytes(uint32_t peer)
{
    uint8_t header[FRAME_HEADER_SIZE], bytes[64], size = take_byte() % sizeof bytes;
    struct frame_header fields = {.type = (uint8_t)take_type(), .target = body.coord};
    struct buffer frame = {0};

    fields.payload_size = size;
    fields.sender = take_coord(&body.topology);
    frame_header_write(&fields, header);
    header[take_byte() % sizeof header] ^= take_byte();
    for (unsigned i = 0; i < size; i++)
        bytes[i] = take_byte();
    buffer_append(&frame, header, sizeof header);
    buffer_append(&frame, bytes, size);
    tell_frame(peer, &frame);
    buffer_free(&frame);
}

static void tell_timeout(void)
{
    uint64_t deadline_ns = node_deadline(body.node);

    if (deadline_ns == UINT64_MAX)
        return;
    if (body.now_ns < deadline_ns)
        body.now_ns = deadline_ns;
    for (uint32_t i = 0; i < body.child_count; i++) {
        uint8_t choice = take_byte();

        if (choice % 2)
            body.beats_ns[i] = body.now_ns;
        body.work[i] = (struct child_work){.started_ns = choice % 4 == 3 ? body.now_ns / 2 + 1 : 0,
                                           .limit_ms = choice / 16,
                                           .open = choice % 8 > 3,
                                           .kernel = "work"};
    }
    tell((struct event){.type = EVENT_TIMEOUT, .beats_ns = body.beats_ns, .work = body.work});
}

static void tell_child_gone(void)
{
    uint8_t choice = take_byte();
    uint32_t child = body.child_count ? choice % body.child_count : 0;

    if (!body.child_count || body.child_gone[child])
        return;
    body.child_gone[child] = true;
    tell((struct event){.type = EVENT_CHILD_GONE,
                        .peer = PEER_FIRST_CHILD + child,
                        .unasked = choice & 64,
                        .work = choice & 128 ? &body.work[child] : NULL,
                        .wait_status = choice & 32 ? 11 : (choice & 16) << 4});
}

static void tell_connected(void)
{
    uint8_t choice = take_byte();
    uint32_t number = body.contact_count ? choice % body.contact_count : 0;

    if (body.contacts[number] != LINK_CONNECTING)
        return;
    body.contacts[number] = choice < 224 ? LINK_OPEN : LINK_CLOSED;
    tell((struct event){.type = EVENT_CONNECTED,
                        .peer = PEER_FIRST_CONTACT + number,
                        .text = choice < 224 ? NULL : "connection refused"});
}

static void tell_opened(void)
{
    if (body.visitor_count == LINKS_MAX)
        return;
    body.visitors[body.visitor_count++] = LINK_OPEN;
    tell((struct event){.type = EVENT_LINK_OPENED, .peer = body.child_count + body.visitor_count});
}

static void tell_opened_or_room(void)
{
    uint32_t peer;

    if (take_byte() % 4 == 0)
        tell_opened();
    else if ((peer = take_link()) != PEER_NONE)
        tell((struct event){.type = EVENT_ROOM, .peer = peer});
}

static void tell_closed(void)
{
    uint32_t peer = take_link();
    enum frame_fault fault = take_byte() % FRAME_FAULT_COUNT;

    if (peer == PEER_NONE)
        return;
    if (peer > body.child_count)
        close_link(peer);
    tell((struct event){.type = EVENT_LINK_CLOSED, .peer = peer, .fault = fault});
}

static void tell_written(void)
{
    if (!body.files)
        return;
    body.files--;
    tell((struct event){.type = EVENT_FILE_WRITTEN,
                        .text = take_byte() % 8 ? NULL : "the disk is full"});
}

/* What is rare ends most inputs. */
static void tell_rare(void)
{
    switch (take_byte()) {
    case 0:
        tell((struct event){.type = EVENT_TERMINATE});
        break;
    case 1:
        tell((struct event){.type = EVENT_PARENT_GONE});
        break;
    case 2:
        tell_closed();
        break;
    default:
        tell_child_gone();
    }
}

static void tell_something(void)
{
    uint8_t choice = take_byte() % 32;
    uint32_t peer;

    if (choice < 18) {
        if ((peer = take_link()) != PEER_NONE)
            tell_message(peer);
    } else if (choice < 24) {
        if (node_wants_run(body.node))
            tell((struct event){.type = EVENT_RUN});
    } else if (choice < 26)
        tell_connected();
    else if (choice < 27)
        tell_opened_or_room();
    else if (choice < 28)
        tell_timeout();
    else if (choice < 29)
        tell_written();
    else if (choice < 30)
        tell_rare();
    else if (choice < 31) {
        if ((peer = take_link()) != PEER_NONE && peer > body.child_count)
            tell_closed();
    } else if ((peer = take_link()) != PEER_NONE)
        tell_bytes(peer);
}

/* --- from the beginning to the end ------------------------------------------------------------ */

static void child_is_ready(uint32_t child)
{
    uint32_t rank = topology_children(&body.topology, body.rank, &(uint32_t){0}) + child;
    struct wire_level_count counts[LEVEL_COUNT];
    struct message message = {.type = MSG_READY, .target = body.coord};
    struct buffer frame = {0};

    message.sender = topology_coord(&body.topology, rank);
    message.ready.counts.items = counts;
    for (unsigned level = 0; level < LEVEL_COUNT; level++) {
        uint32_t count;

        topology_subtree(&body.topology, rank, (enum level)level, &count);
        if (count)
            counts[message.ready.counts.count++] =
                (struct wire_level_count){.level = (uint8_t)level, .count = count};
    }
    message_pack(&frame, &message);
    tell_frame(PEER_FIRST_CHILD + child, &frame);
    buffer_free(&frame);
}

static void open_port(void)
{
    body.buffers_size = ring_layout_size(&body.topology, body.rank);
    body.port = (struct node_port){.clock = port_clock,
                                   .code_load = code_load,
                                   .code_store = code_store,
                                   .code_bytes = code_bytes,
                                   .trim = trim};
    body.port.buffers = mmap(NULL, body.buffers_size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert(body.port.buffers != MAP_FAILED);
    for (unsigned i = 0; i < CODES; i++)
        body.kernels[i] = (struct kernel){.hash = i,
                                          .level = i == 3 ? LEVEL_GLOBAL : body.coord.level,
                                          .role = i % 2 ? LINQU_ROLE_WORKER
                                                        : LINQU_ROLE_ORCHESTRATOR,
                                          .entry = i % 2 ? work : orchestrate};
}

/* The top, a pod, a host or a chip, each with at most two children. */
static void open_node(unsigned choice)
{
    static const uint32_t ranks[] = {1, 3, 7, 0};
    struct node_config config = {.topology = &body.topology,
                                 .logical_system = "linqu",
                                 .physical_system = "here",
                                 .run_path = "/run",
                                 .pid = 1,
                                 .beat_interval_ms = 1000,
                                 .stop_ms = 8000,
                                 .task_timeout_ms = choice & 4 ? 1000 : 0,
                                 .copy_budget = choice & 8 ? 4096 : 0,
                                 .visitors_most = choice & 16 ? 2 : 0,
                                 .port = &body.port};
    struct error err;

    memset(&body, 0, sizeof body);
    if (topology_parse("L6:1 L4:2 L3:2 L2:2", &body.topology, &err) < 0 ||
        topology_ring_capacity_parse(&body.topology.settings, "task=8,buffer=4K", &err) < 0)
        abort();
    body.rank = config.rank = ranks[choice % 4];
    body.coord = topology_coord(&body.topology, body.rank);
    topology_children(&body.topology, body.rank, &body.child_count);
    body.now_ns = 1;
    open_port();
    body.node = node_create(&config);
    tell((struct event){.type = EVENT_START});
    for (uint32_t child = 0; child < body.child_count; child++)
        child_is_ready(child);
    assert(node_life(body.node) == NODE_READY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    take_from(data, size);
    open_node(take_byte());
    for (unsigned i = 0; i < STEPS_MAX && !body.over && anything_left(); i++)
        tell_something();
    node_destroy(body.node);
    munmap(body.port.buffers, body.buffers_size);
    return 0;
}
