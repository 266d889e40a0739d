/* Who is live. Every node that came up is live until somebody who watches it says otherwise, so a table keeps only
 * the exceptions and stays small however large the tree is. A dead or left node takes its whole subtree along;
 * a slow one is only itself, and it counts as live. */

#ifndef MEMBER_MEMBERSHIP_H
#define MEMBER_MEMBERSHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "topo/topology.h"

enum member_status { MEMBER_LIVE, MEMBER_SLOW, MEMBER_DEAD, MEMBER_LEFT, MEMBER_STATUS_COUNT };

/* "live", "slow", "dead", "left". */
const char *member_status_name(enum member_status status);

struct membership;

/* A table over `topology` (borrowed, outlives the table) in which all are live. */
struct membership *membership_create(const struct topology *topology);
void membership_destroy(struct membership *table);

/* What a watcher says of a node. `generation` counts what that watcher has said of it, from 1: an older or
 * equal one is ignored. True when the table changed. */
bool membership_set(struct membership *table, uint32_t rank, enum member_status status,
                    uint32_t generation);

/* The node's own entry and its ancestors' together. */
enum member_status membership_status(const struct membership *table, uint32_t rank);
/* 0 when nobody has said anything of it. */
uint32_t membership_generation(const struct membership *table, uint32_t rank);

/* How many nodes of `level` in the subtree of `above` have each status (of the status as
 * membership_status() gives it). */
struct member_counts {
    uint32_t of[MEMBER_STATUS_COUNT];
};
struct member_counts membership_count(const struct membership *table, uint32_t above,
                                      enum level level);

/* The next exception at or after `rank` in rank order: its rank, or RANK_NONE. To walk all: start at 0, go
 * on at result + 1. */
uint32_t membership_next_exception(const struct membership *table, uint32_t rank);

/* The nodes that `query_peers(level)` of the kernel interface lists for the node `self`: below its own
 * level the live descendants at that level; above it the live nodes of its own level that share that
 * ancestor, itself included; at its own level the same as one present level above. Fills at most `capacity`
 * ranks in rank order (which is coordinate order) and returns how many there are in all. */
uint32_t membership_peers(const struct membership *table, uint32_t self, enum level level,
                          uint32_t *ranks, uint32_t capacity);

#endif
