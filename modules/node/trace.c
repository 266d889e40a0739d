/* What a node tells of its tasks and rings, in three files: task_trace.json and ring_profile.json,
 * which are replaced when somebody asks (GATHER) or the node stops, and ring_snapshots.jsonl, to
 * which lines are added as they come. A chip's files lie with its host's and have its name in
 * front. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/memory.h"
#include "core/ring_profile.h"
#include "node/runtime.h"
#include "node/trace_log.h"
#include "topo/node_files.h"
#include "topo/ring_layout.h"

/* A version that was forgotten and stands in no record yet. */
struct gone {
    uint64_t handle, bytes;
    uint8_t level, depth;
};

struct trace {
    struct trace_log *log; // NULL until there is something to tell
    void *own_area;        // of its records; NULL: the port gave one
    struct gone *gone;
    uint32_t gone_count, gone_capacity;
    struct ring_view *view;       // scratch
    struct trace_input *inputs;   // scratch
    struct trace_output *outputs; // scratch
    uint32_t params_most;         // that these hold
    uint64_t bytes_peak;          // of all rings together, as far as it was looked at
    bool due;                     // something was not written
};

enum {
    GONE_MAX = 65536,
    OWN_AREA_SIZE = 256 * 1024, // bytes, where the port gives no area
};

struct trace *trace_create(void)
{
    return memory_new(1, sizeof(struct trace));
}

void trace_destroy(struct trace *trace)
{
    if (!trace)
        return;
    trace_log_destroy(trace->log);
    free(trace->own_area);
    free(trace->gone);
    free(trace->view);
    free(trace->inputs);
    free(trace->outputs);
    free(trace);
}

static struct trace_log *open_log(struct trace *trace, const struct node_port *port)
{
    void *area = port->trace_area ? port->trace_area(port->arg) : NULL;

    if (area)
        return trace_log_create(area, TRACE_AREA_SIZE);
    trace->own_area = memory_new(1, OWN_AREA_SIZE);
    return trace_log_create(trace->own_area, OWN_AREA_SIZE);
}

static struct trace_log *log_of(const struct node *node)
{
    struct trace *trace = node->runtime->trace;

    if (!trace->log)
        trace->log = open_log(trace, &node->runtime->port);
    if (node->runtime->exec > 1)
        trace_log_show_exec(trace->log);
    trace->due = true;
    return trace->log;
}

static struct ring_capacity of_run(const struct node *node, enum level owner)
{
    return (struct ring_capacity){ring_slots(node->topology, owner),
                                  ring_bytes(node->topology, owner)};
}

static const struct ring_view *look(struct node *node,
                                    struct ring_capacity (*capacity_of)(const struct node *node,
                                                                        enum level owner))
{
    struct runtime *runtime = node->runtime;
    struct trace *trace = runtime->trace;
    struct ring_capacity capacity[LEVEL_COUNT] = {{0}};

    if (!trace->view)
        trace->view = memory_new(1, sizeof *trace->view);
    for (int level = 0; level < LEVEL_COUNT; level++)
        if (node->topology->present[level])
            capacity[level] = capacity_of(node, (enum level)level);
    ring_view_take(trace->view, runtime->graph, runtime->held, (enum level)node->coord.level,
                   node->config.rank, capacity);
    if (trace->view->bytes > trace->bytes_peak)
        trace->bytes_peak = trace->view->bytes;
    return trace->view;
}

static void note_bytes(struct node *node)
{
    struct runtime *runtime = node->runtime;
    uint64_t bytes = held_bytes_above(runtime->held, (enum level)node->coord.level) +
                     task_graph_counts(runtime->graph).bytes;

    if (bytes > runtime->trace->bytes_peak)
        runtime->trace->bytes_peak = bytes;
}

/* --- records ---------------------------------------------------------------------------------- */

static struct trace_input input_of(const struct call_param *param)
{
    return (struct trace_input){
        .handle = param->value,
        .bytes = param->size,
        .took_ns = param->want->took_ns,
        .version = param->version,
        .holder = param->holder,
        .producer_id = param->producer_id,
        .producer_depth = param->producer_depth,
        .remote = param->want->remote,
    };
}

static void make_scratch(struct trace *trace, uint32_t params)
{
    if (params <= trace->params_most)
        return;
    trace->inputs = memory_resize(trace->inputs, params, sizeof *trace->inputs);
    trace->outputs = memory_resize(trace->outputs, params, sizeof *trace->outputs);
    trace->params_most = params;
}

void trace_call(struct node *node, const struct call *call)
{
    struct trace *trace = node->runtime->trace;
    struct trace_task task = {
        .key = call->key,
        .part = call->part,
        .parts = call->parts,
        .kernel = call->kernel_name,
        .error = call->error,
        .started_ns = call->started_ns,
        .ended_ns = call->ended_ns,
        .run_ns = call->run_ns,
    };

    make_scratch(trace, call->param_count);
    task.inputs = trace->inputs;
    task.outputs = trace->outputs;
    for (uint32_t i = 0; i < call->param_count; i++) {
        const struct call_param *param = &call->params[i];

        if (param_reads((enum param_type)param->type))
            trace->inputs[task.input_count++] = input_of(param);
        if (param_writes((enum param_type)param->type))
            trace->outputs[task.output_count++] =
                (struct trace_output){.handle = param->value, .bytes = param->size};
    }
    trace_log_task(log_of(node), &task);
    note_bytes(node);
}

void trace_release(struct node *node, const struct held_version *version)
{
    struct trace *trace = node->runtime->trace;

    if (trace->gone_count == GONE_MAX)
        trace_scope_exit(node, trace->gone[0].depth);
    if (trace->gone_count == trace->gone_capacity) {
        trace->gone_capacity = trace->gone_capacity ? 2 * trace->gone_capacity : 16;
        trace->gone = memory_resize(trace->gone, trace->gone_capacity, sizeof *trace->gone);
    }
    trace->gone[trace->gone_count++] = (struct gone){.handle = version->handle,
                                                     .bytes = version->size,
                                                     .level = version->level,
                                                     .depth = version->depth};
    trace->due = true;
}

/* Those of that level and depth become a record; the others stay. */
static void record_gone(struct node *node, uint8_t level, uint8_t depth)
{
    struct trace *trace = node->runtime->trace;
    uint64_t *handles = memory_new(trace->gone_count, sizeof *handles);
    struct trace_exit retired = {
        .level = level, .depth = depth, .now_ns = runtime_clock(node), .handles = handles};
    uint32_t kept = 0;

    for (uint32_t i = 0; i < trace->gone_count; i++) {
        const struct gone gone = trace->gone[i];

        if (gone.level != level || gone.depth != depth) {
            trace->gone[kept++] = gone;
            continue;
        }
        handles[retired.count++] = gone.handle;
        retired.bytes += gone.bytes;
    }
    trace->gone_count = kept;
    trace_log_exit(log_of(node), &retired);
    free(handles);
}

static const struct gone *first_gone(const struct trace *trace, unsigned depth)
{
    for (uint32_t i = 0; i < trace->gone_count; i++)
        if (trace->gone[i].depth == depth)
            return &trace->gone[i];
    return NULL;
}

void trace_scope_exit(struct node *node, unsigned depth)
{
    const struct gone *gone;

    while ((gone = first_gone(node->runtime->trace, depth)))
        record_gone(node, gone->level, (uint8_t)depth);
}

static void record_all_gone(struct node *node)
{
    struct trace *trace = node->runtime->trace;

    while (trace->gone_count)
        record_gone(node, trace->gone[0].level, trace->gone[0].depth);
}

/* --- files ------------------------------------------------------------------------------------ */

enum { FILE_NAME_SIZE = 64 };

static const char *file_name(const struct node *node, const char *name, char out[FILE_NAME_SIZE])
{
    node_tasks_file_name(node->topology, node->config.rank, name, out, FILE_NAME_SIZE);
    return out;
}

void trace_snapshot(struct node *node, const char *label, bool at_once)
{
    struct buffer line = {0};
    char name[FILE_NAME_SIZE];

    ring_snapshot_line(look(node, ring_window), label, runtime_clock(node) / 1000, &line);
    want_lines(node, file_name(node, "ring_snapshots.jsonl", name), line.data, line.size, at_once);
    buffer_free(&line);
}

static void want_json(struct node *node, const char *base, json_t *value)
{
    struct buffer text = {0};
    char name[FILE_NAME_SIZE];

    json_append(&text, value);
    want_file(node, file_name(node, base, name), text.data, text.size);
    buffer_free(&text);
}

static json_t *profile(struct node *node)
{
    const struct runtime *runtime = node->runtime;
    const struct task_graph_counts counts = task_graph_counts(runtime->graph);
    const struct ring_view *view = look(node, of_run);
    const char *slash = strrchr(node->config.run_path, '/');
    uint64_t peak = runtime->trace->bytes_peak > counts.bytes_peak ? runtime->trace->bytes_peak
                                                                   : counts.bytes_peak;

    return ring_profile_make(view, slash ? slash + 1 : node->config.run_path, node->path, peak,
                             counts.deepest);
}

bool trace_due(const struct node *node)
{
    return node->runtime && node->runtime->trace && node->runtime->trace->due;
}

unsigned trace_write(struct node *node)
{
    struct buffer text = {0};
    char name[FILE_NAME_SIZE];
    struct trace *trace;

    if (!trace_due(node))
        return 0;
    trace = node->runtime->trace;
    record_all_gone(node);
    trace_log_append(&text, log_of(node), node->topology, node->config.rank,
                     node->config.logical_system);
    want_file(node, file_name(node, "task_trace.json", name), text.data, text.size);
    buffer_free(&text);
    want_json(node, "ring_profile.json", profile(node));
    trace->due = false;
    return 2;
}
