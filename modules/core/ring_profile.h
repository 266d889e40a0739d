/* ring_profile.json: what a run did with its rings; what their capacity should be; and whether that
 * is still as good as it was. Values of jansson: the caller owns what is returned and gives it back
 * with json_decref(). */

#ifndef CORE_RING_PROFILE_H
#define CORE_RING_PROFILE_H

#include <jansson.h>

#include "base/error.h"
#include "core/ring_view.h"

/* The profile of one node. `bytes_peak` is the largest `bytes` of its ring views, `deepest` its
 * deepest scope. */
json_t *ring_profile_make(const struct ring_view *view, const char *run_id, const char *node_id,
                          uint64_t bytes_peak, uint32_t deepest);

/* Add a node's profile to the one of all (at first the profile of an empty view): counts and times
 * add up, of peaks and capacities the largest is kept. -1 and a sentence when one of them is no
 * profile. */
int ring_profile_add(json_t *sum, const json_t *profile, struct error *err);

/* For each layer ceil(peak x 1.25), where nothing blocks; slots are then rounded up to a power of
 * two and bytes to 64. {layers[{level, depth, task_ring{capacity, peak_used, block_count, advice,
 * verdict}, buffer_ring{...}}], options[text for --ring-capacity, one for each level]}; a verdict
 * is "enough", "raise" or "could be less". */
json_t *ring_profile_advice(const json_t *profile);

/* Compare with a stored profile of the same workload (NULL: only what holds for any).
 * {workload, status, checks[{name, result, detail}]}: results and status are "pass", "warn" or
 * "fail". NULL and a sentence when one of them is no profile. */
json_t *ring_profile_verdict(const char *workload, const json_t *profile, const json_t *baseline,
                             struct error *err);

/* True when it has the shape of one. */
bool ring_profile_is(const json_t *profile);
/* The layer of the same level and depth; NULL when there is none. */
json_t *ring_profile_layer(const json_t *profile, const json_t *like);

#endif
