#include "node/trace_log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/memory.h"
#include "core/task.h"

/* One piece of memory with its lists and texts behind it. */
struct record {
    size_t size;
    bool is_task;
    union {
        struct trace_task task;
        struct trace_exit retired;
    };
};

/* A ring of records that grows up to its limit. */
struct trace_log {
    struct record **records;
    uint32_t capacity; // a power of two
    uint32_t first, count;
    uint64_t bytes;
    uint64_t lost;
};

struct trace_log *trace_log_create(void)
{
    return memory_new(1, sizeof(struct trace_log));
}

static void forget_oldest(struct trace_log *log)
{
    struct record *oldest = log->records[log->first];

    log->first = (log->first + 1) & (log->capacity - 1);
    log->count--;
    log->bytes -= oldest->size;
    free(oldest);
}

void trace_log_destroy(struct trace_log *log)
{
    if (!log)
        return;
    while (log->count)
        forget_oldest(log);
    free(log->records);
    free(log);
}

static struct record *record_at(const struct trace_log *log, uint32_t number)
{
    assert(number < log->count);
    return log->records[(log->first + number) & (log->capacity - 1)];
}

static void grow(struct trace_log *log)
{
    uint32_t capacity = log->capacity ? 2 * log->capacity : 16;
    struct record **records = memory_new(capacity, sizeof(struct record *));

    for (uint32_t i = 0; i < log->count; i++)
        records[i] = record_at(log, i);
    free(log->records);
    log->records = records;
    log->capacity = capacity;
    log->first = 0;
}

static void add(struct trace_log *log, struct record *record)
{
    while (log->count &&
           (log->count == TRACE_RECORDS_MAX || log->bytes + record->size > TRACE_BYTES_MAX)) {
        forget_oldest(log);
        log->lost++;
    }
    if (log->count == log->capacity)
        grow(log);
    log->records[(log->first + log->count++) & (log->capacity - 1)] = record;
    log->bytes += record->size;
}

/* Copies go behind the record, one after the other. */
static const void *put(uint8_t **at, const void *data, size_t size)
{
    void *here = *at;

    if (size)
        memcpy(here, data, size);
    *at += size;
    return here;
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

void trace_log_task(struct trace_log *log, const struct trace_task *task)
{
    size_t inputs = task->input_count * sizeof *task->inputs,
           outputs = task->output_count * sizeof *task->outputs;
    size_t size =
        sizeof(struct record) + inputs + outputs + text_size(task->kernel) + text_size(task->error);
    struct record *record = memory_new(1, size);
    uint8_t *at = (uint8_t *)(record + 1);

    record->size = size;
    record->is_task = true;
    record->task = *task;
    record->task.inputs = put(&at, task->inputs, inputs);
    record->task.outputs = put(&at, task->outputs, outputs);
    record->task.kernel = put(&at, task->kernel, text_size(task->kernel));
    if (task->error)
        record->task.error = put(&at, task->error, text_size(task->error));
    add(log, record);
}

void trace_log_exit(struct trace_log *log, const struct trace_exit *retired)
{
    size_t handles = retired->count * sizeof *retired->handles;
    size_t size = sizeof(struct record) + handles;
    struct record *record = memory_new(1, size);
    uint8_t *at = (uint8_t *)(record + 1);

    record->size = size;
    record->retired = *retired;
    record->retired.handles = put(&at, retired->handles, handles);
    add(log, record);
}

struct trace_log_counts trace_log_counts(const struct trace_log *log)
{
    return (struct trace_log_counts){.records = log->count, .bytes = log->bytes, .lost = log->lost};
}

/* --- task_trace.json -------------------------------------------------------------------------- */

/* What texts depend on. */
struct teller {
    const struct topology *topology;
    const char *system;
    bool show_exec;
};

static json_t *u64_text(uint64_t number)
{
    return json_sprintf("%ju", (uintmax_t)number);
}

static json_t *path_text(const struct teller *teller, uint32_t rank)
{
    char path[LIMIT_NODE_PATH];

    if (rank >= teller->topology->node_count)
        return json_string("launcher");
    topology_path(teller->topology, rank, path, sizeof path);
    return json_text(path);
}

/* A key's coordinate carries no level: the submitter's path says which node it is. */
static json_t *submitter_text(const struct teller *teller, const struct coord *creator)
{
    if (creator->level == LEVEL_LAUNCHER || !topology_has(teller->topology, creator))
        return json_string("launcher");
    return path_text(teller, topology_rank(teller->topology, creator));
}

static json_t *key_text(const struct teller *teller, const struct task_key *key)
{
    char text[2 * LIMIT_SYSTEM_NAME + 64];

    task_key_to_text(key, teller->system, teller->show_exec, text, sizeof text);
    return json_text(text);
}

static json_t *producer_text(const struct teller *teller, const struct task_key *reader,
                             const struct trace_input *input)
{
    struct task_key key = *reader;

    if (input->producer_depth == PRODUCER_ELSEWHERE)
        return json_null();
    key.depth = input->producer_depth;
    key.id = input->producer_id;
    key.generation = 0;
    return key_text(teller, &key);
}

static json_t *input_json(const struct teller *teller, const struct trace_task *task,
                          const struct trace_input *input)
{
    return json_pack("{s:o, s:I, s:o, s:o, s:s, s:I, s:I}", "handle", u64_text(input->handle),
                     "version", (json_int_t)input->version, "producer_node",
                     path_text(teller, input->holder), "producer_task",
                     producer_text(teller, &task->key, input), "transfer",
                     input->remote ? "remote" : "local", "transfer_bytes", (json_int_t)input->bytes,
                     "transfer_time_us", (json_int_t)(input->took_ns / 1000));
}

static json_t *inputs_json(const struct teller *teller, const struct trace_task *task)
{
    json_t *inputs = json_array();

    for (uint32_t i = 0; i < task->input_count; i++)
        json_array_append_new(inputs, input_json(teller, task, &task->inputs[i]));
    return inputs;
}

static json_t *outputs_json(const struct trace_task *task)
{
    json_t *outputs = json_array();

    for (uint32_t i = 0; i < task->output_count; i++)
        json_array_append_new(outputs,
                              json_pack("{s:o, s:I}", "handle", u64_text(task->outputs[i].handle),
                                        "size_bytes", (json_int_t)task->outputs[i].bytes));
    return outputs;
}

static json_t *task_json(const struct teller *teller, const struct trace_task *task)
{
    json_t *out = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:I, s:i, s:I, s:I}", "task", key_text(teller, &task->key),
        "submitter", submitter_text(teller, &task->key.creator), "kernel", json_text(task->kernel),
        "inputs", inputs_json(teller, task), "outputs", outputs_json(task), "execution_time_us",
        (json_int_t)(task->run_ns / 1000), "scope_depth", (int)task->key.depth, "started_us",
        (json_int_t)(task->started_ns / 1000), "ended_us", (json_int_t)(task->ended_ns / 1000));

    if (task->parts > 1)
        json_object_set_new(out, "part", json_integer(task->part));
    if (task->error)
        json_object_set_new(out, "error", json_text(task->error));
    return out;
}

static json_t *exit_json(const struct trace_exit *retired)
{
    json_t *tensors = json_array();

    for (uint32_t i = 0; i < retired->count; i++)
        json_array_append_new(tensors, u64_text(retired->handles[i]));
    return json_pack("{s:s, s:i, s:o, s:I, s:I}", "level", level_name((enum level)retired->level),
                     "depth", (int)retired->depth, "retired_tensors", tensors, "retired_bytes",
                     (json_int_t)retired->bytes, "timestamp_us",
                     (json_int_t)(retired->now_ns / 1000));
}

static json_t *record_json(const struct teller *teller, const struct record *record)
{
    return record->is_task ? task_json(teller, &record->task) : exit_json(&record->retired);
}

/* "[", the records of that kind, each on a line of its own, "]". */
static void append_records(struct buffer *out, const struct trace_log *log,
                           const struct teller *teller, bool tasks)
{
    const char *separator = "\n    ";

    buffer_printf(out, "[");
    for (uint32_t i = 0; i < log->count; i++) {
        const struct record *record = record_at(log, i);

        if (record->is_task != tasks)
            continue;
        buffer_printf(out, "%s", separator);
        json_append_line(out, record_json(teller, record));
        separator = ",\n    ";
    }
    buffer_printf(out, "]");
}

void trace_log_append(struct buffer *out, const struct trace_log *log,
                      const struct topology *topology, uint32_t rank, const char *system,
                      bool show_exec)
{
    const struct teller teller = {.topology = topology, .system = system, .show_exec = show_exec};

    buffer_printf(out, "{\n  \"node\": ");
    json_append_line(out, path_text(&teller, rank));
    buffer_printf(out, ",\n  \"tasks\": ");
    append_records(out, log, &teller, true);
    buffer_printf(out, ",\n  \"scope_exits\": ");
    append_records(out, log, &teller, false);
    buffer_printf(out, ",\n  \"lost\": %llu\n}\n", (unsigned long long)log->lost);
}
