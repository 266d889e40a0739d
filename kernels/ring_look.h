/* What the rings of this node hold while the activation that submitted this task waits; then the
 * slow task may go on. Parameter: the flag. */

#ifndef KERNELS_RING_LOOK_H
#define KERNELS_RING_LOOK_H

#include <unistd.h>

#include "ring.h"

KERNEL_OF(LEVEL, LINQU_ROLE_ORCHESTRATOR)

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    char path[1024];
    int fd;

    (void)arg_count;
    linqu_dump_ring_snapshot(rt, "R5 inner drained, slow task runs");
    ring_flag_path(path, sizeof path, args[0]);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

#endif
