/* The nodes below one at level CLOS1. */

#define LEVEL LINQU_LEVEL_CLOS1
#include "topology.h"
