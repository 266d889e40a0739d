/* Fill and drain the rings of one node at level POD, and let those below do the same. */

#define LEVEL LINQU_LEVEL_POD
#include "ring_stress.h"
