/* A kernel's file as bytes. What a build writes to is read once and never loaded itself. */

#ifndef KERNELS_KERNEL_FILE_H
#define KERNELS_KERNEL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* Read the whole file into the (empty) buffer. */
int kernel_file_read(const char *path, struct buffer *bytes, struct error *err);

#endif
