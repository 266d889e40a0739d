/* The nodes below one at level CLOS2. */

#define LEVEL LINQU_LEVEL_CLOS2
#include "topology.h"
