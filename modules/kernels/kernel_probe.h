/* What level and role a kernel's code says it has, asked in a process of its own: bad code can
 * neither hurt nor hold up who asks. */

#ifndef KERNELS_KERNEL_PROBE_H
#define KERNELS_KERNEL_PROBE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct kernel_probe {
    pid_t pid;
    int fd; // its answer comes here; -1: there is none
};

/* Fork a process that loads these bytes. It must be reaped by the caller, who may kill it, and then
 * kernel_probe_end() called. */
int kernel_probe_begin(struct kernel_probe *probe, const void *bytes, size_t size,
                       struct error *err);
/* Its process has ended with this wait status. Frees what the probe has. -1 and a sentence when the
 * code is of no use. */
int kernel_probe_end(struct kernel_probe *probe, int wait_status, uint8_t *level, uint8_t *role,
                     struct error *err);

#endif
