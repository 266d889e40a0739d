/* Where a node stands: its level and an index for that level and each one above it. A value.
 *
 * Levels that a topology leaves out have index 0. Indices below the node's own level are 0. */

#ifndef MODEL_COORD_H
#define MODEL_COORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/level.h"

struct coord {
    uint16_t index[LEVEL_COUNT]; // index[LEVEL_GLOBAL] is always 0
    uint8_t level;
};

/* The launcher's own address in a frame: above every level, no index. */
enum { LEVEL_LAUNCHER = 15 };
struct coord coord_launcher(void);

/* Equal in level and in all indices. */
bool coord_equal(const struct coord *a, const struct coord *b);
/* By index from the top level down, then an ancestor before its descendants: <0, 0, >0. */
int coord_compare(const struct coord *a, const struct coord *b);
/* True when `below` lies in the subtree of `above`, or is it. */
bool coord_within(const struct coord *below, const struct coord *above);
/* The same place seen from `level` (which must not be below the coordinate's own): lower indices cleared. */
struct coord coord_at_level(const struct coord *coord, enum level level);

/* The five-number text of task keys and logs: "(l6,l5,l4,l3)", and "(l6,l5,l4,l3,l2)" for a chip. Returns
 * the length; `out` has `size` bytes. */
int coord_to_text(const struct coord *coord, char *out, size_t size);
/* The inverse: "(0,3,1,7)" is an L3 coordinate, five numbers an L2 one. */
int coord_parse_text(const char *text, struct coord *coord, struct error *err);

/* The coordinate that LINQU_LEVEL and LINQU_L0 ... LINQU_L6 describe. `get` looks a name up (getenv fits) and
 * returns NULL for one that is not set; an index that is not set is 0, a missing level is an error. */
int coord_from_environment(const char *(*get)(const char *name), struct coord *coord,
                           struct error *err);

#endif
