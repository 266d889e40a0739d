/* What the files of the ring checks share: ways through the snapshots, and the checks that are not
 * in the file of the table. Nobody else includes it. */

#ifndef SCENARIO_RING_CHECKS_INTERNAL_H
#define SCENARIO_RING_CHECKS_INTERNAL_H

#include "scenario/ring_checks.h"

enum { RING_CHECK_DEPTHS = 9 };

/* --- ring_snapshots.c ------------------------------------------------------------------------- */

enum level ring_level_at(const struct ring_subject *subject, uint32_t node);

/* A layer of the node's own level; empty, of no capacity, when it was never used. */
struct seen_layer snapshot_own(const struct ring_subject *subject,
                               const struct seen_snapshot *snapshot, unsigned depth);
/* How many layers of the node's own level retired something between two snapshots. */
unsigned snapshot_layers_moved(const struct ring_subject *subject,
                               const struct seen_snapshot *before,
                               const struct seen_snapshot *after);

bool snapshot_is(const struct seen_snapshot *snapshot, const char *label);
/* The next of the same node; NULL at the end. */
const struct seen_snapshot *snapshot_next(const struct evidence *evidence,
                                          const struct seen_snapshot *at);
/* The first with that label after this one, of the same node. */
const struct seen_snapshot *snapshot_later(const struct evidence *evidence,
                                           const struct seen_snapshot *from, const char *label);
/* The first with that label of a node that is not older than `since_us`. */
const struct seen_snapshot *snapshot_since(const struct evidence *evidence, uint32_t node,
                                           uint64_t since_us, const char *label);

/* "L6_0/L5_1: what" into the finding. Returns false. */
bool ring_fault(const struct ring_subject *subject, struct finding *finding, uint32_t node,
                const char *what);

/* One way to look at all runs of a program: each begins with `label`. `look` says NULL, or what is
 * wrong. */
struct ring_walk {
    const char *label;
    enum level level;
    const char *(*look)(const struct ring_subject *subject, const struct seen_snapshot *begin);
};
/* False, with the first fault, or when a node of that level never ran it. */
bool ring_walk_all(const struct ring_subject *subject, const struct ring_walk *walk, uint32_t *runs,
                   struct finding *finding);

/* --- ring_invariants.c ------------------------------------------------------------------------ */

bool ring_check_r6(const void *subject, struct finding *finding);
bool ring_check_r8(const void *subject, struct finding *finding);
bool ring_check_i1(const void *subject, struct finding *finding);
bool ring_check_i2(const void *subject, struct finding *finding);
bool ring_check_i3(const void *subject, struct finding *finding);
bool ring_check_i4(const void *subject, struct finding *finding);
bool ring_check_i5(const void *subject, struct finding *finding);
bool ring_check_i6(const void *subject, struct finding *finding);

#endif
