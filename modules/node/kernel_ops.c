/* What a kernel can call: the slots of LinquRuntimeOps. An orchestration's may wait, on its fiber;
 * a worker's never do. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/activation.h"

static struct kernel_runtime *runtime_of(LinquRuntime *rt)
{
    return (struct kernel_runtime *)(void *)rt;
}

/* --- the log ---------------------------------------------------------------------------------- */

static void kernel_log(struct kernel_runtime *kernel, enum log_level level, const char *format,
                       va_list args)
{
    char text[ERROR_TEXT_SIZE], fields[LIMIT_KERNEL_NAME + 160], key[128];

    vsnprintf(text, sizeof text, format, args);
    task_key_to_text(&kernel->call->key, kernel->node->config.logical_system,
                     kernel->call->key.exec != 1, key, sizeof key);
    snprintf(fields, sizeof fields, "task=%s kernel=%s", key, kernel->call->kernel_name);
    want_log(kernel->node, level, "kernel", fields, "%s", text);
    runtime_speak(kernel->node);
}

static void complain(struct kernel_runtime *kernel, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void complain(struct kernel_runtime *kernel, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    kernel_log(kernel, LOG_ERROR, format, args);
    va_end(args);
}

#define LOG_SLOT(name, level)                                                                      \
    static void name(LinquRuntime *rt, const char *format, ...)                                    \
    {                                                                                              \
        va_list args;                                                                              \
                                                                                                   \
        va_start(args, format);                                                                    \
        kernel_log(runtime_of(rt), (level), format, args);                                         \
        va_end(args);                                                                              \
    }
LOG_SLOT(op_log_error, LOG_ERROR)
LOG_SLOT(op_log_warn, LOG_WARN)
LOG_SLOT(op_log_info, LOG_INFO)
LOG_SLOT(op_log_debug, LOG_DEBUG)

/* A task that ends as failed, whatever its kernel does from now on. */
static void misuse(struct kernel_runtime *kernel, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void misuse(struct kernel_runtime *kernel, const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    complain(kernel, "%s", text);
    call_fail(kernel->call, kernel->node, "%s", text);
}

/* The activation that calls; NULL, and said, when it is a worker. */
static struct activation_run *orchestration(struct kernel_runtime *kernel, const char *slot)
{
    if (!kernel->run)
        misuse(kernel,
               "%s is not for a WORKER, which only computes; declare the kernel ORCHESTRATOR",
               slot);
    return kernel->run;
}

/* --- coordinates ------------------------------------------------------------------------------ */

static LinquCoordinate_C coordinate_of(const struct coord *coord)
{
    return (LinquCoordinate_C){
        .l6_idx = (uint8_t)coord->index[LEVEL_CLOS2],
        .l5_idx = (uint8_t)coord->index[LEVEL_CLOS1],
        .l4_idx = (uint8_t)coord->index[LEVEL_POD],
        .l3_idx = coord->index[LEVEL_HOST],
        .l2_idx = coord->index[LEVEL_CHIP],
        .l1_idx = (uint8_t)coord->index[LEVEL_CHIP_DIE],
        .l0_idx = coord->index[LEVEL_CORE],
    };
}

static struct coord coord_from(LinquCoordinate_C from, enum level level)
{
    const struct coord coord = {.index = {[LEVEL_CLOS2] = from.l6_idx,
                                          [LEVEL_CLOS1] = from.l5_idx,
                                          [LEVEL_POD] = from.l4_idx,
                                          [LEVEL_HOST] = from.l3_idx,
                                          [LEVEL_CHIP] = from.l2_idx,
                                          [LEVEL_CHIP_DIE] = from.l1_idx,
                                          [LEVEL_CORE] = from.l0_idx},
                                .level = LEVEL_CORE};

    return coord_at_level(&coord, level);
}

static uint32_t not_there(enum level level, const struct coord *coord, struct error *err)
{
    char text[64];

    coord_to_text(coord, text, sizeof text);
    error_set(err, "L%d %s is not in this topology", (int)level, text);
    return RANK_NONE;
}

static uint32_t not_below(const struct node *node, uint32_t rank, struct error *err)
{
    char path[LIMIT_NODE_PATH];
    const char *own = strrchr(node->path, '/');

    topology_path(node->topology, rank, path, sizeof path);
    error_set(err, "%s is not below %s", path, own ? own + 1 : node->path);
    return RANK_NONE;
}

/* The node of that level that a coordinate names: this one, or one below. Else RANK_NONE and why.
 */
static uint32_t target_rank(const struct node *node, LinquCoordinate_C from, uint8_t level,
                            struct error *err)
{
    struct coord coord;
    uint32_t rank;

    if (level < LEVEL_CHIP || level > LEVEL_GLOBAL) {
        error_set(
            err,
            "a task for level %u cannot be submitted: the runtime below L2 is not part of linqu",
            level);
        return RANK_NONE;
    }
    coord = coord_from(from, (enum level)level);
    if (!topology_has(node->topology, &coord))
        return not_there((enum level)level, &coord, err);
    rank = topology_rank(node->topology, &coord);
    if (!topology_within(node->topology, rank, node->config.rank))
        return not_below(node, rank, err);
    return rank;
}

/* False, and said, for a node that is dead or has left. */
static bool is_there(const struct node *node, uint32_t rank, struct error *err)
{
    enum member_status status = membership_status(node->members, rank);
    char path[LIMIT_NODE_PATH];

    if (status != MEMBER_DEAD && status != MEMBER_LEFT)
        return true;
    topology_path(node->topology, rank, path, sizeof path);
    error_set(err, "%s is %s", path, member_status_name(status));
    return false;
}

/* --- submit ----------------------------------------------------------------------------------- */

static const struct resolved *resolve(struct activation_run *run, const char *name)
{
    const struct resolved *resolved;

    while (!(resolved = code_resolve(run->kernel.node, run->call->key.exec, name)))
        activation_wait(run, WAIT_NAME);
    return resolved;
}

/* A task as it is being put together. */
struct draft {
    struct part_spec *parts;
    uint32_t part_count;
    struct task_argument *arguments; // of all
    uint32_t used;
    struct error refusal; // text empty: none
};

static const struct task_argument *draft_arguments(struct draft *draft, const LinquParam *params,
                                                   uint32_t count)
{
    const struct task_argument *first = draft->arguments + draft->used;

    for (uint32_t i = 0; i < count; i++)
        draft->arguments[draft->used++] = (struct task_argument){
            .type = (uint32_t)params[i].type > PARAM_SCALAR ? UINT8_MAX : (uint8_t)params[i].type,
            .value =
                params[i].type == LINQU_PARAM_SCALAR ? params[i].scalar_value : params[i].handle};
    return first;
}

static void draft_part(struct activation_run *run, struct draft *draft, const char *name,
                       const LinquSubTaskSpec *from)
{
    struct part_spec *part = &draft->parts[draft->part_count++];
    const struct resolved *resolved = resolve(run, name ? name : "");
    struct error err;

    err.text[0] = '\0';
    *part = (struct part_spec){.target = run->kernel.node->config.rank,
                               .kernel = resolved->name,
                               .code = resolved->hash,
                               .count = (uint32_t)from->num_private_params};
    part->arguments = draft_arguments(draft, from->private_params, part->count);
    if (resolved->error)
        error_set(&err, "%s", resolved->error);
    else
        part->target = target_rank(run->kernel.node, from->target, resolved->level, &err);
    if (err.text[0] && !draft->refusal.text[0])
        draft->refusal = err;
    if (err.text[0])
        part->target = run->kernel.node->config.rank;
}

/* A target may have died while the submitter waited for a name or for room. */
static void check_targets(const struct node *node, struct draft *draft)
{
    struct error err;

    for (uint32_t i = 0; i < draft->part_count; i++) {
        if (is_there(node, draft->parts[i].target, &err))
            continue;
        draft->parts[i].target = node->config.rank;
        if (!draft->refusal.text[0])
            draft->refusal = err;
    }
}

/* At the first, and whenever their number has doubled: a loop of them stays a few lines. */
static void complain_of_refusal(struct activation_run *run, const char *why)
{
    uint32_t times = ++run->refusals;

    if (times == 1)
        complain(&run->kernel, "%s", why);
    else if ((times & (times - 1)) == 0)
        complain(&run->kernel, "submits refused until now: %u; the last one: %s", times, why);
}

/* A submit makes new versions of what its task writes, also when it is refused. */
static void forget_written(struct activation_run *run, const struct draft *draft)
{
    for (uint32_t i = 0; run->looks.count && i < draft->used; i++)
        if (param_writes((enum param_type)draft->arguments[i].type))
            activation_forget_look(run, draft->arguments[i].value);
}

static void submit_draft(struct activation_run *run, struct draft *draft,
                         const struct task_argument *shared, uint32_t shared_count)
{
    struct task_spec spec = {.parts = draft->parts,
                             .part_count = draft->part_count,
                             .shared = shared,
                             .shared_count = shared_count,
                             .tag = run->call->time_limit_ms};
    struct node *node = run->kernel.node;
    struct error err;

    for (;;) {
        check_targets(node, draft);
        spec.refusal = draft->refusal.text[0] ? draft->refusal.text : NULL;
        runtime_clock(node);
        switch (task_graph_submit(node->runtime->graph, &spec, NULL, &err)) {
        case SUBMIT_FULL:
            activation_wait(run, WAIT_ROOM);
            continue;
        case SUBMIT_DONE:
            if (err.text[0])
                complain(&run->kernel, "%s", err.text);
            break;
        case SUBMIT_DEADLOCK:
        case SUBMIT_REFUSED:
            complain_of_refusal(run, err.text);
            break;
        }
        forget_written(run, draft);
        return;
    }
}

static bool counts_make_sense(struct kernel_runtime *kernel, const void *params, int count,
                              const char *what)
{
    if (count >= 0 && (count == 0 || params))
        return true;
    misuse(kernel, "%s: %d parameters at %p make no sense", what, count, params);
    return false;
}

/* Few are drafted on the fiber's stack, which lasts as long as the submit does. */
static void submit(struct activation_run *run, const char *name, const LinquParam *group,
                   uint32_t group_count, const LinquSubTaskSpec *subs, uint32_t sub_count)
{
    struct part_spec one_part;
    struct task_argument few_arguments[16];
    struct draft draft;
    const struct task_argument *shared;
    size_t arguments = group_count;

    draft.parts = &one_part;
    draft.arguments = few_arguments;
    draft.part_count = draft.used = 0;
    draft.refusal.text[0] = '\0'; // the rest of a kilobyte need not be cleared
    for (uint32_t i = 0; i < sub_count; i++)
        arguments += (uint32_t)subs[i].num_private_params;
    if (sub_count > 1)
        run->draft_parts = draft.parts = memory_new(sub_count, sizeof *draft.parts);
    if (arguments > sizeof few_arguments / sizeof few_arguments[0])
        run->draft_arguments = draft.arguments = memory_new(arguments, sizeof *draft.arguments);
    shared = draft_arguments(&draft, group, group_count);
    for (uint32_t i = 0; i < sub_count; i++)
        draft_part(run, &draft, subs[i].kernel_so ? subs[i].kernel_so : name, &subs[i]);
    submit_draft(run, &draft, shared, group_count);
    if (run->draft_parts || run->draft_arguments)
        activation_drop_draft(run);
}

static void op_submit_task(LinquRuntime *rt, LinquCoordinate_C target, const char *kernel_so,
                           LinquParam *params, int n)
{
    struct kernel_runtime *kernel = runtime_of(rt);
    struct activation_run *run = orchestration(kernel, "submit_task");
    const LinquSubTaskSpec sub = {
        .target = target, .private_params = params, .num_private_params = n};

    if (run && counts_make_sense(kernel, params, n, "submit_task"))
        submit(run, kernel_so, NULL, 0, &sub, 1);
}

static void op_submit_task_group(LinquRuntime *rt, const char *kernel_so, LinquParam *group, int n,
                                 LinquSubTaskSpec *subs, int n_subs)
{
    struct kernel_runtime *kernel = runtime_of(rt);
    struct activation_run *run = orchestration(kernel, "submit_task_group");

    if (!run || !counts_make_sense(kernel, group, n, "submit_task_group") ||
        !counts_make_sense(kernel, subs, n_subs, "submit_task_group"))
        return;
    for (int i = 0; i < n_subs; i++)
        if (!counts_make_sense(kernel, subs[i].private_params, subs[i].num_private_params,
                               "submit_task_group"))
            return;
    submit(run, kernel_so, group, (uint32_t)n, subs, (uint32_t)n_subs);
}

/* --- scopes ----------------------------------------------------------------------------------- */

static void op_scope_begin(LinquRuntime *rt)
{
    struct kernel_runtime *kernel = runtime_of(rt);
    struct error err;

    if (!orchestration(kernel, "scope_begin"))
        return;
    if (task_graph_scope_begin(kernel->node->runtime->graph, &err) < 0)
        misuse(kernel, "%s", err.text);
    else
        trace_snapshot(kernel->node, "scope_enter", false);
}

static void op_scope_end(LinquRuntime *rt)
{
    struct kernel_runtime *kernel = runtime_of(rt);
    struct task_graph *graph = kernel->node->runtime->graph;
    struct activation_view view;
    struct error err;

    if (!orchestration(kernel, "scope_end"))
        return;
    runtime_clock(kernel->node);
    task_graph_top(graph, &view);
    if (task_graph_scope_end(graph, &err) < 0) {
        misuse(kernel, "%s", err.text);
        return;
    }
    activation_forget_scope(kernel->run, view.depth);
    trace_snapshot(kernel->node, "scope_exit", false);
}

/* --- tensors ---------------------------------------------------------------------------------- */

static uint64_t op_alloc_tensor(LinquRuntime *rt, LinquCoordinate_C target, size_t bytes)
{
    struct kernel_runtime *kernel = runtime_of(rt);

    (void)target;
    if (!orchestration(kernel, "alloc_tensor"))
        return 0;
    return task_graph_alloc(kernel->node->runtime->graph, bytes);
}

static void op_free_tensor(LinquRuntime *rt, uint64_t handle)
{
    struct kernel_runtime *kernel = runtime_of(rt);
    struct error err;

    if (!orchestration(kernel, "free_tensor"))
        return;
    runtime_clock(kernel->node);
    if (task_graph_free(kernel->node->runtime->graph, handle, &err) < 0)
        complain(kernel, "free_tensor: %s", err.text);
    else
        activation_forget_look(kernel->run, handle);
}

static bool same_coordinate(LinquCoordinate_C a, LinquCoordinate_C b)
{
    return a.l6_idx == b.l6_idx && a.l5_idx == b.l5_idx && a.l4_idx == b.l4_idx &&
           a.l3_idx == b.l3_idx && a.l2_idx == b.l2_idx && a.l1_idx == b.l1_idx &&
           a.l0_idx == b.l0_idx;
}

/* Here, or the node that the deepest non-zero index below this node's level names. */
static uint32_t register_target(const struct node *node, LinquCoordinate_C target,
                                struct error *err)
{
    struct coord deepest = coord_from(target, LEVEL_CORE);
    int level = LEVEL_CORE;

    if (same_coordinate(target, coordinate_of(&node->coord)))
        return node->config.rank;
    while (level < node->coord.level && deepest.index[level] == 0)
        level++;
    return target_rank(node, target, (uint8_t)level, err);
}

static uint64_t register_data(struct activation_run *run, uint32_t holder, const void *data,
                              size_t bytes)
{
    struct node *node = run->kernel.node;
    const struct task *task;
    struct error err;
    uint64_t handle;

    for (;;) {
        runtime_clock(node);
        switch (task_graph_register(node->runtime->graph, holder, bytes, &handle, &task, &err)) {
        case SUBMIT_DONE:
            data_register(node, holder, task, data);
            return handle;
        case SUBMIT_FULL:
            activation_wait(run, WAIT_ROOM);
            continue;
        case SUBMIT_DEADLOCK:
        case SUBMIT_REFUSED:
            misuse(&run->kernel, "reg_data: %s", err.text);
            return 0;
        }
    }
}

static uint64_t op_reg_data(LinquRuntime *rt, LinquCoordinate_C target, const void *data,
                            size_t bytes)
{
    struct kernel_runtime *kernel = runtime_of(rt);
    struct activation_run *run = orchestration(kernel, "reg_data");
    struct error err;
    uint32_t holder;

    if (!run)
        return 0;
    if (!data && bytes)
        error_set(&err, "there are no bytes at NULL");
    else if ((holder = register_target(kernel->node, target, &err)) != RANK_NONE &&
             is_there(kernel->node, holder, &err))
        return register_data(run, holder, data, bytes);
    complain(kernel, "reg_data: %s", err.text);
    return 0;
}

static struct call_param *param_of(const struct call *call, uint64_t handle)
{
    for (uint32_t i = 0; i < call->param_count; i++)
        if (call->params[i].type != PARAM_SCALAR && call->params[i].value == handle)
            return &call->params[i];
    return NULL;
}

static void look_done(struct node *node, struct want *want)
{
    struct activation_run *run = want->arg;

    (void)node;
    run->woken = true;
}

static struct look *look_new(struct activation_run *run, uint64_t handle,
                             const struct tensor_view *view)
{
    struct look *look = memory_new(1, sizeof *look), **first = &run->scope_looks[view->scope];

    *look = (struct look){.handle = handle, .scope = view->scope, .older = *first};
    look->want = (struct want){.handle = view->wire,
                               .size = view->size,
                               .version = view->version,
                               .holder = view->holder,
                               .done = look_done,
                               .arg = run};
    if (*first)
        (*first)->newer = look;
    *first = look;
    u64_map_put(&run->looks, handle, look);
    return look;
}

/* An input of the activation's own was looked at: its trace tells from where it came. */
static void note_transfer(struct activation_run *run, const struct want *want)
{
    struct call_param *param = param_of(run->call, want->handle);

    if (!param || param->type != PARAM_INPUT || param->version != want->version)
        return;
    param->want->remote = want->remote;
    param->want->took_ns = want->took_ns;
}

/* The bytes of the latest version, which stay here until the tensor has another, or ends. */
static void *look_into(struct activation_run *run, uint64_t handle, const struct tensor_view *view)
{
    struct node *node = run->kernel.node;
    struct look *look = u64_map_find(&run->looks, handle);

    if (!look) {
        look = look_new(run, handle, view);
        if (!fetch_begin(node, &look->want))
            activation_wait(run, WAIT_DATA);
        note_transfer(run, &look->want);
    }
    if (!look->want.error)
        return look->want.bytes;
    complain(&run->kernel, "tensor_data: tensor %#llx cannot be had: %s",
             (unsigned long long)view->wire, look->want.error);
    return NULL;
}

static void *look_up(struct activation_run *run, uint64_t handle, size_t *bytes)
{
    struct tensor_view view;
    const char *why;

    if (!task_graph_tensor(run->kernel.node->runtime->graph, handle, &view)) {
        complain(&run->kernel, "tensor_data: tensor %#llx is none that this activation has",
                 (unsigned long long)handle);
        return NULL;
    }
    *bytes = view.size;
    if (view.given && view.writable)
        return param_of(run->call, handle)->bytes;
    if (view.state == TENSOR_HERE)
        return look_into(run, handle, &view);
    why = view.state == TENSOR_NONE     ? "nothing has produced it"
          : view.state == TENSOR_COMING ? "its producer has not completed: call wait_all first"
                                        : "its producer has failed";
    complain(&run->kernel, "tensor_data: tensor %#llx: %s", (unsigned long long)handle, why);
    return NULL;
}

static void *op_tensor_data(LinquRuntime *rt, uint64_t handle, size_t *bytes)
{
    struct kernel_runtime *kernel = runtime_of(rt);
    const struct call_param *param = param_of(kernel->call, handle);
    void *data = NULL;
    size_t size = 0;

    if (kernel->run) {
        data = look_up(kernel->run, handle, &size);
    } else if (param) {
        data = param->bytes;
        size = param->size;
    } else {
        complain(kernel, "tensor_data: tensor %#llx is none of this task's parameters",
                 (unsigned long long)handle);
    }
    if (bytes)
        *bytes = data ? size : 0;
    return data;
}

/* --- waiting and asking ----------------------------------------------------------------------- */

static void op_wait_all(LinquRuntime *rt)
{
    struct kernel_runtime *kernel = runtime_of(rt);
    struct activation_view view;

    if (!kernel->run)
        return;
    task_graph_top(kernel->node->runtime->graph, &view);
    if (view.unfinished)
        activation_wait(kernel->run, WAIT_TASKS);
    trace_snapshot(kernel->node, "wait_all", false);
}

static void op_orchestration_done(LinquRuntime *rt)
{
    struct kernel_runtime *kernel = runtime_of(rt);

    if (orchestration(kernel, "orchestration_done"))
        task_graph_close(kernel->node->runtime->graph);
}

static LinquPeerList op_query_peers(LinquRuntime *rt, uint8_t level)
{
    struct node *node = runtime_of(rt)->node;
    LinquPeerList list = {NULL, 0};
    uint32_t *ranks, count;

    if (level > LEVEL_GLOBAL)
        return list;
    count = membership_peers(node->members, node->config.rank, (enum level)level, NULL, 0);
    if (count == 0)
        return list;
    ranks = memory_new(count, sizeof *ranks);
    membership_peers(node->members, node->config.rank, (enum level)level, ranks, count);
    list.peers = memory_new(count, sizeof *list.peers);
    list.count = (int)count;
    for (uint32_t i = 0; i < count; i++) {
        struct coord coord = topology_coord(node->topology, ranks[i]);

        list.peers[i] = coordinate_of(&coord);
    }
    free(ranks);
    return list;
}

static LinquCoordinate_C op_self_coord(LinquRuntime *rt)
{
    return coordinate_of(&runtime_of(rt)->node->coord);
}

static void op_dump_ring_snapshot(LinquRuntime *rt, const char *label)
{
    struct kernel_runtime *kernel = runtime_of(rt);

    if (!orchestration(kernel, "dump_ring_snapshot"))
        return;
    trace_snapshot(kernel->node, label ? label : "", true);
    runtime_speak(kernel->node);
}

static void *op_get_tensor_pool(LinquRuntime *rt)
{
    (void)rt;
    return NULL;
}

static uint32_t op_abi_version(LinquRuntime *rt)
{
    (void)rt;
    return LINQU_ABI_VERSION;
}

static uint32_t op_spmd_index(LinquRuntime *rt)
{
    return runtime_of(rt)->call->part;
}

static uint32_t op_spmd_size(LinquRuntime *rt)
{
    return runtime_of(rt)->call->parts;
}

static int op_task_error(LinquRuntime *rt, char *text, size_t cap)
{
    struct kernel_runtime *kernel = runtime_of(rt);

    if (text && cap)
        text[0] = '\0';
    if (!orchestration(kernel, "task_error"))
        return 0;
    return (int)task_graph_take_errors(kernel->node->runtime->graph, text, text ? cap : 0);
}

static const LinquRuntimeOps kernel_ops = {
    .submit_task = op_submit_task,
    .scope_begin = op_scope_begin,
    .scope_end = op_scope_end,
    .alloc_tensor = op_alloc_tensor,
    .free_tensor = op_free_tensor,
    .orchestration_done = op_orchestration_done,
    .reg_data = op_reg_data,
    .query_peers = op_query_peers,
    .self_coord = op_self_coord,
    .wait_all = op_wait_all,
    .dump_ring_snapshot = op_dump_ring_snapshot,
    .log_error = op_log_error,
    .log_warn = op_log_warn,
    .log_info = op_log_info,
    .log_debug = op_log_debug,
    .get_tensor_pool = op_get_tensor_pool,
    .submit_task_group = op_submit_task_group,
    .abi_version = op_abi_version,
    .tensor_data = op_tensor_data,
    .spmd_index = op_spmd_index,
    .spmd_size = op_spmd_size,
    .task_error = op_task_error,
};

void kernel_runtime_init(struct kernel_runtime *runtime)
{
    runtime->rt.ops = &kernel_ops;
}
