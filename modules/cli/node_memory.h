/* How much memory nodes take, measured on some of them: the proportional set size from
 * /proc/PID/smaps_rollup. */

#ifndef CLI_NODE_MEMORY_H
#define CLI_NODE_MEMORY_H

#include "cli/run_view.h"

struct memory_sample {
    uint32_t alive;     // nodes of the level
    uint32_t sampled;   // of these, measured; 0 when it may not be read
    uint64_t pss_bytes; // of the sampled together
};

/* Measure at most `most` live nodes of a level, spread evenly over it. */
struct memory_sample memory_sample_level(const struct run_view *view, enum level level,
                                         uint32_t most);
/* What all live ones take if they are like those sampled. */
uint64_t memory_estimate(const struct memory_sample *sample);

#endif
