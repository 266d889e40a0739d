/* The nodes below one at level HOST. */

#define LEVEL LINQU_LEVEL_HOST
#include "topology.h"
