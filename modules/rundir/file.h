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

/* Add to the end of `name`, which is made when it is not there. A file that would exceed `limit`
 * bytes is renamed to `name`.1 first, in place of an older one. */
int file_append(int dir_fd, const char *name, const void *data, size_t size, size_t limit,
                struct error *err);

#endif
