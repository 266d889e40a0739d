/* Fill and drain the rings of one node at level CLOS2, and let those below do the same. */

#define LEVEL LINQU_LEVEL_CLOS2
#include "ring_stress.h"
