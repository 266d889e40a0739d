/* What ring-stress must have shown: R1 to R8 and the invariants I1 to I6, from the snapshots that
 * its kernels dumped at every step (kernels/ring_stress.h, ring_stress_l3.c), the trace and the
 * profiles. */

#ifndef SCENARIO_RING_CHECKS_H
#define SCENARIO_RING_CHECKS_H

#include "model/ring_capacity.h"
#include "scenario/traced_exec.h"

struct ring_subject {
    const struct topology *topology;
    const struct ring_capacity *rings;     // by level: what was used
    uint64_t block;                        // bytes of a task's output
    const struct evidence *first, *second; // the same program, twice
    enum level pod_level;
};

extern const struct exec_check ring_checks[];
extern const size_t ring_check_count;

#endif
