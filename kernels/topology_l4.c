/* The nodes below one at level POD. */

#define LEVEL LINQU_LEVEL_POD
#include "topology.h"
