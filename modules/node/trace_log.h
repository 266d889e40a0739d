/* What a node has to tell of the tasks it ran: the newest records, one for each task (or part of a
 * group) that has ended and one for each batch of tensors that was retired here. The older ones are
 * forgotten and counted.
 *
 * They lie in an area of memory that may outlive the node: the records of a killed node are read
 * from what it left there. */

#ifndef NODE_TRACE_LOG_H
#define NODE_TRACE_LOG_H

#include "base/buffer.h"
#include "model/task_key.h"
#include "topo/topology.h"

enum {
    TRACE_RECORDS_MAX = 65536,
    TRACE_AREA_SIZE = 32 * 1024 * 1024, // bytes of a node's area; what is not written costs nothing
};

struct trace_input {
    uint64_t handle;
    uint64_t bytes;
    uint64_t took_ns; // to get it here
    uint32_t version;
    uint32_t holder; // rank of the node it was asked of, or is kept by
    uint32_t producer_id;
    uint16_t producer_depth;
    uint8_t remote; // 0 or 1: no bool, as it is read from what any process may have written
};

struct trace_output {
    uint64_t handle;
    uint64_t bytes;
};

/* All is copied. */
struct trace_task {
    struct task_key key;
    uint32_t part, parts;
    const char *kernel;
    const char *error; // NULL: it completed
    uint64_t started_ns, ended_ns, run_ns;
    const struct trace_input *inputs;
    const struct trace_output *outputs;
    uint32_t input_count, output_count;
};

/* Tensors of one owner's level and depth, forgotten together. */
struct trace_exit {
    uint8_t level, depth;
    uint64_t now_ns;
    uint64_t bytes;
    const uint64_t *handles;
    uint32_t count;
};

struct trace_log;

/* Records go to `area`, `size` bytes that are zero (a multiple of 8) and stay the caller's. */
struct trace_log *trace_log_create(void *area, size_t size);
/* To look only: at what lies in an area, whoever wrote it and however it ended. NULL when nothing
 * was written there. */
struct trace_log *trace_log_open(const void *area, size_t size);
void trace_log_destroy(struct trace_log *log);

/* From now on task keys have their exec in front. */
void trace_log_show_exec(struct trace_log *log);

/* A record that the whole area cannot hold is lost. */
void trace_log_task(struct trace_log *log, const struct trace_task *task);
void trace_log_exit(struct trace_log *log, const struct trace_exit *retired);

/* How many records are in the area that begins with `head`, a copy of its first bytes. */
enum { TRACE_HEAD_SIZE = 40 };
uint32_t trace_log_peek(const uint8_t head[TRACE_HEAD_SIZE]);

struct trace_log_counts {
    uint32_t records;
    uint64_t bytes;
    uint64_t lost;
};
struct trace_log_counts trace_log_counts(const struct trace_log *log);

/* Append task_trace.json of the node `rank`, a record a line: there may be tens of thousands, and a
 * value of them all would take a hundred times the memory of one. What cannot be read counts as lost. */
void trace_log_append(struct buffer *out, const struct trace_log *log,
                      const struct topology *topology, uint32_t rank, const char *system);

#endif
