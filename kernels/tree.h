/* What the kernels of the scenarios share: what every kernel exports, the nodes below, and where
 * results go.
 *
 * A kernel's level is fixed when it is built, and the levels of a tree are not. So a program that
 * goes down the tree is one file a level, NAME_l7.c to NAME_l3.c, which all include the same text,
 * and goes on at the next level that there is. */

#ifndef KERNELS_TREE_H
#define KERNELS_TREE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linqu_orchestration_api.h"

LINQU_EXPORT LinquOrchConfig linqu_orch_config(uint64_t *args, int arg_count);
LINQU_EXPORT void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count);

#define KERNEL_OF(level, role)                                                                     \
    LinquOrchConfig linqu_orch_config(uint64_t *args, int arg_count)                               \
    {                                                                                              \
        LinquOrchConfig config = {(uint8_t)(level), 0, (uint8_t)(role)};                           \
                                                                                                   \
        (void)args;                                                                                \
        (void)arg_count;                                                                           \
        return config;                                                                             \
    }

/* The children of a node: its descendants at the next level that the tree has. */
struct children {
    uint8_t level;
    int count;
    LinquCoordinate_C *at; // freed by the caller
};

static inline struct children children_of(LinquRuntime *rt, uint8_t own_level)
{
    struct children children = {0, 0, NULL};

    for (uint8_t level = own_level; level-- > LINQU_LEVEL_CHIP && children.count == 0;) {
        LinquPeerList peers = linqu_query_peers(rt, level);

        children.level = level;
        children.count = peers.count;
        children.at = peers.peers;
    }
    return children;
}

/* "NAME_l4" for level 4, in a buffer that lasts until the next call. */
static inline const char *kernel_at(const char *name, uint8_t level)
{
    static char text[64];

    snprintf(text, sizeof text, "%s_l%u", name, (unsigned)level);
    return text;
}

/* A text file in the run's directory, for what arrived at the top. */
static inline FILE *result_file(const char *name)
{
    const char *run = getenv("LINQU_RUN");
    char path[1024];
    int fd;

    snprintf(path, sizeof path, "%s/%s", run ? run : ".", name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

#endif
