/* The sum of the hosts' vectors below one node at level GLOBAL. */

#define LEVEL LINQU_LEVEL_GLOBAL
#include "dfs_sum.h"
