/* What lies here of others' data, and who may read it. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/activation.h"
#include "node/data.h"
#include "topo/ring_layout.h"

_Static_assert((int)RING_LAYOUT_DEPTHS == (int)RING_DEPTHS, "a ring for every depth");

uint8_t *data_at(const struct node *node, enum level owner, unsigned depth, uint64_t place)
{
    return node->runtime->port.buffers +
           ring_layout_offset(node->topology, node->config.rank, owner, depth) + place;
}

void data_write(struct node *node, enum level owner, unsigned depth, uint64_t place, uint64_t size,
                bool zeros)
{
    uint64_t *dirty = &node->runtime->data->dirty[owner][depth];

    if (zeros && place < *dirty)
        memset(data_at(node, owner, depth, place), 0,
               place + size < *dirty ? size : *dirty - place);
    if (place + size > *dirty)
        *dirty = place + size;
}

static enum tensor_status find(const struct node *node, uint64_t handle, uint32_t version,
                               uint8_t **bytes, uint64_t *size)
{
    const struct held_version *held = held_find(node->runtime->held, handle, version);
    const struct copy *copy;

    if (held && held->state == HELD_FAILED)
        return TENSOR_STATUS_FAILED;
    if (held && held->state == HELD_COMING)
        return TENSOR_STATUS_COMING;
    if (held) {
        *bytes = data_at(node, (enum level)held->level, held->depth, held->place);
        *size = held->size;
        return TENSOR_STATUS_HERE;
    }
    if (activation_bytes(node, handle, version, bytes, size))
        return TENSOR_STATUS_HERE;
    copy = copy_find(node->runtime->copies, handle, version);
    if (!copy || !copy->whole)
        return TENSOR_STATUS_ABSENT;
    *bytes = copy->bytes;
    *size = copy->size;
    return TENSOR_STATUS_HERE;
}

bool data_stays(const struct node *node, uint64_t handle, uint32_t version)
{
    const struct held_version *held = held_find(node->runtime->held, handle, version);
    const struct copy *copy = held ? NULL : copy_find(node->runtime->copies, handle, version);

    return held ? held->state == HELD_HERE : copy && copy->whole && copy->pinned;
}

/* --- for others ------------------------------------------------------------------------------- */

/* A chunk goes when the link has room for it, so that bytes wait where they lie and not in queues,
 * and those who read over other links have theirs in between. */
enum {
    WAITS_FROM = 32 * 1024, // bytes sent since there was room
    ANSWER_COST = 128,      // in bytes, of one without any
};

static uint64_t chunk_most(const struct node *node, uint32_t peer)
{
    return peer <= node->child_count ? CHUNK_EDGE : CHUNK_SOCKET;
}

static uint64_t key_of(uint64_t handle, uint32_t version)
{
    return handle ^ (uint64_t)version << 32;
}

static struct servings *servings_over(const struct node *node, uint32_t peer)
{
    const struct runtime *runtime = node->runtime;

    return runtime && runtime->data ? u64_map_find(&runtime->data->servings, peer) : NULL;
}

static void add_last(struct servings *servings, struct serving *serving)
{
    serving->next = NULL;
    if (servings->first)
        servings->last->next = serving;
    else
        servings->first = serving;
    servings->last = serving;
}

static struct serving *take_first(struct servings *servings)
{
    struct serving *serving = servings->first;

    servings->first = serving->next;
    return serving;
}

static void add_question(struct servings *servings, struct serving *serving)
{
    uint64_t key = key_of(serving->handle, serving->version);

    add_last(servings, serving);
    serving->alike = u64_map_remove(&servings->by_key, key);
    u64_map_put(&servings->by_key, key, serving);
    servings->count++;
}

static void end_question(struct servings *servings, struct serving *serving)
{
    uint64_t key = key_of(serving->handle, serving->version);
    struct serving *alike = u64_map_remove(&servings->by_key, key), **link = &alike;

    while (*link != serving)
        link = &(*link)->alike;
    *link = serving->alike;
    if (alike)
        u64_map_put(&servings->by_key, key, alike);
    servings->count--;
    free(serving);
}

/* What the same reader has asked of the same version before and not had; NULL when nothing. */
static struct serving *asked_before(const struct servings *servings, const struct message *question)
{
    const struct msg_tensor_lookup *lookup = &question->tensor_lookup;
    struct serving *serving =
        u64_map_find(&servings->by_key, key_of(lookup->handle, lookup->version));

    while (serving && (serving->handle != lookup->handle || serving->version != lookup->version ||
                       !coord_equal(&serving->reader, &question->sender)))
        serving = serving->alike;
    return serving;
}

static void take_question(struct servings *servings, const struct message *question, uint64_t total)
{
    const struct msg_tensor_lookup *lookup = &question->tensor_lookup;
    uint64_t credit = data_least(lookup->credit, LOOKUP_CREDIT_MOST);
    struct serving *serving = asked_before(servings, question);

    if (!serving) {
        serving = memory_new(1, sizeof *serving);
        *serving = (struct serving){.reader = question->sender,
                                    .handle = lookup->handle,
                                    .version = lookup->version,
                                    .at = lookup->offset,
                                    .end = lookup->offset};
        add_question(servings, serving);
    }
    serving->correlation = question->correlation;
    if (serving->end != lookup->offset)
        serving->at = serving->end = lookup->offset;
    if (lookup->offset < total)
        serving->end += data_least(credit, total - lookup->offset);
}

/* Its next chunk, of at most so many bytes; of a version without bytes, one without bytes. The
 * version may have gone since the question came. Returns the bytes that were sent. */
static uint64_t send_chunk(struct node *node, uint32_t peer, struct serving *serving, uint64_t most)
{
    struct message answer = {.type = MSG_TENSOR_DATA, .correlation = serving->correlation};
    struct msg_tensor_data *data = &answer.tensor_data;
    uint64_t total = 0, size = 0;
    uint8_t *bytes = NULL;
    enum tensor_status found = find(node, serving->handle, serving->version, &bytes, &total);

    if (found == TENSOR_STATUS_HERE && total < serving->end)
        found = TENSOR_STATUS_ABSENT;
    *data = (struct msg_tensor_data){.handle = serving->handle,
                                     .version = serving->version,
                                     .status = (uint8_t)found,
                                     .total = total,
                                     .offset = serving->at};
    if (found == TENSOR_STATUS_HERE) {
        size = data_least(most, serving->end - serving->at);
        data->bytes = (wire_bin){.data = bytes + serving->at, .size = (uint32_t)size};
        serving->at += size;
    } else {
        serving->at = serving->end;
        node->counters.late += found != TENSOR_STATUS_FAILED;
    }
    want_data_to(node, peer, &serving->reader, &answer);
    return size;
}

static void serve(struct node *node, uint32_t peer, struct servings *servings)
{
    uint64_t most = chunk_most(node, peer);

    while (servings->first && !servings->waits) {
        struct serving *serving = take_first(servings);

        servings->sent += ANSWER_COST + send_chunk(node, peer, serving, most);
        if (serving->at < serving->end)
            add_last(servings, serving);
        else
            end_question(servings, serving);
        servings->waits = servings->sent >= WAITS_FROM;
        if (servings->waits)
            want_room(node, peer, most + MESSAGE_HEAD_MOST);
    }
}

/* The task that wrote a version has completed before anybody is told of it, and all its readers
 * have ended before it is retired. So who asks for one that is not written, or not here, is wrong.
 */
static void answer_lookup(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_tensor_lookup *lookup = &message->tensor_lookup;
    struct servings *servings = servings_over(node, peer);
    uint64_t total = 0;

    find(node, lookup->handle, lookup->version, &(uint8_t *){NULL}, &total);
    if (!servings) {
        servings = memory_new(1, sizeof *servings);
        u64_map_put(&node->runtime->data->servings, peer, servings);
    }
    take_question(servings, message, total);
    serve(node, peer, servings);
}

void serve_room(struct node *node, uint32_t peer)
{
    struct servings *servings = servings_over(node, peer);

    if (!servings)
        return;
    servings->waits = false;
    servings->sent = 0;
    serve(node, peer, servings);
}

static void servings_end(struct servings *servings)
{
    while (servings->first)
        end_question(servings, take_first(servings));
    u64_map_free(&servings->by_key);
    free(servings);
}

void serve_end(struct node *node, uint32_t peer)
{
    struct servings *servings = servings_over(node, peer);

    if (!servings)
        return;
    u64_map_remove(&node->runtime->data->servings, peer);
    servings_end(servings);
}

bool serve_is_done(const struct node *node, uint32_t peer)
{
    const struct servings *servings = servings_over(node, peer);

    return !servings || (!servings->first && !servings->waits);
}

bool serve_is_full(const struct node *node, uint32_t peer)
{
    const struct servings *servings = servings_over(node, peer);

    return servings && servings->count >= QUESTIONS_MOST;
}

void servings_free(struct data_state *data)
{
    struct servings *servings;
    size_t at = 0;

    while ((servings = u64_map_next(&data->servings, &at)))
        servings_end(servings);
    u64_map_free(&data->servings);
}

void on_tensor_lookup(struct node *node, uint32_t peer, const struct message *message)
{
    if (!registered_asked(node, peer, message))
        answer_lookup(node, peer, message);
}

/* --- what is retired -------------------------------------------------------------------------- */

/* A ring that has drained gives back what it touched above what it keeps: the next block goes to
 * its beginning. */
static void trim_ring(struct node *node, const struct held_version *released)
{
    const struct node_port *port = &node->runtime->port;
    enum level owner = (enum level)released->level;
    uint64_t *touched = &node->runtime->data->touched[owner][released->depth];
    uint64_t end = released->place + released->size;

    if (end > *touched)
        *touched = end;
    if (held_layer(node->runtime->held, owner, released->depth)->bytes > 0)
        return;
    if (*touched > RING_BYTES_KEPT && port->trim) {
        node->runtime->data->dirty[owner][released->depth] = RING_BYTES_KEPT;
        port->trim(port->arg,
                   ring_layout_offset(node->topology, node->config.rank, owner, released->depth) +
                       RING_BYTES_KEPT,
                   *touched - RING_BYTES_KEPT);
    }
    *touched = 0;
}

void data_released(struct node *node, uint64_t handle, uint32_t version)
{
    struct runtime *runtime = node->runtime;
    struct held_version released;

    if (held_find(runtime->held, handle, version)) {
        held_release(runtime->held, handle, version, &released);
        registered_released(node, handle, version);
        trim_ring(node, &released);
        trace_release(node, &released);
    } else if (!copy_find(runtime->copies, handle, version)) {
        node->counters.late++;
    }
    copy_forget(runtime->copies, handle, version);
}

void data_released_all(struct node *node)
{
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++)
        trace_scope_exit(node, depth);
}

/* A release of what somebody else owns is not his to give. */
static bool owned_by(const struct node *node, const struct wire_release *release, uint8_t level)
{
    const struct held_version *held =
        held_find(node->runtime->held, release->handle, release->version);

    return !held || held->level == level;
}

void on_scope_exit(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_scope_exit *scope = &message->scope_exit;

    (void)peer;
    for (uint32_t i = 0; i < scope->retired.count; i++) {
        const struct wire_release *release = &scope->retired.items[i];

        if (owned_by(node, release, scope->owner_level))
            data_released(node, release->handle, release->version);
        else
            refuse(node, FRAME_UNEXPECTED, "SCOPE_EXIT");
    }
    data_released_all(node);
}
