/* What the kernels of dfs-sum say to each other. */

#ifndef KERNELS_DFS_H
#define KERNELS_DFS_H

#include "tree.h"

enum { COLUMNS = 1024 };

/* Which file a host has read. */
struct dfs_read {
    uint64_t index;          // in the path that it opened
    uint64_t l6, l5, l4, l3; // the host
    uint64_t device, inode;  // of what it opened
    uint64_t numbers;        // that were in it
};

#endif
