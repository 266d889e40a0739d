#include "scenario/evidence.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "model/task_key.h"
#include "report/json_file.h"
#include "topo/node_files.h"

enum { NODES_A_TURN = 16 };

struct evidence_reader {
    struct evidence_source source;
    struct evidence evidence;
    size_t task_room, exit_room, snapshot_room, profile_room;
    uint32_t next_rank;
    struct event *turn;
};

/* One more at the end of a list that grows by doubling. */
static void *append(void **list, size_t *count, size_t *room, size_t size)
{
    if (*count == *room) {
        *room = *room ? 2 * *room : 64;
        *list = memory_resize(*list, *room, size);
    }
    return memset((char *)*list + (*count)++ * size, 0, size);
}

static void note_problem(struct evidence_reader *reader, const char *file, const char *why)
{
    struct evidence *evidence = &reader->evidence;

    if (evidence->problem[0] == '\0')
        snprintf(evidence->problem, sizeof evidence->problem, "%.120s: %.120s", file, why);
}

static uint64_t number(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static uint64_t handle_of(const json_t *text)
{
    return json_is_string(text) ? strtoull(json_string_value(text), NULL, 10) : 0;
}

static bool key_of(const json_t *object, const char *name, struct task_key *key)
{
    const char *text = json_string_value(json_object_get(object, name));
    char system[LIMIT_SYSTEM_NAME];
    struct error ignored;

    return text && task_key_parse(text, key, system, &ignored) == 0;
}

static enum level level_of(const json_t *object)
{
    const char *text = json_string_value(json_object_get(object, "level"));
    enum level level = LEVEL_CORE;

    if (text)
        level_parse(text, &level);
    return level;
}

/* --- task_trace.json -------------------------------------------------------------------------- */

static uint32_t submitter_of(const struct topology *topology, const json_t *task)
{
    const char *path = json_string_value(json_object_get(task, "submitter"));
    uint32_t rank = RANK_NONE;
    struct error ignored;

    if (path && topology_parse_path(topology, path, &rank, &ignored) < 0)
        rank = RANK_NONE;
    return rank;
}

static struct seen_input read_input(const json_t *from)
{
    const char *transfer = json_string_value(json_object_get(from, "transfer"));
    struct seen_input input = {.handle = handle_of(json_object_get(from, "handle"))};
    struct task_key producer;

    input.remote = transfer && strcmp(transfer, "remote") == 0;
    input.has_producer = key_of(from, "producer_task", &producer);
    if (input.has_producer) {
        input.producer_depth = producer.depth;
        input.producer_id = producer.id;
    }
    return input;
}

static void read_tensors(struct seen_task *task, const json_t *from)
{
    const json_t *inputs = json_object_get(from, "inputs"),
                 *outputs = json_object_get(from, "outputs"), *tensor;
    size_t i;

    task->input_count = (uint32_t)json_array_size(inputs);
    task->output_count = (uint32_t)json_array_size(outputs);
    task->inputs = memory_new(task->input_count, sizeof *task->inputs);
    task->outputs = memory_new(task->output_count, sizeof *task->outputs);
    json_array_foreach(inputs, i, tensor)
    {
        task->inputs[i] = read_input(tensor);
    }
    json_array_foreach(outputs, i, tensor)
    {
        task->outputs[i] = handle_of(json_object_get(tensor, "handle"));
    }
}

static void read_task(struct evidence_reader *reader, uint32_t node, const json_t *from)
{
    struct evidence *evidence = &reader->evidence;
    const char *kernel = json_string_value(json_object_get(from, "kernel"));
    struct seen_task *task;
    struct task_key key;

    if (!key_of(from, "task", &key) || key.exec != reader->source.exec)
        return;
    task =
        append((void **)&evidence->tasks, &evidence->task_count, &reader->task_room, sizeof *task);
    task->node = node;
    task->submitter = submitter_of(evidence->topology, from);
    task->id = key.id;
    task->depth = key.depth;
    task->part = (uint32_t)number(from, "part");
    task->failed = json_object_get(from, "error") != NULL;
    snprintf(task->kernel, sizeof task->kernel, "%s", kernel ? kernel : "");
    task->started_us = number(from, "started_us");
    task->ended_us = number(from, "ended_us");
    read_tensors(task, from);
}

static void read_exit(struct evidence_reader *reader, uint32_t node, const json_t *from)
{
    const json_t *handles = json_object_get(from, "retired_tensors"), *handle;
    struct evidence *evidence = &reader->evidence;
    struct seen_exit *retired;
    size_t i;

    if (number(from, "timestamp_us") < reader->source.since_us)
        return;
    retired = append((void **)&evidence->exits, &evidence->exit_count, &reader->exit_room,
                     sizeof *retired);
    retired->node = node;
    retired->level = (uint8_t)level_of(from);
    retired->depth = (uint8_t)number(from, "depth");
    retired->at_us = number(from, "timestamp_us");
    retired->count = (uint32_t)json_array_size(handles);
    retired->handles = memory_new(retired->count, sizeof *retired->handles);
    json_array_foreach(handles, i, handle)
    {
        retired->handles[i] = handle_of(handle);
    }
}

/* When a trace's oldest record was made: what was lost is older. UINT64_MAX: it has none. */
static uint64_t oldest_us(const json_t *trace)
{
    const json_t *tasks = json_object_get(trace, "tasks"),
                 *exits = json_object_get(trace, "scope_exits");
    uint64_t oldest = UINT64_MAX, exit_us;

    if (json_array_size(tasks))
        oldest = number(json_array_get(tasks, 0), "ended_us");
    if (json_array_size(exits)) {
        exit_us = number(json_array_get(exits, 0), "timestamp_us");
        oldest = exit_us < oldest ? exit_us : oldest;
    }
    return oldest;
}

/* NULL when there is no such file: the node ran nothing. */
static json_t *load(struct evidence_reader *reader, uint32_t rank, const char *name)
{
    char path[LIMIT_NODE_FILE];
    struct error err;
    json_t *object;

    node_tasks_file(reader->evidence.topology, rank, name, path, sizeof path);
    if (faccessat(reader->source.run_dir_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
        errno == ENOENT)
        return NULL;
    object = json_file_read(reader->source.run_dir_fd, path, &err);
    if (!object)
        note_problem(reader, path, err.text);
    return object;
}

static void read_trace(struct evidence_reader *reader, uint32_t rank)
{
    json_t *trace = load(reader, rank, "task_trace.json"), *one;
    size_t i;

    if (!trace)
        return;
    reader->evidence.lost += number(trace, "unreadable");
    if (oldest_us(trace) >= reader->source.since_us)
        reader->evidence.lost += number(trace, "lost");
    json_array_foreach(json_object_get(trace, "tasks"), i, one)
    {
        read_task(reader, rank, one);
    }
    json_array_foreach(json_object_get(trace, "scope_exits"), i, one)
    {
        read_exit(reader, rank, one);
    }
    json_decref(trace);
}

static void read_profile(struct evidence_reader *reader, uint32_t rank)
{
    json_t *profile = load(reader, rank, "ring_profile.json"), *layer;
    struct evidence *evidence = &reader->evidence;
    size_t i;

    json_array_foreach(json_object_get(profile, "layers"), i, layer)
    {
        struct seen_profile *seen = append((void **)&evidence->profiles, &evidence->profile_count,
                                           &reader->profile_room, sizeof *seen);

        *seen = (struct seen_profile){.node = rank,
                                      .level = (uint8_t)level_of(layer),
                                      .depth = (uint8_t)number(layer, "depth"),
                                      .task_peak = number(layer, "task_ring_peak_used"),
                                      .task_capacity = number(layer, "task_ring_capacity"),
                                      .allocs = number(layer, "task_alloc_count"),
                                      .retires = number(layer, "task_retire_count")};
    }
    json_decref(profile);
}

/* --- ring_snapshots.jsonl --------------------------------------------------------------------- */

static struct seen_layer read_layer(const json_t *from)
{
    return (struct seen_layer){.level = (uint8_t)level_of(from),
                               .depth = (uint8_t)number(from, "depth"),
                               .task_capacity = number(from, "task_capacity"),
                               .task_used = number(from, "task_used"),
                               .buffer_capacity = number(from, "buffer_capacity_bytes"),
                               .buffer_used = number(from, "buffer_used_bytes"),
                               .last_task_alive = number(from, "last_task_alive"),
                               .allocs = number(from, "alloc_count"),
                               .retires = number(from, "retire_count"),
                               .blocks = number(from, "block_count"),
                               .frees = number(from, "free_count"),
                               .tokens = number(from, "tokens_applied"),
                               .scope_tokens = number(from, "scope_tokens_applied")};
}

static void read_snapshot(struct evidence_reader *reader, uint32_t rank, const json_t *line)
{
    const json_t *layers = json_object_get(line, "layers"), *layer;
    const char *label = json_string_value(json_object_get(line, "label"));
    struct evidence *evidence = &reader->evidence;
    struct seen_snapshot *snapshot;
    size_t i;

    if (!label || number(line, "timestamp_us") < reader->source.since_us)
        return;
    snapshot = append((void **)&evidence->snapshots, &evidence->snapshot_count,
                      &reader->snapshot_room, sizeof *snapshot);
    snapshot->node = rank;
    snprintf(snapshot->label, sizeof snapshot->label, "%s", label);
    snapshot->at_us = number(line, "timestamp_us");
    snapshot->count = (uint32_t)json_array_size(layers);
    snapshot->layers = memory_new(snapshot->count, sizeof *snapshot->layers);
    json_array_foreach(layers, i, layer)
    {
        snapshot->layers[i] = read_layer(layer);
    }
}

static void read_lines(struct evidence_reader *reader, uint32_t rank, const char *path, FILE *file)
{
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, file) > 0) {
        json_t *snapshot = json_loads(line, 0, NULL);

        if (snapshot)
            read_snapshot(reader, rank, snapshot);
        else
            note_problem(reader, path, "a line is no JSON");
        json_decref(snapshot);
    }
    free(line);
}

static void read_snapshots(struct evidence_reader *reader, uint32_t rank, const char *name)
{
    char path[LIMIT_NODE_FILE];
    FILE *file;
    int fd;

    node_tasks_file(reader->evidence.topology, rank, name, path, sizeof path);
    fd = openat(reader->source.run_dir_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    file = fdopen(fd, "r");
    if (file) {
        read_lines(reader, rank, path, file);
        fclose(file);
    } else {
        close(fd);
    }
}

/* --- all nodes -------------------------------------------------------------------------------- */

static void read_node(struct evidence_reader *reader, uint32_t rank)
{
    read_trace(reader, rank);
    read_snapshots(reader, rank, "ring_snapshots.jsonl.1");
    read_snapshots(reader, rank, "ring_snapshots.jsonl");
    read_profile(reader, rank);
}

static void reader_turn(evutil_socket_t fd, short what, void *arg)
{
    struct evidence_reader *reader = arg;
    uint32_t nodes = reader->evidence.topology->node_count, end = reader->next_rank + NODES_A_TURN;

    (void)fd;
    (void)what;
    while (reader->next_rank < nodes && reader->next_rank < end)
        read_node(reader, reader->next_rank++);
    if (reader->next_rank < nodes)
        event_active(reader->turn, EV_TIMEOUT, 0);
    else
        reader->source.done(reader->source.arg);
}

struct evidence_reader *evidence_read(const struct evidence_source *source)
{
    struct evidence_reader *reader = memory_new(1, sizeof *reader);

    reader->source = *source;
    reader->evidence.topology = source->topology;
    reader->turn = event_new(source->base, -1, EV_PERSIST, reader_turn, reader);
    event_active(reader->turn, EV_TIMEOUT, 0);
    return reader;
}

const struct evidence *evidence_of(const struct evidence_reader *reader)
{
    return &reader->evidence;
}

void evidence_reader_destroy(struct evidence_reader *reader)
{
    struct evidence *evidence;

    if (!reader)
        return;
    evidence = &reader->evidence;
    for (size_t i = 0; i < evidence->task_count; i++) {
        free(evidence->tasks[i].inputs);
        free(evidence->tasks[i].outputs);
    }
    for (size_t i = 0; i < evidence->exit_count; i++)
        free(evidence->exits[i].handles);
    for (size_t i = 0; i < evidence->snapshot_count; i++)
        free(evidence->snapshots[i].layers);
    free(evidence->tasks);
    free(evidence->exits);
    free(evidence->snapshots);
    free(evidence->profiles);
    event_free(reader->turn);
    free(reader);
}

const struct seen_snapshot *evidence_snapshots(const struct evidence *evidence, uint32_t node)
{
    size_t low = 0, high = evidence->snapshot_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (evidence->snapshots[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < evidence->snapshot_count && evidence->snapshots[low].node == node
               ? &evidence->snapshots[low]
               : NULL;
}

const struct seen_layer *snapshot_layer(const struct seen_snapshot *snapshot, enum level level,
                                        unsigned depth)
{
    for (uint32_t i = 0; i < snapshot->count; i++)
        if (snapshot->layers[i].level == level && snapshot->layers[i].depth == depth)
            return &snapshot->layers[i];
    return NULL;
}
