/* The levels of the machine: L7 (global) down to L0 (core), their names and aliases. */

#ifndef MODEL_LEVEL_H
#define MODEL_LEVEL_H

#include <stdint.h>

enum level {
    LEVEL_CORE = 0,
    LEVEL_CHIP_DIE = 1,
    LEVEL_CHIP = 2,
    LEVEL_HOST = 3,
    LEVEL_POD = 4,
    LEVEL_CLOS1 = 5,
    LEVEL_CLOS2 = 6,
    LEVEL_GLOBAL = 7,
    LEVEL_COUNT = 8,
};

/* "CORE", "CHIP_DIE", "CHIP", "HOST", "POD", "CLOS1", "CLOS2", "GLOBAL". */
const char *level_name(enum level level);

/* 0 and the level for "L3", "HOST" or an alias ("NODE", "PROCESSOR", "CLUSTER_0" ...), upper or lower case; else -1. */
int level_parse(const char *text, enum level *level);

/* How many indices its field in the ABI and the frame header can hold: 256 for L4..L6, 65,536 for L2 and L3,
 * 1 for L7 (the index is always 0), 256 for L1, 65,536 for L0. */
uint32_t level_index_limit(enum level level);

#endif
