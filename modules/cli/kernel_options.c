#include "cli/kernel_options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/printable.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "kernels/kernel_path.h"

bool is_kernel_word(const char *word)
{
    size_t size = strlen(word);

    return strchr(word, '/') || (size > 3 && strcmp(word + size - 3, ".so") == 0);
}

void kernel_options_free(struct kernel_options *options)
{
    for (size_t i = 0; i < options->count; i++)
        free(options->steps[i]);
    free(options->steps);
    free((char *)options->kernel.path);
    free((uint64_t *)options->kernel.args);
    *options = (struct kernel_options){0};
}

/* 42, -1 or 0x2A. */
static bool number_parse(const char *text, uint64_t *number)
{
    const char *digits = text + (*text == '-');
    bool hex = strncmp(digits, "0x", 2) == 0;
    char *end;

    if (*digits < '0' || *digits > '9' || (hex && !digits[2]))
        return false;
    errno = 0;
    *number = strtoull(digits, &end, hex ? 16 : 10);
    if (*end || errno || (*text == '-' && *number > UINT64_C(1) << 63))
        return false;
    if (*text == '-')
        *number = -*number;
    return true;
}

static int take_args(const struct invocation *invocation, struct kernel_options *options)
{
    const struct option_texts *given = &invocation->all[OPTION_ARG];
    uint64_t *args = memory_new(given->count, sizeof *args);
    char shown[PRINTABLE_SIZE];

    options->kernel.args = args;
    options->kernel.arg_count = given->count;
    if (given->count > LIMIT_KERNEL_ARGS)
        return cli_usage(invocation, "a kernel takes at most %d --arg", LIMIT_KERNEL_ARGS);
    for (size_t i = 0; i < given->count; i++)
        if (!number_parse(given->items[i], &args[i]))
            return cli_usage(invocation,
                             "--arg needs a whole number of 64 bits (42, -1, 0x2A), not %s",
                             printable(given->items[i], strlen(given->items[i]), shown));
    return 0;
}

static int add_dir(const struct invocation *invocation, const char *dir, struct buffer *path)
{
    char absolute[PATH_MAX];

    if (!realpath(dir, absolute))
        return cli_usage(invocation, "--kernel-path %s: %s", dir, strerror(errno));
    if (strchr(absolute, ':'))
        return cli_usage(invocation,
                         "--kernel-path %s: a folder's path must not have a colon in it", absolute);
    buffer_printf(path, "%s%s", path->size ? ":" : "", absolute);
    return 0;
}

/* As absolute paths, for the launcher may be in another folder. */
static int take_path(const struct invocation *invocation, struct kernel_options *options)
{
    const struct option_texts *given = &invocation->all[OPTION_KERNEL_PATH];
    struct buffer path = {0};
    int result = 0;

    for (size_t i = 0; i < given->count && result == 0; i++) {
        char *copy = memory_string(given->items[i]), *rest = NULL;

        for (char *dir = strtok_r(copy, ":", &rest); dir && result == 0;
             dir = strtok_r(NULL, ":", &rest))
            result = add_dir(invocation, dir, &path);
        free(copy);
    }
    if (path.size)
        buffer_append(&path, "", 1);
    options->kernel.path = (char *)path.data;
    return result;
}

static int find_kernel(const struct invocation *invocation, const struct kernel_path *path,
                       const char *word, char **file)
{
    char found[PATH_MAX], absolute[PATH_MAX];
    struct error err;
    struct stat st;

    if (!strchr(word, '/')) {
        if (kernel_path_find(path, word, found, sizeof found, &err) < 0)
            return cli_usage(invocation, "%s; the file of a kernel is named with a slash, as ./%s",
                             err.text, word);
        word = found;
    }
    if (!realpath(word, absolute) || access(absolute, R_OK) < 0 || stat(absolute, &st) < 0)
        return cli_usage(invocation, "cannot read the kernel %s: %s", word, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return cli_usage(invocation, "%s is not a file", absolute);
    if (strlen(absolute) >= LIMIT_PATH)
        return cli_usage(invocation, "the path of the kernel %s is longer than %d bytes", absolute,
                         LIMIT_PATH - 1);
    *file = memory_string(absolute);
    return 0;
}

static int take_words(const struct invocation *invocation, char *const *words, size_t count,
                      const struct kernel_path *path, struct kernel_options *options)
{
    int result = 0;

    options->steps = memory_new(count, sizeof *options->steps);
    for (size_t i = 0; i < count && result == 0; i++) {
        if (is_kernel_word(words[i]))
            result = find_kernel(invocation, path, words[i], &options->steps[i]);
        else if ((result = scenarios_check(invocation, &words[i], 1)) == 0)
            options->steps[i] = memory_string(words[i]);
        options->count++;
    }
    return result;
}

static int check_use(const struct invocation *invocation, char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_kernel_word(words[i]))
            return 0;
    if (invocation->given[OPTION_AT] || invocation->given[OPTION_ARG])
        return cli_usage(invocation, "--at and --arg are for kernels, and none is named");
    return 0;
}

int kernel_options_take(const struct invocation *invocation, char *const *words, size_t count,
                        struct kernel_options *options)
{
    struct kernel_path path = {0};
    int result;

    *options = (struct kernel_options){.kernel.at = invocation->text[OPTION_AT]};
    result = check_use(invocation, words, count);
    if (result == 0)
        result = take_args(invocation, options);
    if (result == 0)
        result = take_path(invocation, options);
    if (result == 0) {
        if (options->kernel.path)
            kernel_path_add(&path, options->kernel.path);
        kernel_path_add_built_in(&path);
        result = take_words(invocation, words, count, &path, options);
    }
    kernel_path_free(&path);
    if (result)
        kernel_options_free(options);
    return result;
}
