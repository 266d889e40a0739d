/* What a node holds for the owners of scopes: for its ancestors, one at each level, and for itself.
 * The owner keeps the account and says where bytes go and when they may be forgotten; the holder
 * obeys, remembers what lies where, and counts what it is told that does not fit. The bytes
 * themselves are elsewhere. */

#ifndef CORE_HELD_H
#define CORE_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/depth.h"
#include "model/level.h"

struct held;

enum held_state {
    HELD_COMING, // claimed; the task that writes it has not completed
    HELD_HERE,   // readable
    HELD_FAILED, // the task failed: there will be nothing to read
};

struct held_version {
    uint64_t handle; // the tensor's name on the wire
    uint64_t size;
    uint64_t place; // in the buffer ring of (level, depth)
    uint32_t version;
    uint8_t level; // of the owner
    uint8_t depth;
    uint8_t state; // enum held_state
};

/* What is counted of the layer of one owner's level and depth. */
struct held_layer {
    uint32_t tasks; // tasks of that owner with something held here
    uint32_t tasks_peak;
    uint32_t oldest; // id of the oldest of them; the next id to come when there is none
    uint32_t next;   // the largest id so far, plus 1
    uint64_t tasks_claimed, tasks_retired;
    uint64_t bytes; // held now, as the ring counts them
    uint64_t bytes_peak;
    uint64_t bytes_claimed; // so far
    uint64_t bytes_retired;
    uint64_t head; // where the newest block ends
    uint64_t tail; // where the oldest block begins
};

struct held *held_create(void);
void held_destroy(struct held *held);

/* An output that task `id` of that owner will write, or data registered here. False, and counted,
 * when the version is there already or the depth does not exist. */
bool held_add(struct held *held, enum level owner, uint32_t id, const struct held_version *version);

/* NULL when it is not, or no longer, held. */
const struct held_version *held_find(const struct held *held, uint64_t handle, uint32_t version);
bool held_set_state(struct held *held, uint64_t handle, uint32_t version, enum held_state state);

/* The owner has retired it. False, and counted, when it is not held. `released` (NULL is fine)
 * receives what it was. */
bool held_release(struct held *held, uint64_t handle, uint32_t version,
                  struct held_version *released);

const struct held_layer *held_layer(const struct held *held, enum level owner, unsigned depth);
/* Bytes held for owners above `self`. */
uint64_t held_bytes_above(const struct held *held, enum level self);
/* What did not fit: added twice, released without being held. */
uint64_t held_strange(const struct held *held);

#endif
