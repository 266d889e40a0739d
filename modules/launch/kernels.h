/* What the kernels' names mean in the exec that runs, and their code: the launcher answers for the
 * top of the tree. A file is read once an exec, so one that is rebuilt meanwhile disturbs nobody.
 */

#ifndef LAUNCH_KERNELS_H
#define LAUNCH_KERNELS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct kernel_store;
struct launcher;
struct message;

/* A kernel as far as it is known. */
struct known_kernel {
    uint64_t hash;
    uint8_t level, role;
    const char *error; // why it is of no use; NULL when it is
};

struct kernel_store *kernels_create(void);
void kernels_destroy(struct kernel_store *store);

/* An exec begins: names are looked for in the folder of `entry` when that is a file (it has a
 * slash), then in `dirs` (separated by colons; may be NULL), then where linqu's own kernels are.
 * exec_entry_known() is called when it is known what `entry` is, never from in here. */
void kernels_begin(struct launcher *launcher, uint64_t exec, const char *entry, const char *dirs);
/* It has ended: files and bytes are forgotten. */
void kernels_end(struct launcher *launcher);

void kernels_on_resolve(struct launcher *launcher, const struct message *message);
void kernels_on_retry_with_code(struct launcher *launcher, const struct message *message);
/* True when it was a process of ours that ended. */
bool kernels_reaped(struct launcher *launcher, pid_t pid, int wait_status);
/* Now and then: who looks at a kernel for too long is ended. */
void kernels_tick(struct launcher *launcher);
/* What became known since is told. */
void kernels_turn(struct launcher *launcher);

#endif
