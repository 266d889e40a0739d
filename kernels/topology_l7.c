/* The nodes below one at level GLOBAL. */

#define LEVEL LINQU_LEVEL_GLOBAL
#include "topology.h"
