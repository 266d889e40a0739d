#include "kernels/kernel_path.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/memory.h"

static bool is_there(const struct kernel_path *path, const char *dir)
{
    for (size_t i = 0; i < path->count; i++)
        if (strcmp(path->dirs[i], dir) == 0)
            return true;
    return false;
}

static void add_one(struct kernel_path *path, const char *dir, size_t size)
{
    char *copy = memory_new(size + 1, 1);

    memcpy(copy, dir, size);
    if (size == 0 || is_there(path, copy)) {
        free(copy);
        return;
    }
    path->dirs = memory_resize(path->dirs, path->count + 1, sizeof *path->dirs);
    path->dirs[path->count++] = copy;
}

void kernel_path_add(struct kernel_path *path, const char *dirs)
{
    for (const char *at = dirs;; at++) {
        size_t size = strcspn(at, ":");

        add_one(path, at, size);
        at += size;
        if (*at == '\0')
            return;
    }
}

void kernel_path_add_folder(struct kernel_path *path, const char *dir)
{
    add_one(path, dir, strlen(dir));
}

void kernel_path_add_built_in(struct kernel_path *path)
{
    static const char *const below[] = {"kernels", "../lib/linqu/kernels"};
    char self[LIMIT_PATH], dir[LIMIT_PATH + 32];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    if (size <= 0)
        return;
    self[size] = '\0';
    slash = strrchr(self, '/');
    if (!slash)
        return;
    *slash = '\0';
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        snprintf(dir, sizeof dir, "%s/%s", self, below[i]);
        kernel_path_add_folder(path, dir);
    }
}

void kernel_path_free(struct kernel_path *path)
{
    for (size_t i = 0; i < path->count; i++)
        free(path->dirs[i]);
    free(path->dirs);
    *path = (struct kernel_path){0};
}

static bool has_suffix(const char *name)
{
    size_t size = strlen(name);

    return size > 3 && strcmp(name + size - 3, ".so") == 0;
}

static int no_kernel(const struct kernel_path *path, const char *name, struct error *err)
{
    char places[320];
    size_t used = 0;

    places[0] = '\0';
    for (size_t i = 0; i < path->count && used < sizeof places; i++)
        used += (size_t)snprintf(places + used, sizeof places - used, "%s%s", i ? ", " : "",
                                 path->dirs[i]);
    if (used >= sizeof places)
        memcpy(places + sizeof places - 4, "...", 4);
    return error_set(err, "there is no kernel %s in %s", name,
                     places[0] ? places : "an empty kernel path");
}

int kernel_path_find(const struct kernel_path *path, const char *name, char *out, size_t size,
                     struct error *err)
{
    struct stat st;

    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') || strlen(name) > LIMIT_KERNEL_NAME)
        return error_set(err,
                         "%.128s cannot be a kernel's name, which is a file name without a slash "
                         "or a dot in front",
                         name);
    for (size_t i = 0; i < path->count; i++) {
        int length =
            snprintf(out, size, "%s/%s%s", path->dirs[i], name, has_suffix(name) ? "" : ".so");

        if (length > 0 && (size_t)length < size && stat(out, &st) == 0 && S_ISREG(st.st_mode))
            return 0;
    }
    return no_kernel(path, name, err);
}
