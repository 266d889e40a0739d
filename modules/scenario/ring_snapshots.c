/* Ways through the snapshots of a run of ring-stress. */

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "scenario/ring_checks_internal.h"

enum level ring_level_at(const struct ring_subject *subject, uint32_t node)
{
    return topology_level_of_rank(subject->topology, node);
}

struct seen_layer snapshot_own(const struct ring_subject *subject,
                               const struct seen_snapshot *snapshot, unsigned depth)
{
    enum level level = ring_level_at(subject, snapshot->node);
    const struct seen_layer *layer = snapshot_layer(snapshot, level, depth);

    return layer ? *layer : (struct seen_layer){.level = (uint8_t)level, .depth = (uint8_t)depth};
}

bool snapshot_is(const struct seen_snapshot *snapshot, const char *label)
{
    return strcmp(snapshot->label, label) == 0;
}

const struct seen_snapshot *snapshot_next(const struct evidence *evidence,
                                          const struct seen_snapshot *at)
{
    const struct seen_snapshot *end = evidence->snapshots + evidence->snapshot_count;

    return at + 1 < end && at[1].node == at->node ? at + 1 : NULL;
}

const struct seen_snapshot *snapshot_later(const struct evidence *evidence,
                                           const struct seen_snapshot *from, const char *label)
{
    do
        from = snapshot_next(evidence, from);
    while (from && !snapshot_is(from, label));
    return from;
}

const struct seen_snapshot *snapshot_since(const struct evidence *evidence, uint32_t node,
                                           uint64_t since_us, const char *label)
{
    const struct seen_snapshot *at = evidence_snapshots(evidence, node);

    while (at && (at->at_us < since_us || !snapshot_is(at, label)))
        at = snapshot_next(evidence, at);
    return at;
}

bool ring_fault(const struct ring_subject *subject, struct finding *finding, uint32_t node,
                const char *what)
{
    char path[LIMIT_NODE_PATH];

    topology_path(subject->topology, node, path, sizeof path);
    return found(finding, false, "%s: %s", path, what);
}

bool ring_walk_all(const struct ring_subject *subject, const struct ring_walk *walk, uint32_t *runs,
                   struct finding *finding)
{
    const struct evidence *evidence = subject->first;
    uint32_t first = subject->topology->first_rank[walk->level],
             count = subject->topology->count[walk->level];
    uint8_t *ran = memory_new(count, 1);
    uint32_t missing = RANK_NONE;
    bool holds = true;

    *runs = 0;
    for (size_t i = 0; holds && i < evidence->snapshot_count; i++) {
        const struct seen_snapshot *begin = &evidence->snapshots[i];
        const char *fault;

        if (!snapshot_is(begin, walk->label) || ring_level_at(subject, begin->node) != walk->level)
            continue;
        fault = walk->look(subject, begin);
        holds = !fault || ring_fault(subject, finding, begin->node, fault);
        ran[begin->node - first] = 1;
        ++*runs;
    }
    for (uint32_t i = 0; holds && i < count; i++)
        if (!ran[i] && missing == RANK_NONE)
            missing = first + i;
    free(ran);
    return holds && (missing == RANK_NONE ||
                     ring_fault(subject, finding, missing, "it did not run the program"));
}

unsigned snapshot_layers_moved(const struct ring_subject *subject,
                               const struct seen_snapshot *before,
                               const struct seen_snapshot *after)
{
    unsigned moved = 0;

    for (unsigned depth = 0; depth < RING_CHECK_DEPTHS; depth++)
        moved += snapshot_own(subject, before, depth).retires !=
                 snapshot_own(subject, after, depth).retires;
    return moved;
}
