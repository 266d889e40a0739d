/* The sum of the hosts' vectors below one node at level CLOS2. */

#define LEVEL LINQU_LEVEL_CLOS2
#include "dfs_sum.h"
