/* What lies here of others' data, and who may read it. */

#include <assert.h>
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

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* `bytes` is the whole version. What was asked for goes in chunks; of a version without bytes, one
 * without bytes. */
static void send_bytes(struct node *node, uint32_t peer, const struct message *question,
                       const uint8_t *bytes, struct message *answer)
{
    const struct msg_tensor_lookup *lookup = &question->tensor_lookup;
    uint64_t most = peer <= node->child_count ? CHUNK_EDGE : CHUNK_SOCKET;
    uint64_t total = answer->tensor_data.total;
    uint64_t credit = least(lookup->credit, LOOKUP_CREDIT_MOST);
    uint64_t at = lookup->offset, end = at + least(credit, total - at);

    do {
        uint64_t size = least(most, end - at);

        answer->tensor_data.offset = at;
        answer->tensor_data.bytes = (wire_bin){.data = bytes + at, .size = (uint32_t)size};
        want_message_to(node, peer, &question->sender, answer);
        at += size;
    } while (at < end);
}

/* The task that wrote a version has completed before anybody is told of it, and all its readers
 * have ended before it is retired. So who asks for one that is not written, or not here, is wrong.
 */
void on_tensor_lookup(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_tensor_lookup *lookup = &message->tensor_lookup;
    struct message answer = {.type = MSG_TENSOR_DATA, .correlation = message->correlation};
    uint64_t total = 0;
    uint8_t *bytes = NULL;
    enum tensor_status found = find(node, lookup->handle, lookup->version, &bytes, &total);

    if (found == TENSOR_STATUS_HERE && lookup->offset > total)
        found = TENSOR_STATUS_ABSENT;
    answer.tensor_data.handle = lookup->handle;
    answer.tensor_data.version = lookup->version;
    answer.tensor_data.status = (uint8_t)found;
    answer.tensor_data.total = total;
    if (found == TENSOR_STATUS_HERE) {
        send_bytes(node, peer, message, bytes, &answer);
        return;
    }
    if (found != TENSOR_STATUS_FAILED)
        node->counters.late++;
    want_message_to(node, peer, &message->sender, &answer);
}

/* --- registered data -------------------------------------------------------------------------- */

static void hold_own(struct node *node, const struct task *task, const struct task_param *param,
                     const void *bytes)
{
    enum level self = (enum level)node->coord.level;
    const struct held_version version = {.handle = param->value,
                                         .size = param->size,
                                         .place = param->place,
                                         .version = param->new_version,
                                         .depth = task->depth,
                                         .state = HELD_HERE};

    if (!held_add(node->runtime->held, self, task->id, &version))
        return;
    data_write(node, self, task->depth, param->place, param->size, false);
    if (param->size)
        memcpy(data_at(node, self, task->depth, param->place), bytes, param->size);
}

static void keep_pinned(struct node *node, const struct task_param *param, const void *bytes)
{
    struct copy_cache *copies = node->runtime->copies;
    struct copy *copy = copy_add(copies, param->value, param->new_version, param->size);

    if (!copy)
        memory_short(1, param->size);
    if (param->size)
        memcpy(copy->bytes, bytes, param->size);
    copy->filled = param->size;
    copy->whole = true;
    copy_pin(copies, copy);
    copy_leave(copies, copy);
}

static void send_registered(struct node *node, uint32_t holder, const struct task *task,
                            const struct task_param *param, const uint8_t *bytes)
{
    struct message message = {.type = MSG_REG_DATA};
    struct msg_reg_data *data = &message.reg_data;
    struct coord target = coord_of_rank(node, holder);
    uint32_t peer = route(node, &target);
    uint64_t at = 0;

    data->handle = param->value;
    data->owner_level = node->coord.level;
    data->depth = task->depth;
    data->place = param->place;
    data->total = param->size;
    data->task_id = task->id;
    data->version = param->new_version;
    do {
        data->offset = at;
        data->bytes.size = (uint32_t)least(CHUNK_EDGE, param->size - at);
        data->bytes.data = data->bytes.size ? bytes + at : NULL;
        want_message_to(node, peer, &target, &message);
        at += data->bytes.size;
    } while (at < param->size);
}

void data_register(struct node *node, uint32_t holder, const struct task *task, const void *bytes)
{
    const struct task_param *param = part_param(task->parts, 0);

    if (holder == node->config.rank) {
        hold_own(node, task, param, bytes);
        return;
    }
    keep_pinned(node, param, bytes);
    send_registered(node, holder, task, param, bytes);
}

/* Whether this owner may put so much there. */
static bool fits(const struct node *node, const struct message *message)
{
    const struct msg_reg_data *data = &message->reg_data;
    uint64_t capacity;

    if (data->owner_level != message->sender.level || data->owner_level >= LEVEL_COUNT ||
        data->owner_level <= node->coord.level || !topology_has(node->topology, &message->sender) ||
        !coord_within(&node->coord, &message->sender) || data->depth >= RING_DEPTHS)
        return false;
    capacity = ring_bytes(node->topology, (enum level)data->owner_level);
    return data->place <= capacity && data->total <= capacity - data->place &&
           data->offset <= data->total && data->bytes.size <= data->total - data->offset;
}

static bool begin_arrival(struct node *node, const struct msg_reg_data *data)
{
    const struct held_version version = {.handle = data->handle,
                                         .size = data->total,
                                         .place = data->place,
                                         .version = data->version,
                                         .depth = (uint8_t)data->depth,
                                         .state = HELD_COMING};

    if (!held_add(node->runtime->held, (enum level)data->owner_level, data->task_id, &version))
        return false;
    data_write(node, (enum level)data->owner_level, data->depth, data->place, data->total, false);
    node->runtime->data->arrivals[data->owner_level] =
        (struct arrival){.handle = data->handle, .version = data->version, .open = true};
    return true;
}

static bool continues(const struct arrival *arrival, const struct msg_reg_data *data)
{
    return arrival->open && arrival->handle == data->handle && arrival->version == data->version &&
           arrival->filled == data->offset;
}

/* The bytes of another node's registered data can be seen in a file as long as they lie here. */
static void show(struct node *node, const struct msg_reg_data *data)
{
    const struct node_port *port = &node->runtime->port;
    const void *bytes = data_at(node, (enum level)data->owner_level, data->depth, data->place);
    static uint8_t mark;
    struct error err;

    if (!port->data_show)
        return;
    if (port->data_show(port->arg, data->handle, bytes, data->total, &err) < 0)
        want_log(node, LOG_WARN, "data", NULL, "%s", err.text);
    else
        u64_map_put(&node->runtime->data->shown, data->handle, &mark);
}

/* The first version goes: later ones are not what was registered. */
static void hide(struct node *node, uint64_t handle)
{
    const struct node_port *port = &node->runtime->port;

    if (u64_map_remove(&node->runtime->data->shown, handle))
        port->data_hide(port->arg, handle);
}

void on_reg_data(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_reg_data *data = &message->reg_data;
    struct arrival *arrival;

    (void)peer;
    if (!fits(node, message) || (data->offset == 0 && !begin_arrival(node, data))) {
        refuse(node, FRAME_UNEXPECTED, "REG_DATA");
        return;
    }
    arrival = &node->runtime->data->arrivals[data->owner_level];
    if (!continues(arrival, data)) {
        refuse(node, FRAME_UNEXPECTED, "REG_DATA");
        return;
    }
    if (data->bytes.size)
        memcpy(
            data_at(node, (enum level)data->owner_level, data->depth, data->place + data->offset),
            data->bytes.data, data->bytes.size);
    arrival->filled += data->bytes.size;
    if (arrival->filled < data->total)
        return;
    arrival->open = false;
    held_set_state(node->runtime->held, data->handle, data->version, HELD_HERE);
    if (u64_map_remove(&node->runtime->data->retired_early, data->handle)) {
        data_released(node, data->handle, data->version);
        data_released_all(node);
        return;
    }
    show(node, data);
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
        hide(node, handle);
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

static bool is_arriving(const struct data_state *data, uint64_t handle)
{
    for (unsigned level = 0; level < LEVEL_COUNT; level++)
        if (data->arrivals[level].open && data->arrivals[level].handle == handle)
            return true;
    return false;
}

/* Releases are control and may overtake registered data, which is data. Such a version is forgotten
 * when it is whole. */
static bool overtook(struct node *node, const struct wire_release *release)
{
    static uint8_t mark;
    struct data_state *data = node->runtime->data;
    const struct held_version *held =
        held_find(node->runtime->held, release->handle, release->version);
    bool arriving = held && held->state == HELD_COMING && is_arriving(data, release->handle);

    if (held ? !arriving
             : copy_find(node->runtime->copies, release->handle, release->version) != NULL)
        return false;
    if (!u64_map_find(&data->retired_early, release->handle))
        u64_map_put(&data->retired_early, release->handle, &mark);
    return true;
}

void on_scope_exit(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_scope_exit *scope = &message->scope_exit;

    (void)peer;
    for (uint32_t i = 0; i < scope->retired.count; i++) {
        const struct wire_release *release = &scope->retired.items[i];

        if (overtook(node, release))
            continue;
        if (owned_by(node, release, scope->owner_level))
            data_released(node, release->handle, release->version);
        else
            refuse(node, FRAME_UNEXPECTED, "SCOPE_EXIT");
    }
    data_released_all(node);
}
