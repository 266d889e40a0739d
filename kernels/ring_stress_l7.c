/* Fill and drain the rings of one node at level GLOBAL, and let those below do the same. */

#define LEVEL LINQU_LEVEL_GLOBAL
#include "ring_stress.h"
