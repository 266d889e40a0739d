/* Tasks that go out: from the graph to the nodes that run them; their ends back; and word to the
 * holders of what has been retired. */

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "node/activation.h"
#include "node/data.h"

enum { RELEASES_AT_ONCE = 1024 }; // in one SCOPE_EXIT: well below the size of a frame

/* --- CALL_TASK -------------------------------------------------------------------------------- */

/* Who gives the reader its bytes: itself if it has them, this node if it has a copy that stays,
 * else the holder. A copy that may be evicted might be gone when the reader asks for it. */
static uint32_t giver(struct node *node, const struct task_part *part,
                      const struct task_param *param)
{
    if (param->holder != part->target && data_stays(node, param->value, param->version))
        return node->config.rank;
    return param->holder;
}

static struct wire_param wire_param_of(struct node *node, const struct task_part *part,
                                       const struct task_param *from)
{
    struct wire_param to = {.type = from->type,
                            .value = from->value,
                            .version = from->version,
                            .new_version = from->new_version,
                            .size = from->size,
                            .place = from->place,
                            .depth = part->task->depth,
                            .producer_id = from->producer_id,
                            .producer_depth = from->producer_depth};

    to.holder =
        coord_of_rank(node, param_reads((enum param_type)from->type) ? giver(node, part, from)
                                                                     : node->config.rank);
    return to;
}

static void send_part(struct node *node, const struct task_part *part)
{
    struct message message = {.type = MSG_CALL_TASK};
    struct msg_call_task *call = &message.call_task;
    uint32_t count = part_param_count(part);
    struct wire_param few[16], *params = count > 16 ? memory_new(count, sizeof *params) : few;
    struct coord target = topology_coord(node->topology, part->target);

    for (uint32_t i = 0; i < count; i++)
        params[i] = wire_param_of(node, part, part_param(part, i));
    call->task = task_graph_key(node->runtime->graph, part->task);
    call->code_hash = part->code;
    call->params.items = params;
    call->params.count = count;
    call->spmd_index = part->index;
    call->spmd_size = part->task->part_count;
    call->time_limit_ms = part->task->tag;
    call->kernel = wire_str_of(part->kernel);
    want_message_to(node, route(node, &target), &target, &message);
    if (params != few)
        free(params);
}

/* --- SCOPE_EXIT ------------------------------------------------------------------------------- */

static void send_releases(struct node *node, uint32_t holder, const struct wire_release *list,
                          uint32_t count)
{
    struct message message = {.type = MSG_SCOPE_EXIT};
    struct coord target = topology_coord(node->topology, holder);

    message.scope_exit.exec = node->runtime->exec;
    message.scope_exit.owner_level = node->coord.level;
    message.scope_exit.retired.items = list;
    message.scope_exit.retired.count = count;
    want_message_to(node, route(node, &target), &target, &message);
}

/* All that the list has for the holder of its entry `first`; handles of those told become 0. */
static void release_at(struct node *node, struct released *list, size_t count, size_t first)
{
    struct wire_release batch[RELEASES_AT_ONCE];
    uint32_t holder = list[first].holder, filled = 0;

    for (size_t i = first; i < count; i++) {
        if (list[i].holder != holder || list[i].handle == 0)
            continue;
        batch[filled++] = (struct wire_release){
            .depth = list[i].depth, .handle = list[i].handle, .version = list[i].version};
        list[i].handle = 0;
        if (filled == RELEASES_AT_ONCE) {
            send_releases(node, holder, batch, filled);
            filled = 0;
        }
    }
    if (filled)
        send_releases(node, holder, batch, filled);
}

void released_tell(struct node *node)
{
    size_t count;
    const struct released *released = task_graph_take_released(node->runtime->graph, &count);
    struct released *list;

    if (count == 0)
        return;
    list = memory_new(count, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        list[i] = released[i];
        if (list[i].holder == node->config.rank)
            data_released(node, list[i].handle, list[i].version);
        else
            copy_forget(node->runtime->copies, list[i].handle, list[i].version);
    }
    data_released_all(node);
    for (size_t i = 0; i < count; i++)
        if (list[i].handle && list[i].holder != node->config.rank)
            release_at(node, list, count, i);
    free(list);
}

void dispatch_turn(struct node *node)
{
    struct task_part *part;

    if (!node->runtime || !runtime_is_open(node))
        return;
    released_tell(node); // first: what is called next may lie where that lay
    activation_take_own(node);
    while ((part = task_graph_take(node->runtime->graph)))
        send_part(node, part);
}

/* --- TASK_COMPLETE ---------------------------------------------------------------------------- */

/* The part that ended; NULL when the message is for none. */
static const struct task_part *part_of(const struct task *task, uint32_t index)
{
    return task && index < task->part_count ? &task->parts[index] : NULL;
}

static bool is_as_submitted(const struct node *node, const struct task_part *part,
                            const struct task_param *param, const struct wire_output *output)
{
    return output->handle == param->value && output->version == param->new_version &&
           output->size == param->size && rank_of_coord(node, &output->holder) == part->target;
}

/* What it made is what it was to make, in that order. */
static bool outputs_fit(const struct node *node, const struct task_part *part,
                        const struct msg_task_complete *complete)
{
    uint32_t seen = 0;

    for (uint32_t i = 0; i < part->param_count; i++) {
        const struct task_param *param = &part->params[i];

        if (!param_writes((enum param_type)param->type))
            continue;
        if (seen == complete->outputs.count ||
            !is_as_submitted(node, part, param, &complete->outputs.items[seen++]))
            return false;
    }
    return seen == complete->outputs.count;
}

/* Why the part failed; NULL when it has not. A cause that is too long is cut where it is kept. */
static const char *error_of(const struct node *node, const struct task_part *part,
                            const struct msg_task_complete *complete, char out[LIMIT_CAUSE + 1])
{
    char path[LIMIT_NODE_PATH];

    if (complete->status != TASK_STATUS_COMPLETED)
        return wire_str_copy(complete->error, out, LIMIT_CAUSE + 1);
    if (!part || outputs_fit(node, part, complete))
        return NULL;
    snprintf(out, LIMIT_CAUSE + 1, "%s: kernel %s: its outputs are not those that it was to make",
             rank_name(node, part->target, path), part->kernel);
    return out;
}

/* A second one, or one for what has retired, is counted by the graph and changes nothing. */
void on_task_complete(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_task_complete *complete = &message->task_complete;
    struct runtime *runtime = node->runtime;
    struct task *task = task_graph_find(runtime->graph, &complete->task);
    const struct task_part *part = part_of(task, complete->part);
    char error[LIMIT_CAUSE + 1];

    (void)peer;
    if (!task || !task_graph_end_part(runtime->graph, task, complete->part,
                                      error_of(node, part, complete, error),
                                      complete->status == TASK_STATUS_DEADLOCK))
        node->counters.late++;
}

/* --- nodes that are gone ---------------------------------------------------------------------- */

struct lost {
    const struct topology *topology;
    uint32_t rank;
};

static bool is_lost(const void *arg, uint32_t rank)
{
    const struct lost *lost = arg;

    return rank < lost->topology->node_count && topology_within(lost->topology, rank, lost->rank);
}

void calls_lost(struct node *node, uint32_t rank, const char *cause)
{
    const struct lost lost = {.topology = node->topology, .rank = rank};
    char path[LIMIT_NODE_PATH], text[LIMIT_CAUSE + LIMIT_NODE_PATH];

    if (!node->runtime || !runtime_is_open(node))
        return;
    topology_path(node->topology, rank, path, sizeof path);
    snprintf(text, sizeof text, "%s %s%s", path, cause[0] ? "died: " : "has left", cause);
    runtime_clock(node);
    data_lost(node, rank, text);
    task_graph_lose(node->runtime->graph, is_lost, &lost, text);
}
