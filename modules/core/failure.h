/* Why a task failed: the task that failed first and its sentence, shared by all that failed because
 * of it. */

#ifndef CORE_FAILURE_H
#define CORE_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/task_key.h"

struct failure {
    uint32_t shares;
    bool has_origin;        // false: there is no such task, the submitter could not submit it
    bool deadlock;          // it was a proven deadlock, here or where the task ran
    struct task_key origin; // the task that failed first
    char text[];            // its sentence
};

/* One share of a new failure; `origin` may be NULL. A text beyond LIMIT_CAUSE is cut and ends in "...". */
struct failure *failure_create(const struct task_key *origin, const char *text);
/* One share more of it. */
struct failure *failure_share(struct failure *failure);
/* Give a share back; NULL is fine. */
void failure_drop(struct failure *failure);

#endif
