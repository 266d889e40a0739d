/* Versions that lie elsewhere and are wanted here. For each there is one fetch, however many want
 * it. It asks for a window of bytes at a time, and for more as soon as half of the window has come,
 * so that the holder always has something to send and never more than that. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/activation.h"
#include "node/data.h"

struct data_state *data_state_create(void)
{
    struct data_state *data = memory_new(1, sizeof *data);

    data->told_end = &data->told;
    return data;
}

/* The copies and the wants go with those who own them. */
void data_state_destroy(struct data_state *data)
{
    if (!data)
        return;
    while (data->oldest) {
        struct fetch *fetch = data->oldest;

        data->oldest = fetch->newer;
        free(fetch);
    }
    u64_map_free(&data->fetches);
    servings_free(data);
    registered_free(data);
    contacts_free(data);
    free(data);
}

/* --- the table of fetches --------------------------------------------------------------------- */

static struct fetch *fetch_find(const struct data_state *data, uint64_t handle, uint32_t version)
{
    struct fetch *fetch = u64_map_find(&data->fetches, handle);

    while (fetch && fetch->copy->version != version)
        fetch = fetch->next_version;
    return fetch;
}

/* A large one begins (1) or ends (-1). */
static void count_large(struct node *node, int change)
{
    struct data_state *data = node->runtime->data;
    const struct node_port *port = &node->runtime->port;
    bool before = data->large > 0;

    data->large += (uint32_t)change;
    if (before != (data->large > 0) && port->roam)
        port->roam(port->arg, !before);
}

static void put_in_table(struct node *node, struct fetch *fetch)
{
    struct data_state *data = node->runtime->data;
    uint64_t handle = fetch->copy->handle;

    fetch->next_version = u64_map_remove(&data->fetches, handle);
    u64_map_put(&data->fetches, handle, fetch);
    fetch->older = data->newest;
    if (data->newest)
        data->newest->newer = fetch;
    else
        data->oldest = fetch;
    data->newest = fetch;
    data->fetch_count++;
    if (fetch->copy->size >= FETCH_LARGE)
        count_large(node, 1);
}

static void take_from_table(struct node *node, struct fetch *fetch)
{
    struct data_state *data = node->runtime->data;
    uint64_t handle = fetch->copy->handle;
    struct fetch *first = u64_map_remove(&data->fetches, handle);
    struct fetch **link = &first;

    while (*link != fetch)
        link = &(*link)->next_version;
    *link = fetch->next_version;
    if (first)
        u64_map_put(&data->fetches, handle, first);
    if (fetch->newer)
        fetch->newer->older = fetch->older;
    else
        data->newest = fetch->older;
    if (fetch->older)
        fetch->older->newer = fetch->newer;
    else
        data->oldest = fetch->newer;
    data->fetch_count--;
    if (fetch->copy->size >= FETCH_LARGE)
        count_large(node, -1);
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Many fetches at once have smaller windows. */
static uint64_t window_of(const struct node *node, const struct fetch *fetch)
{
    uint32_t count = node->runtime->data->fetch_count;
    uint64_t share = WINDOWS_MOST / (count ? count : 1);
    uint64_t most = fetch->peer <= node->child_count ? WINDOW_EDGE : WINDOW_SOCKET;

    return share > most ? most : share < CHUNK_EDGE ? CHUNK_EDGE : share;
}

static void ask(struct node *node, struct fetch *fetch, uint64_t credit)
{
    struct message message = {.type = MSG_TENSOR_LOOKUP};

    message.tensor_lookup.handle = fetch->copy->handle;
    message.tensor_lookup.version = fetch->copy->version;
    message.tensor_lookup.offset = fetch->asked;
    message.tensor_lookup.credit = credit;
    fetch->asked += credit;
    contact_message(node, fetch->peer, fetch->holder, &message);
}

static void ask_more(struct node *node, struct fetch *fetch)
{
    uint64_t window = window_of(node, fetch);
    uint64_t under_way = fetch->asked - fetch->copy->filled;
    uint64_t rest = fetch->copy->size - fetch->asked;

    if (rest && under_way <= window / 2)
        ask(node, fetch, rest < window - under_way ? rest : window - under_way);
}

/* Ask the holder for what is not here yet; false and a sentence when there is no way to it. */
static bool ask_holder(struct node *node, struct fetch *fetch, struct error *err)
{
    fetch->peer = contact_way(node, fetch->holder, err);
    if (fetch->peer == PEER_NONE)
        return false;
    contact_hold(node, fetch->peer);
    fetch->asked = fetch->copy->filled;
    ask_more(node, fetch);
    return true;
}

/* --- the end of a fetch ----------------------------------------------------------------------- */

static void put_told(struct data_state *data, struct want *want)
{
    want->next = NULL;
    *data->told_end = want;
    data->told_end = &want->next;
}

static bool take_told(struct data_state *data, struct want *want)
{
    struct want **link = &data->told;

    while (*link && *link != want)
        link = &(*link)->next;
    if (!*link)
        return false;
    *link = want->next;
    if (!*link)
        data->told_end = link;
    return true;
}

static void use_copy(struct want *want, struct copy *copy)
{
    want->copy = copy;
    want->bytes = copy->bytes;
    want->remote = !copy->pinned;
}

/* It is whole, or has failed: `cause`. Its wants will be told. */
static void end_fetch(struct node *node, struct fetch *fetch, const char *cause)
{
    struct data_state *data = node->runtime->data;

    take_from_table(node, fetch);
    while (fetch->wants) {
        struct want *want = fetch->wants;

        fetch->wants = want->next;
        want->took_ns = node->now_ns - fetch->began_ns;
        if (cause) {
            want->error = memory_string(cause);
            copy_leave(node->runtime->copies, want->copy);
            want->copy = NULL;
        } else {
            use_copy(want, fetch->copy);
        }
        put_told(data, want);
    }
    contact_leave(node, fetch->peer);
    free(fetch);
}

void fetch_tell(struct node *node)
{
    struct data_state *data = node->runtime->data;

    while (data->told) {
        struct want *want = data->told;

        take_told(data, want);
        want->coming = false;
        want->done(node, want);
    }
}

/* --- wanting ---------------------------------------------------------------------------------- */

static bool fail_want(const struct node *node, struct want *want, const char *cause)
{
    char name[LIMIT_NODE_PATH], text[LIMIT_CAUSE];

    snprintf(text, sizeof text, "the data of %s cannot be had: %.380s",
             want->holder == node->config.rank ? "this node" : rank_name(node, want->holder, name),
             cause);
    want->error = memory_string(text);
    return true;
}

/* Its bytes lie in a ring of this node, or would. */
static bool want_held(const struct node *node, struct want *want, const struct held_version *held)
{
    if (held->state == HELD_FAILED)
        return fail_want(node, want, "the task that was to make it failed");
    if (held->state == HELD_COMING)
        return fail_want(node, want, "it is not written yet");
    if (held->size != want->size)
        return fail_want(node, want, "it is of another size");
    want->bytes = data_at(node, (enum level)held->level, held->depth, held->place);
    return true;
}

static bool join_fetch(struct node *node, struct want *want, struct fetch *fetch)
{
    copy_use(node->runtime->copies, fetch->copy);
    want->copy = fetch->copy;
    want->coming = true;
    want->next = fetch->wants;
    fetch->wants = want;
    return false;
}

static bool want_copy(struct node *node, struct want *want, struct copy *copy)
{
    copy_use(node->runtime->copies, copy);
    use_copy(want, copy);
    return true;
}

/* Why it is no use to ask the holder; NULL when it is. */
static const char *unreachable(const struct node *node, const struct want *want)
{
    if (want->holder == node->config.rank)
        return "it is not, or no longer, here";
    if (want->holder == RANK_LAUNCHER)
        return NULL;
    if (want->holder >= node->topology->node_count)
        return "there is no such node";
    switch (membership_status(node->members, want->holder)) {
    case MEMBER_DEAD:
        return "the node is dead";
    case MEMBER_LEFT:
        return "the node has left";
    default:
        return NULL;
    }
}

static bool fetch_new(struct node *node, struct want *want)
{
    struct runtime *runtime = node->runtime;
    struct copy *copy = copy_add(runtime->copies, want->handle, want->version, want->size);
    struct fetch *fetch;
    struct error err;

    if (!copy)
        return fail_want(node, want, "there is no memory for a copy of it");
    fetch = memory_new(1, sizeof *fetch);
    *fetch = (struct fetch){.copy = copy,
                            .wants = want,
                            .began_ns = node->now_ns,
                            .number = ++runtime->data->fetches_begun,
                            .holder = want->holder,
                            .peer = PEER_NONE};
    put_in_table(node, fetch);
    if (!ask_holder(node, fetch, &err)) {
        take_from_table(node, fetch);
        free(fetch);
        copy_leave(runtime->copies, copy);
        return fail_want(node, want, err.text);
    }
    want->copy = copy;
    want->coming = true;
    return false;
}

static void reset(struct want *want)
{
    want->error = NULL;
    want->bytes = NULL;
    want->copy = NULL;
    want->next = NULL;
    want->took_ns = 0;
    want->remote = want->coming = false;
}

/* Neither in a ring nor among the copies. */
static bool want_elsewhere(struct node *node, struct want *want)
{
    static uint8_t nothing;
    const char *why = unreachable(node, want);

    if (why && want->holder == node->config.rank)
        node->counters.late++;
    if (why)
        return fail_want(node, want, why);
    if (want->size > 0)
        return fetch_new(node, want);
    want->bytes = &nothing;
    return true;
}

bool fetch_begin(struct node *node, struct want *want)
{
    struct runtime *runtime = node->runtime;
    const struct held_version *held = held_find(runtime->held, want->handle, want->version);
    struct fetch *fetch = fetch_find(runtime->data, want->handle, want->version);
    struct copy *copy =
        fetch ? fetch->copy : copy_find(runtime->copies, want->handle, want->version);

    reset(want);
    if (held)
        return want_held(node, want, held);
    if (activation_bytes(node, want->handle, want->version, &want->bytes, &(uint64_t){0}))
        return true;
    if (!copy)
        return want_elsewhere(node, want);
    if (!fetch && !copy->whole)
        return fail_want(node, want, "it is not written yet");
    if (copy->size != want->size)
        return fail_want(node, want, "it is of another size");
    return fetch ? join_fetch(node, want, fetch) : want_copy(node, want, copy);
}

static void leave_fetch(struct node *node, struct want *want)
{
    struct data_state *data = node->runtime->data;
    struct fetch *fetch = fetch_find(data, want->handle, want->version);
    struct want **link;

    assert(fetch);
    for (link = &fetch->wants; *link != want; link = &(*link)->next)
        ;
    *link = want->next;
    if (fetch->wants)
        return;
    take_from_table(node, fetch);
    contact_leave(node, fetch->peer);
    free(fetch);
}

void fetch_end(struct node *node, struct want *want)
{
    if (want->coming && !take_told(node->runtime->data, want))
        leave_fetch(node, want);
    want->coming = false;
    if (want->copy)
        copy_leave(node->runtime->copies, want->copy);
    want->copy = NULL;
    want->bytes = NULL;
    free(want->error);
    want->error = NULL;
}

/* --- what comes ------------------------------------------------------------------------------- */

static void fail_fetch(struct node *node, struct fetch *fetch, const char *cause)
{
    char name[LIMIT_NODE_PATH], sentence[LIMIT_CAUSE];

    snprintf(sentence, sizeof sentence, "the data of %s cannot be had: %.380s",
             rank_name(node, fetch->holder, name), cause);
    end_fetch(node, fetch, sentence);
}

static const char *refusal_of(const struct fetch *fetch, const struct msg_tensor_data *data)
{
    switch (data->status) {
    case TENSOR_STATUS_HERE:
        return data->total == fetch->copy->size ? NULL : "it is of another size there";
    case TENSOR_STATUS_FAILED:
        return "the task that was to make it failed";
    case TENSOR_STATUS_COMING:
        return "it is not written yet";
    default:
        return "it is not, or no longer, there";
    }
}

/* Bytes that are here already came because they were asked for twice: before and after a connection
 * was lost, or by a fetch that was given up. They never differ. */
static void take_bytes(struct fetch *fetch, const struct msg_tensor_data *data)
{
    struct copy *copy = fetch->copy;
    uint64_t known;

    if (data->offset > copy->filled || data->offset + data->bytes.size > copy->size)
        return;
    known = copy->filled - data->offset;
    if (known >= data->bytes.size)
        return;
    if (data->bytes.data != copy->bytes + copy->filled) // else they have landed
        memcpy(copy->bytes + copy->filled, data->bytes.data + known, data->bytes.size - known);
    copy->filled += data->bytes.size - known;
    copy->whole = copy->filled == copy->size;
    if (fetch->asked < copy->filled)
        fetch->asked = copy->filled;
    fetch->tries = 0;
}

/* The next bytes of a fetch go where it wants them; all else is read from its frame. */
bool node_landing(const struct node *node, uint32_t peer, const uint8_t *frame,
                  struct landing *landing)
{
    struct message message;
    const struct msg_tensor_data *data = &message.tensor_data;
    const struct fetch *fetch;
    size_t head_size;

    if (!node->runtime || !node->runtime->data)
        return false;
    head_size = message_read_head(frame, &message);
    if (!head_size || !coord_equal(&message.target, &node->coord))
        return false;
    fetch = fetch_find(node->runtime->data, data->handle, data->version);
    if (!fetch || fetch->peer != peer || !contact_is_open(node, peer) ||
        rank_of_coord(node, &message.sender) != fetch->holder || refusal_of(fetch, data) ||
        data->offset != fetch->copy->filled ||
        data->bytes.size > fetch->copy->size - fetch->copy->filled)
        return false;
    *landing = (struct landing){.at = fetch->copy->bytes + fetch->copy->filled,
                                .head_size = head_size,
                                .ticket = fetch->number};
    return true;
}

bool node_land(const struct node *node, struct event *event)
{
    struct landing landing;

    if (event->type != EVENT_FRAME || event->size < MESSAGE_HEAD_MOST ||
        !node_landing(node, event->peer, event->frame, &landing))
        return false;
    event->tail_size = event->size - landing.head_size;
    memcpy(landing.at, event->frame + landing.head_size, event->tail_size);
    event->tail = landing.at;
    event->size = landing.head_size;
    return true;
}

void on_tensor_data(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_tensor_data *data = &message->tensor_data;
    struct fetch *fetch = fetch_find(node->runtime->data, data->handle, data->version);
    const char *refusal;

    if (!fetch || fetch->peer != peer || rank_of_coord(node, &message->sender) != fetch->holder) {
        node->counters.late++;
        return;
    }
    refusal = refusal_of(fetch, data);
    if (refusal) {
        fail_fetch(node, fetch, refusal);
    } else {
        take_bytes(fetch, data);
        if (fetch->copy->whole)
            end_fetch(node, fetch, NULL);
        else
            ask_more(node, fetch);
    }
    fetch_tell(node);
}

/* --- what is lost ----------------------------------------------------------------------------- */

/* The end of a connection says nothing of the holder's life: it is asked again for the rest. */
static void ask_again(struct node *node, struct fetch *fetch)
{
    struct error err;

    fetch->peer = PEER_NONE;
    if (++fetch->tries > FETCH_TRIES)
        fail_fetch(node, fetch, "the connection was lost again and again");
    else if (!ask_holder(node, fetch, &err))
        fail_fetch(node, fetch, err.text);
}

void fetch_connection_lost(struct node *node, uint32_t peer)
{
    struct fetch *fetch = node->runtime->data->oldest, *newer;

    for (; fetch; fetch = newer) {
        newer = fetch->newer;
        if (fetch->peer == peer)
            ask_again(node, fetch);
    }
}

void fetch_no_connection(struct node *node, uint32_t peer, const char *cause)
{
    struct fetch *fetch = node->runtime->data->oldest, *newer;

    for (; fetch; fetch = newer) {
        newer = fetch->newer;
        if (fetch->peer == peer)
            fail_fetch(node, fetch, cause);
    }
}

void data_lost(struct node *node, uint32_t rank, const char *cause)
{
    struct fetch *fetch = node->runtime->data->oldest, *newer;

    for (; fetch; fetch = newer) {
        newer = fetch->newer;
        if (fetch->holder != RANK_LAUNCHER && topology_within(node->topology, fetch->holder, rank))
            fail_fetch(node, fetch, cause);
    }
    contact_lost(node, rank);
    registered_lost(node, rank);
    fetch_tell(node);
}
