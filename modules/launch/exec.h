/* One kernel at a time is run by the launcher, as the outermost task of an exec. */

#ifndef LAUNCH_EXEC_H
#define LAUNCH_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

/* A kernel to be run as an exec of its own, its number counting from 1. */
struct kernel_call {
    const char *kernel;   // name in the kernel path, or a file with a slash in its path
    uint32_t rank;        // the node; RANK_NONE: the first live one of the kernel's level
    const uint64_t *args; // scalars
    size_t arg_count;
};

/* What came of it. */
struct kernel_result {
    uint64_t exec;     // its number
    uint32_t rank;     // the node that ran it; RANK_NONE when it did not get so far
    int exit_code;     // EXIT_DONE; EXIT_NODE: it failed; EXIT_DEADLOCK: a deadlock was proven
    const char *error; // why, as a sentence; empty for EXIT_DONE
    uint64_t took_ns;  // from the order to its end
};

struct launcher;
struct message;
struct known_kernel;

struct exec {
    uint64_t number; // of the last one that began, from 1
    bool runs;
    bool called;   // CALL_TASK has gone out
    bool ended;    // `result` is there and not told yet
    char *kernel;  // its name, for people
    uint32_t rank; // the node; RANK_NONE: not chosen yet
    uint64_t *args;
    size_t arg_count;
    uint64_t started_ns;
    struct kernel_result result;
    char error[LIMIT_CAUSE]; // result.error points here
};

/* Begin to run it: none may run. `dirs` are directories for its kernel path, may be NULL. What
 * comes of it is told by work_kernel_ended(), later. */
void exec_begin(struct launcher *launcher, const struct kernel_call *call, const char *dirs);
void exec_entry_known(struct launcher *launcher, const struct known_kernel *kernel);
void exec_on_task_complete(struct launcher *launcher, const struct message *message);
/* The subtree of `rank` is gone. */
void exec_lost(struct launcher *launcher, uint32_t rank, const char *cause);
/* Tell what has ended. */
void exec_turn(struct launcher *launcher);
/* Nobody waits for it any more. */
void exec_abandon(struct launcher *launcher);

#endif
