/* Data that an activation registers: at its own node it is there at once, to another one it is
 * pushed. A window of it goes unasked; the holder asks for more as soon as half of the window has
 * come, and says when all has. So what is under way, in whatever queue, is bounded by the windows,
 * and those of an owner together by WINDOWS_MOST: what goes beyond that waits here for its turn. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/activation.h"
#include "node/data.h"
#include "topo/ring_layout.h"

static const uint64_t REFUSED = UINT64_MAX; // an offset behind all bytes

/* --- the owner -------------------------------------------------------------------------------- */

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

/* With one use of it, and pinned until it is retired. */
static struct copy *keep(struct node *node, const struct task_param *param, const void *bytes)
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
    return copy;
}

static uint64_t window_of(const struct outgoing *out)
{
    return data_least(out->copy->size, WINDOW_EDGE);
}

/* All that may be sent; of data without bytes one message without bytes. */
static void send_allowed(struct node *node, struct outgoing *out)
{
    struct message message = {.type = MSG_REG_DATA};
    struct msg_reg_data *data = &message.reg_data;
    struct coord target = coord_of_rank(node, out->holder);
    uint32_t peer = route(node, &target);

    data->handle = out->copy->handle;
    data->owner_level = node->coord.level;
    data->depth = out->task.depth;
    data->place = out->place;
    data->total = out->copy->size;
    data->task_id = out->task.id;
    data->version = out->copy->version;
    do {
        data->offset = out->sent;
        data->bytes.size = (uint32_t)data_least(CHUNK_EDGE, out->allowed - out->sent);
        data->bytes.data = data->bytes.size ? out->copy->bytes + out->sent : NULL;
        want_message_to(node, peer, &target, &message);
        out->sent += data->bytes.size;
    } while (out->sent < out->allowed);
}

/* Those that wait begin, as far as there is room for their windows by now. */
static void begin_waiting(struct node *node)
{
    struct outgoing_list *list = &node->runtime->data->outgoing;

    while (list->waiting && list->windows + window_of(list->waiting) <= WINDOWS_MOST) {
        struct outgoing *out = list->waiting;

        list->waiting = out->newer;
        list->windows += window_of(out);
        out->begun = true;
        out->allowed = window_of(out);
        send_allowed(node, out);
    }
}

static void push(struct node *node, uint32_t holder, const struct task *task,
                 const struct task_param *param, struct copy *copy)
{
    struct outgoing_list *list = &node->runtime->data->outgoing;
    struct outgoing *out = memory_new(1, sizeof *out);

    *out = (struct outgoing){.older = list->newest,
                             .copy = copy,
                             .task = task_graph_key(node->runtime->graph, task),
                             .place = param->place,
                             .holder = holder};
    if (list->newest)
        list->newest->newer = out;
    else
        list->oldest = out;
    list->newest = out;
    if (!list->waiting)
        list->waiting = out;
    u64_map_put(&list->by_handle, copy->handle, out);
    begin_waiting(node);
}

static void drop(struct node *node, struct outgoing *out)
{
    struct outgoing_list *list = &node->runtime->data->outgoing;

    if (out->newer)
        out->newer->older = out->older;
    else
        list->newest = out->older;
    if (out->older)
        out->older->newer = out->newer;
    else
        list->oldest = out->newer;
    if (list->waiting == out)
        list->waiting = out->newer;
    if (out->begun)
        list->windows -= window_of(out);
    u64_map_remove(&list->by_handle, out->copy->handle);
    copy_leave(node->runtime->copies, out->copy);
    free(out);
}

void data_register(struct node *node, uint32_t holder, const struct task *task, const void *bytes)
{
    const struct task_param *param = part_param(task->parts, 0);

    released_tell(node); // it may lie where that lay
    if (holder == node->config.rank)
        hold_own(node, task, param, bytes);
    else if (!task_state_ended((enum task_state)task->state)) // else the holder is lost
        push(node, holder, task, param, keep(node, param, bytes));
}

/* The holder has it whole, or (`error`) will not. */
static void end(struct node *node, struct outgoing *out, const char *error)
{
    struct task_graph *graph = node->runtime->graph;
    struct task *task = task_graph_find(graph, &out->task);

    drop(node, out);
    if (!task || !task_graph_end_part(graph, task, 0, error, false))
        node->counters.late++;
    begin_waiting(node);
}

static void end_refused(struct node *node, struct outgoing *out)
{
    char name[LIMIT_NODE_PATH], text[LIMIT_CAUSE];

    snprintf(text, sizeof text, "%s does not take the data that was registered there",
             rank_name(node, out->holder, name));
    end(node, out, text);
}

bool registered_asked(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_tensor_lookup *lookup = &message->tensor_lookup;
    struct outgoing *out = u64_map_find(&node->runtime->data->outgoing.by_handle, lookup->handle);
    uint64_t size, to;

    if (!out || !out->begun || lookup->version != out->copy->version || peer == PEER_PARENT ||
        peer > node->child_count || rank_of_coord(node, &message->sender) != out->holder)
        return false;
    size = out->copy->size;
    if (lookup->offset > size) {
        end_refused(node, out);
    } else if (lookup->offset > out->sent) {
        refuse(node, FRAME_UNEXPECTED, "TENSOR_LOOKUP");
    } else if (lookup->offset == size) {
        end(node, out, NULL);
    } else {
        to = lookup->offset + data_least(lookup->credit, window_of(out));
        out->allowed = to > out->allowed ? data_least(to, size) : out->allowed;
        if (out->sent < out->allowed)
            send_allowed(node, out);
    }
    return true;
}

void registered_lost(struct node *node, uint32_t rank)
{
    struct outgoing *out = node->runtime->data->outgoing.oldest, *newer;

    for (; out; out = newer) {
        newer = out->newer;
        if (topology_within(node->topology, out->holder, rank))
            drop(node, out); // the graph, too, is told of the loss
    }
    begin_waiting(node);
}

/* --- the holder ------------------------------------------------------------------------------- */

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

static struct arrival *begin_arrival(struct node *node, const struct msg_reg_data *data)
{
    const struct held_version version = {.handle = data->handle,
                                         .size = data->total,
                                         .place = data->place,
                                         .version = data->version,
                                         .depth = (uint8_t)data->depth,
                                         .state = HELD_COMING};
    struct arrival *arrival;

    if (!held_add(node->runtime->held, (enum level)data->owner_level, data->task_id, &version))
        return NULL;
    data_write(node, (enum level)data->owner_level, data->depth, data->place, data->total, false);
    arrival = memory_new(1, sizeof *arrival);
    *arrival =
        (struct arrival){.asked = data_least(data->total, WINDOW_EDGE), .version = data->version};
    u64_map_put(&node->runtime->data->arrivals, data->handle, arrival);
    return arrival;
}

static bool is_at(const struct held_version *held, const struct msg_reg_data *data)
{
    return held && held->level == data->owner_level && held->depth == data->depth &&
           held->place == data->place && held->size == data->total;
}

/* Where the message goes on, or begins; NULL when it does not. */
static struct arrival *arrival_of(struct node *node, const struct message *message)
{
    const struct msg_reg_data *data = &message->reg_data;
    struct arrival *arrival = u64_map_find(&node->runtime->data->arrivals, data->handle);

    if (!fits(node, message))
        return NULL;
    if (!arrival)
        return data->offset == 0 ? begin_arrival(node, data) : NULL;
    if (arrival->version != data->version || arrival->filled != data->offset ||
        !is_at(held_find(node->runtime->held, data->handle, data->version), data))
        return NULL;
    return arrival;
}

static void forget_arrival(struct node *node, uint64_t handle)
{
    free(u64_map_remove(&node->runtime->data->arrivals, handle));
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

/* What the owner hears: so many bytes are here, so many more may come. */
static void ask(struct node *node, uint32_t peer, const struct message *message, uint64_t offset,
                uint64_t credit)
{
    struct message question = {.type = MSG_TENSOR_LOOKUP};

    question.tensor_lookup.handle = message->reg_data.handle;
    question.tensor_lookup.version = message->reg_data.version;
    question.tensor_lookup.offset = offset;
    question.tensor_lookup.credit = credit;
    want_message_to(node, peer, &message->sender, &question);
}

static void ask_more(struct node *node, uint32_t peer, const struct message *message,
                     struct arrival *arrival)
{
    uint64_t rest = message->reg_data.total - arrival->filled;

    if (rest <= arrival->asked - arrival->filled ||
        arrival->asked - arrival->filled > WINDOW_EDGE / 2)
        return;
    arrival->asked = arrival->filled + data_least(rest, WINDOW_EDGE);
    ask(node, peer, message, arrival->filled, arrival->asked - arrival->filled);
}

void on_reg_data(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_reg_data *data = &message->reg_data;
    struct arrival *arrival = arrival_of(node, message);

    if (!arrival) {
        refuse(node, FRAME_UNEXPECTED, "REG_DATA");
        ask(node, peer, message, REFUSED, 0);
        return;
    }
    if (data->bytes.size)
        memcpy(
            data_at(node, (enum level)data->owner_level, data->depth, data->place + data->offset),
            data->bytes.data, data->bytes.size);
    arrival->filled += data->bytes.size;
    if (arrival->filled < data->total) {
        ask_more(node, peer, message, arrival);
        return;
    }
    forget_arrival(node, data->handle);
    held_set_state(node->runtime->held, data->handle, data->version, HELD_HERE);
    show(node, data);
    ask(node, peer, message, data->total, 0);
}

void registered_released(struct node *node, uint64_t handle, uint32_t version)
{
    const struct arrival *arrival = u64_map_find(&node->runtime->data->arrivals, handle);

    if (arrival && arrival->version == version)
        forget_arrival(node, handle);
    hide(node, handle);
}

void registered_free(struct data_state *data)
{
    struct outgoing *out;
    struct arrival *arrival;
    size_t at = 0;

    while ((out = data->outgoing.oldest)) {
        data->outgoing.oldest = out->newer;
        free(out);
    }
    while ((arrival = u64_map_next(&data->arrivals, &at)))
        free(arrival);
    u64_map_free(&data->outgoing.by_handle);
    u64_map_free(&data->arrivals);
    u64_map_free(&data->shown);
}
