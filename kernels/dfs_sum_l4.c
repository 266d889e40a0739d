/* The sum of the hosts' vectors below one node at level POD. */

#define LEVEL LINQU_LEVEL_POD
#include "dfs_sum.h"
