#include "core/failure.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"

struct failure *failure_create(const struct task_key *origin, const char *text)
{
    size_t size = strnlen(text, LIMIT_CAUSE - 1);
    struct failure *failure = memory_new(1, sizeof *failure + size + 1);

    failure->shares = 1;
    if (origin) {
        failure->has_origin = true;
        failure->origin = *origin;
    }
    memcpy(failure->text, text, size);
    if (text[size])
        memcpy(failure->text + size - 3, "...", 3);
    return failure;
}

void failure_say(const struct failure *failure, char *out, size_t size)
{
    if (failure->of_sub_task)
        snprintf(out, size, "sub-task %u: %s", failure->sub_task, failure->text);
    else
        snprintf(out, size, "%s", failure->text);
}

struct failure *failure_share(struct failure *failure)
{
    assert(failure->shares);
    failure->shares++;
    return failure;
}

void failure_drop(struct failure *failure)
{
    if (!failure)
        return;
    assert(failure->shares);
    if (--failure->shares == 0)
        free(failure);
}
