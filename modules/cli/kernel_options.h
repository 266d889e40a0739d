/* The words of a command line that name scenarios and kernels, and what the kernels are run with.
 */

#ifndef CLI_KERNEL_OPTIONS_H
#define CLI_KERNEL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "launch/launch.h"

struct invocation;

struct kernel_options {
    char **steps; // scenarios by name, kernels by the absolute path of their file; owned, like all
                  // here
    size_t count;
    struct kernel_settings kernel; // `at` is borrowed
};

/* A word that names a kernel: it has a slash or ends in ".so". */
bool is_kernel_word(const char *word);

/* Check `words` and the options --at, --arg and --kernel-path, and find the files. 0, or an exit
 * code after the reason was said. */
int kernel_options_take(const struct invocation *invocation, char *const *words, size_t count,
                        struct kernel_options *options);
void kernel_options_free(struct kernel_options *options);

#endif
