/* Fill and drain the rings of one node at level CLOS1, and let those below do the same. */

#define LEVEL LINQU_LEVEL_CLOS1
#include "ring_stress.h"
