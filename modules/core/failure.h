/* Why a task failed: the task that failed first and its sentence, shared by all that failed because
 * of it. */

#ifndef CORE_FAILURE_H
#define CORE_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/task_key.h"

struct failure {
    uint32_t shares;
    bool has_origin;        // false: there is no such task, the submitter could not submit it
    bool deadlock;          // it was a proven deadlock, here or where the task ran
    bool told;              // who ran the task said it: its node, key and kernel stand in front
    bool of_sub_task;       // `sub_task` failed, one of a group
    uint32_t sub_task;
    struct task_key origin; // the task that failed first
    char text[];            // its sentence
};

/* One share of a new failure; `origin` may be NULL. A text beyond LIMIT_CAUSE is cut and ends in "...". */
struct failure *failure_create(const struct task_key *origin, const char *text);
/* Its sentence, behind the number of the sub-task if there is one. */
void failure_say(const struct failure *failure, char *out, size_t size);
/* One share more of it. */
struct failure *failure_share(struct failure *failure);
/* Give a share back; NULL is fine. */
void failure_drop(struct failure *failure);

#endif
