/* Small files, made and replaced through a held directory; nothing follows a symbolic link. */

#ifndef RUNDIR_FILE_H
#define RUNDIR_FILE_H

#include <stddef.h>

#include "base/error.h"

/* Make `name` with this content, 0600; an error when it is there already. A file that could not be
 * written whole is removed. */
int file_make(int dir_fd, const char *name, const void *data, size_t size, struct error *err);

/* Replace `name` by this content, whole or not at all. */
int file_replace(int dir_fd, const char *name, const void *data, size_t size, struct error *err);

#endif
