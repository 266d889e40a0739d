/* What the nodes wrote of one exec, read back from their task_trace.json, ring_snapshots.jsonl and
 * ring_profile.json. Checks look at this and at nothing else that a kernel says of itself. Open to
 * read. */

#ifndef SCENARIO_EVIDENCE_H
#define SCENARIO_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "topo/topology.h"

struct event_base;

struct seen_input {
    uint64_t handle;
    uint32_t producer_id;
    uint16_t producer_depth;
    bool has_producer; // a task of the same submitter made it
    bool remote;       // it came from another node
};

/* A task, or a part of a group, that has ended. */
struct seen_task {
    uint32_t node;      // rank of who ran it
    uint32_t submitter; // rank; RANK_NONE: the launcher
    uint32_t id, part;
    uint16_t depth;
    bool failed;
    char kernel[48];
    uint64_t started_us, ended_us;
    struct seen_input *inputs;
    uint64_t *outputs; // handles
    uint32_t input_count, output_count;
};

/* Tensors that were retired together at a node. */
struct seen_exit {
    uint32_t node;
    uint8_t level, depth; // of the owner's layer
    uint64_t at_us;
    uint64_t *handles;
    uint32_t count;
};

struct seen_layer {
    uint8_t level, depth;
    uint64_t task_capacity, task_used, buffer_capacity, buffer_used;
    uint64_t last_task_alive, allocs, retires, blocks, frees, tokens, scope_tokens;
};

struct seen_snapshot {
    uint32_t node;
    char label[48];
    uint64_t at_us;
    struct seen_layer *layers;
    uint32_t count;
};

/* A layer of a node's profile, which counts since the run began. */
struct seen_profile {
    uint32_t node;
    uint8_t level, depth;
    uint64_t task_peak, task_capacity, allocs, retires;
};

/* Everything in the order of the nodes' ranks, and of one node in the order of time. */
struct evidence {
    const struct topology *topology;
    struct seen_task *tasks;
    struct seen_exit *exits;
    struct seen_snapshot *snapshots;
    struct seen_profile *profiles;
    size_t task_count, exit_count, snapshot_count, profile_count;
    uint64_t lost;     // records of which some may have been of this exec
    char problem[256]; // the first file that could not be read; empty: none
};

struct evidence_source {
    struct event_base *base;
    const struct topology *topology; // borrowed, like all here
    int run_dir_fd;
    uint64_t exec;
    uint64_t since_us; // when it began, on the nodes' clock
    void (*done)(void *arg);
    void *arg;
};

/* Read all files, some in each turn of the loop; then `done` is called, once. */
struct evidence_reader;
struct evidence_reader *evidence_read(const struct evidence_source *source);
/* Complete once `done` was called; lives as long as the reader. */
const struct evidence *evidence_of(const struct evidence_reader *reader);
void evidence_reader_destroy(struct evidence_reader *reader);

/* The first of a node's snapshots; the others follow it. NULL: it has none. */
const struct seen_snapshot *evidence_snapshots(const struct evidence *evidence, uint32_t node);
/* The layer in a snapshot; NULL when it was never used. */
const struct seen_layer *snapshot_layer(const struct seen_snapshot *snapshot, enum level level,
                                        unsigned depth);

#endif
