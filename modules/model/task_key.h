/* What names a task in the whole run: exec, creator, scope depth, id, generation. A value. */

#ifndef MODEL_TASK_KEY_H
#define MODEL_TASK_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/coord.h"

struct task_key {
    uint64_t exec;        // number of the exec in this run, from 1
    struct coord creator; // the node that submitted it
    uint16_t depth;       // scope depth 0..8
    uint32_t id;          // counts up in the order of submission
    uint32_t generation;  // raised when it is executed again
};

bool task_key_equal(const struct task_key *a, const struct task_key *b);
uint64_t task_key_hash(const struct task_key *key);

/* "linqu:(0,3,1,7):d1:t42"; with `show_exec` "e2:linqu:(0,3,1,7):d1:t42"; a generation above 0 adds ":g1".
 * Returns the length; cut to `size`. */
int task_key_to_text(const struct task_key *key, const char *system, bool show_exec, char *out,
                     size_t size);
/* The inverse; `system` receives the system's name (LIMIT_SYSTEM_NAME bytes). Without an exec it is 1. */
int task_key_parse(const char *text, struct task_key *key, char *system, struct error *err);

#endif
