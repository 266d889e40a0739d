/* Where kernels are looked for by name: a list of directories, the first that has the file wins. */

#ifndef KERNELS_KERNEL_PATH_H
#define KERNELS_KERNEL_PATH_H

#include <stddef.h>

#include "base/error.h"

/* All zero is the empty list. */
struct kernel_path {
    char **dirs; // owned
    size_t count;
};

/* Append directories, separated by colons; what is empty or stands there already is left out. They
 * need not exist. */
void kernel_path_add(struct kernel_path *path, const char *dirs);
/* Append one directory, whatever its name; likewise. */
void kernel_path_add_folder(struct kernel_path *path, const char *dir);
/* Append the folders of the kernels that come with this program: beside the binary, and where `make
 * install` puts them. */
void kernel_path_add_built_in(struct kernel_path *path);
void kernel_path_free(struct kernel_path *path);

/* The file of the kernel `name`: "name.so" of the first directory that has it; `name` may end in
 * .so itself. -1 and a sentence when there is none, or when the name is no file name (a slash, a
 * dot in front). */
int kernel_path_find(const struct kernel_path *path, const char *name, char *out, size_t size,
                     struct error *err);

#endif
