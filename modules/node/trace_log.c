#include "node/trace_log.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/memory.h"
#include "core/task.h"

/* At the beginning of the area. Offsets count the bytes of records since the first one; what they
 * are modulo the space behind the header says where. Readable at any moment in between two
 * instructions of the writer: that is where it may be killed. */
struct area {
    uint64_t magic;
    uint64_t oldest, end; // offsets: of the oldest record, and behind the newest
    uint64_t lost;
    uint32_t count;     // records from `oldest` to `end`
    uint32_t show_exec; // keys have their exec in front
};
#define AREA_MAGIC UINT64_C(0x4C494E5155545231) // "LINQUTR1"

enum record_kind { RECORD_GAP = 1, RECORD_TASK, RECORD_EXIT };

/* Before each record; one does not go around the end of the space: what is left there is a gap. */
struct record {
    uint32_t size; // with this, and with the lists and texts behind it; a multiple of 8
    uint32_t kind; // enum record_kind
};

struct stored_task {
    struct record head;
    struct task_key key;
    uint64_t started_ns, ended_ns, run_ns;
    uint32_t part, parts;
    uint32_t input_count, output_count;
    uint32_t kernel_size, error_size; // closing NUL included; 0: none
};

struct stored_exit {
    struct record head;
    uint64_t now_ns;
    uint64_t bytes;
    uint32_t count;
    uint8_t level, depth;
};

struct trace_log {
    struct area *area;
    uint8_t *space;
    uint64_t size; // of the space
};

static struct trace_log *log_in(void *area, size_t size)
{
    struct trace_log *log = memory_new(1, sizeof *log);

    assert(size % 8 == 0 && size > sizeof(struct area) + sizeof(struct record));
    log->area = area;
    log->space = (uint8_t *)(log->area + 1);
    log->size = size - sizeof(struct area);
    return log;
}

struct trace_log *trace_log_create(void *area, size_t size)
{
    struct trace_log *log = log_in(area, size);

    log->area->magic = AREA_MAGIC;
    return log;
}

struct trace_log *trace_log_open(const void *area, size_t size)
{
    const struct area *head = area;

    return head->magic == AREA_MAGIC ? log_in((void *)(uintptr_t)area, size) : NULL;
}

uint32_t trace_log_peek(const uint8_t head[TRACE_HEAD_SIZE])
{
    struct area area;

    _Static_assert(sizeof area == TRACE_HEAD_SIZE, "the whole head");
    memcpy(&area, head, sizeof area);
    return area.magic == AREA_MAGIC ? area.count : 0;
}

void trace_log_destroy(struct trace_log *log)
{
    free(log);
}

/* What was written before is in the area before what is written after. */
static void settle(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

/* --- writing ---------------------------------------------------------------------------------- */

static struct record *record_at(const struct trace_log *log, uint64_t offset)
{
    return (struct record *)(void *)(log->space + offset % log->size);
}

static void forget_oldest(struct area *area, const struct record *oldest)
{
    area->oldest += oldest->size;
    if (oldest->kind == RECORD_GAP)
        return;
    area->count--;
    area->lost++;
}

/* So that `size` bytes fit behind the newest. */
static void make_room(struct trace_log *log, uint64_t size)
{
    struct area *area = log->area;

    while (area->end + size - area->oldest > log->size)
        forget_oldest(area, record_at(log, area->oldest));
    settle();
}

static void publish(struct trace_log *log, uint64_t size)
{
    settle();
    log->area->end += size;
}

/* Up to the end of the space, when `size` bytes do not fit before it. */
static void skip_to_start(struct trace_log *log, uint64_t size)
{
    uint64_t left = log->size - log->area->end % log->size;

    if (size <= left)
        return;
    make_room(log, left);
    *record_at(log, log->area->end) = (struct record){.size = (uint32_t)left, .kind = RECORD_GAP};
    publish(log, left);
}

/* Room for a record of that size; NULL, and it is lost, when no area has it. */
static void *begin_record(struct trace_log *log, uint64_t size)
{
    if (size > log->size / 2) {
        log->area->lost++;
        return NULL;
    }
    while (log->area->count >= TRACE_RECORDS_MAX)
        forget_oldest(log->area, record_at(log, log->area->oldest));
    skip_to_start(log, size);
    make_room(log, size);
    return record_at(log, log->area->end);
}

static void end_record(struct trace_log *log, uint64_t size)
{
    log->area->count++;
    publish(log, size);
}

void trace_log_show_exec(struct trace_log *log)
{
    log->area->show_exec = 1;
}

/* Copies go behind the record, one after the other. */
static void put(uint8_t **at, const void *data, size_t size)
{
    if (size)
        memcpy(*at, data, size);
    *at += size;
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static uint64_t in_eights(uint64_t size)
{
    return (size + 7) & ~UINT64_C(7);
}

void trace_log_task(struct trace_log *log, const struct trace_task *task)
{
    size_t inputs = task->input_count * sizeof *task->inputs,
           outputs = task->output_count * sizeof *task->outputs;
    size_t kernel = text_size(task->kernel), error = text_size(task->error);
    uint64_t size = in_eights(sizeof(struct stored_task) + inputs + outputs + kernel + error);
    struct stored_task *stored = begin_record(log, size);
    uint8_t *at;

    if (!stored)
        return;
    *stored = (struct stored_task){
        .head = {.size = (uint32_t)size, .kind = RECORD_TASK},
        .key = task->key,
        .started_ns = task->started_ns,
        .ended_ns = task->ended_ns,
        .run_ns = task->run_ns,
        .part = task->part,
        .parts = task->parts,
        .input_count = task->input_count,
        .output_count = task->output_count,
        .kernel_size = (uint32_t)kernel,
        .error_size = (uint32_t)error,
    };
    at = (uint8_t *)(stored + 1);
    put(&at, task->inputs, inputs);
    put(&at, task->outputs, outputs);
    put(&at, task->kernel, kernel);
    put(&at, task->error, error);
    end_record(log, size);
}

void trace_log_exit(struct trace_log *log, const struct trace_exit *retired)
{
    size_t handles = retired->count * sizeof *retired->handles;
    uint64_t size = in_eights(sizeof(struct stored_exit) + handles);
    struct stored_exit *stored = begin_record(log, size);
    uint8_t *at;

    if (!stored)
        return;
    *stored = (struct stored_exit){
        .head = {.size = (uint32_t)size, .kind = RECORD_EXIT},
        .now_ns = retired->now_ns,
        .bytes = retired->bytes,
        .count = retired->count,
        .level = retired->level,
        .depth = retired->depth,
    };
    at = (uint8_t *)(stored + 1);
    put(&at, retired->handles, handles);
    end_record(log, size);
}

struct trace_log_counts trace_log_counts(const struct trace_log *log)
{
    const struct area *area = log->area;

    return (struct trace_log_counts){
        .records = area->count, .bytes = area->end - area->oldest, .lost = area->lost};
}

/* --- reading ---------------------------------------------------------------------------------- */

/* A walk over the records. Nothing that lies there is trusted: a kernel may have written anywhere
 * before it was killed. */
struct walk {
    const struct trace_log *log;
    uint64_t at, end; // offsets
};

static struct walk walk_begin(const struct trace_log *log)
{
    struct walk walk = {.log = log, .at = log->area->oldest, .end = log->area->end};

    if (walk.end - walk.at > log->size || walk.at % 8 || walk.end % 8)
        walk.end = walk.at;
    return walk;
}

/* NULL at the end, and where no record can be. */
static const struct record *walk_next(struct walk *walk)
{
    uint64_t left = walk->log->size - walk->at % walk->log->size;
    const struct record *record;

    if (walk->at == walk->end)
        return NULL;
    if (left > walk->end - walk->at)
        left = walk->end - walk->at;
    record = record_at(walk->log, walk->at);
    if (record->size < sizeof *record || record->size % 8 || record->size > left)
        return NULL;
    walk->at += record->size;
    return record;
}

/* The next `size` bytes, which are there. */
static const void *take(const uint8_t **at, uint64_t size)
{
    const void *here = *at;

    *at += size;
    return here;
}

static bool is_text(const uint8_t *end, uint64_t size)
{
    return size == 0 || end[-1] == '\0';
}

static bool read_task(const struct record *record, struct trace_task *task)
{
    const struct stored_task *stored = (const void *)record;
    const uint8_t *at = (const uint8_t *)(stored + 1);
    uint64_t inputs, outputs;

    if (record->size < sizeof *stored)
        return false;
    inputs = (uint64_t)stored->input_count * sizeof *task->inputs;
    outputs = (uint64_t)stored->output_count * sizeof *task->outputs;
    if (sizeof *stored + inputs + outputs + stored->kernel_size + stored->error_size > record->size)
        return false;
    *task = (struct trace_task){
        .key = stored->key,
        .part = stored->part,
        .parts = stored->parts,
        .started_ns = stored->started_ns,
        .ended_ns = stored->ended_ns,
        .run_ns = stored->run_ns,
        .input_count = stored->input_count,
        .output_count = stored->output_count,
    };
    task->inputs = take(&at, inputs);
    task->outputs = take(&at, outputs);
    task->kernel = take(&at, stored->kernel_size);
    if (!stored->kernel_size || !is_text(at, stored->kernel_size))
        return false;
    if (stored->error_size)
        task->error = take(&at, stored->error_size);
    return is_text(at, stored->error_size);
}

static bool read_exit(const struct record *record, struct trace_exit *retired)
{
    const struct stored_exit *stored = (const void *)record;

    if (record->size < sizeof *stored || stored->level >= LEVEL_COUNT ||
        sizeof *stored + (uint64_t)stored->count * sizeof *retired->handles > record->size)
        return false;
    *retired = (struct trace_exit){
        .level = stored->level,
        .depth = stored->depth,
        .now_ns = stored->now_ns,
        .bytes = stored->bytes,
        .handles = (const uint64_t *)(const void *)(stored + 1),
        .count = stored->count,
    };
    return true;
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

/* NULL when the record is of another kind, or broken. */
static json_t *record_json(const struct teller *teller, const struct record *record,
                           enum record_kind kind)
{
    struct trace_task task;
    struct trace_exit retired;

    if (record->kind != kind)
        return NULL;
    if (kind == RECORD_TASK)
        return read_task(record, &task) ? task_json(teller, &task) : NULL;
    return read_exit(record, &retired) ? exit_json(&retired) : NULL;
}

/* "[", the records of that kind, each on a line of its own, "]". Returns how many. */
static uint32_t append_records(struct buffer *out, const struct trace_log *log,
                               const struct teller *teller, enum record_kind kind)
{
    struct walk walk = walk_begin(log);
    const struct record *record;
    uint32_t count = 0;

    buffer_printf(out, "[");
    while ((record = walk_next(&walk))) {
        json_t *json = record_json(teller, record, kind);

        if (!json)
            continue;
        buffer_printf(out, "%s", count++ ? ",\n    " : "\n    ");
        json_append_line(out, json);
    }
    buffer_printf(out, "]");
    return count;
}

void trace_log_append(struct buffer *out, const struct trace_log *log,
                      const struct topology *topology, uint32_t rank, const char *system)
{
    const struct teller teller = {
        .topology = topology, .system = system, .show_exec = log->area->show_exec != 0};
    uint64_t lost = log->area->lost, expected = log->area->count, got = 0;

    buffer_printf(out, "{\n  \"node\": ");
    json_append_line(out, path_text(&teller, rank));
    buffer_printf(out, ",\n  \"tasks\": ");
    got += append_records(out, log, &teller, RECORD_TASK);
    buffer_printf(out, ",\n  \"scope_exits\": ");
    got += append_records(out, log, &teller, RECORD_EXIT);
    if (lost > INT64_MAX) // scribbled over
        lost = INT64_MAX;
    buffer_printf(out, ",\n  \"lost\": %llu,\n  \"unreadable\": %llu\n}\n",
                  (unsigned long long)lost,
                  (unsigned long long)(expected > got ? expected - got : 0));
}
