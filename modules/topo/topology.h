/* The shape of a run: which levels there are and how many children a node of each has. A value; everything
 * else (counts, ranks, parents, paths) is computed from it. No code anywhere knows 16, 4 or 64.
 *
 * A node has three names:
 *   coord         level and indices                                       (model/coord.h)
 *   global index  0 .. count of its level - 1, by the strides of the levels above
 *   rank          0 .. node count - 1: level by level from the top, by global index within a level.
 *                 So the children of a node have consecutive ranks.
 */

#ifndef TOPO_TOPOLOGY_H
#define TOPO_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"
#include "model/coord.h"

/* What a topology file may set besides the shape; an empty text or 0 means "not set here". */
struct topology_settings {
    char logical_system[LIMIT_SYSTEM_NAME];
    char physical_system[LIMIT_SYSTEM_NAME];
    uint32_t task_ring_slots[LEVEL_COUNT];    // per level; a power of two
    uint64_t buffer_ring_bytes[LEVEL_COUNT];  // per level, bytes
    uint32_t start_timeout_s;
};

struct topology {
    uint8_t top;                    // LEVEL_GLOBAL or LEVEL_CLOS2, or what a synthetic form begins with
    uint8_t leaf;                   // the lowest level
    bool present[LEVEL_COUNT];      // a level in between may be left out
    uint32_t fanout[LEVEL_COUNT];   // nodes of this level per node of the next present one above; 0 when absent
    uint32_t count[LEVEL_COUNT];    // nodes of this level in all; 0 when absent
    uint32_t first_rank[LEVEL_COUNT]; // rank of the level's first node
    uint32_t node_count;            // at most LIMIT_NODES
    struct topology_settings settings;
};

/* Read `spec`: "16x4x16" (fan-outs below L6, one to four of them), the synthetic form
 * "L6:2 L5:16 L4:4 L3:16" (commas serve as blanks), or the path of a file that holds either form and settings
 * (only when `spec` has a slash or ends in ".topo"; the caller reads it and passes topology_parse_file the text).
 * -1 and one sentence with the place when it is wrong. */
int topology_parse(const char *spec, struct topology *topology, struct error *err);

/* The same from the text of a file; `name` stands in sentences as "name:line". One form line, `#` comments, and
 * settings `key = value`. */
int topology_parse_file(const char *name, const char *text, size_t size, struct topology *topology,
                        struct error *err);

/* True when `spec` is to be read as a file's path. */
bool topology_spec_is_file(const char *spec);

enum { TOPOLOGY_TEXT_SIZE = 64 }; // bytes of any shape as text, closing NUL included
/* The shape as text that topology_parse() reads back to the same shape: "16x4x16" where that form can say it,
 * else "L7:1 L6:2 ...". Returns the length. */
int topology_to_text(const struct topology *topology, char *out, size_t size);

/* The next present level above or below; -1 beyond the ends. `level` must be present. */
int topology_level_above(const struct topology *topology, enum level level);
int topology_level_below(const struct topology *topology, enum level level);

/* True when the coordinate's level is present and all its indices are in range. */
bool topology_has(const struct topology *topology, const struct coord *coord);

/* The coordinate must be in the topology (assert), the rank below node_count. */
uint32_t topology_global_index(const struct topology *topology, const struct coord *coord);
uint32_t topology_rank(const struct topology *topology, const struct coord *coord);
struct coord topology_coord(const struct topology *topology, uint32_t rank);
enum level topology_level_of_rank(const struct topology *topology, uint32_t rank);

enum {
    RANK_NONE = 0xFFFFFFFF,
    RANK_LAUNCHER = LIMIT_NODES, // stands for it where a node's rank is expected: no node has it
};
/* RANK_NONE for the root. */
uint32_t topology_parent(const struct topology *topology, uint32_t rank);
/* The first child's rank and how many there are (0 for a leaf); ranks are consecutive. */
uint32_t topology_children(const struct topology *topology, uint32_t rank, uint32_t *count);
/* Which child of its parent this is, from 0. The root is 0. */
uint32_t topology_child_number(const struct topology *topology, uint32_t rank);
/* The consecutive ranks of `level` inside the subtree of `rank`; count 0 when the level is absent or above. */
uint32_t topology_subtree(const struct topology *topology, uint32_t rank, enum level level,
                          uint32_t *count);
/* True when `rank` lies in the subtree of `above`, or is it. */
bool topology_within(const struct topology *topology, uint32_t rank, uint32_t above);

/* The nearest ancestor at `level` or above it, or the node itself from its own level on down. A level that
 * is left out has index 0 everywhere, so to share it is to share the next one above; all share what would
 * be above the root. */
uint32_t topology_sharing(const struct topology *topology, uint32_t rank, enum level level);
/* The consecutive ranks that query_peers(level) of the kernel interface means for `self`, alive or not:
 * below its own level its descendants; above it the nodes of its own level that share that ancestor, itself
 * included; at its own level the same as one present level above. */
uint32_t topology_peers(const struct topology *topology, uint32_t self, enum level level,
                        uint32_t *count);

/* "L6_0/L5_3/L4_1/L3_7": only present levels. Returns the length; LIMIT_NODE_PATH bytes always suffice. */
int topology_path(const struct topology *topology, uint32_t rank, char *out, size_t size);
/* The inverse. Also takes the short form that leaves out levels with one node a parent ("L5_3/L4_1" for
 * "L6_0/L5_3/L4_1"). A sentence names the part that is not in the topology. */
int topology_parse_path(const struct topology *topology, const char *path, uint32_t *rank,
                        struct error *err);

/* "10.l5.l4.l3", or "fd00::l6:l5:l4:l3" where an l3 index exceeds 255; a chip has its host's. Returns the length. */
int topology_simulated_ip(const struct topology *topology, uint32_t rank, char *out, size_t size);

#endif
