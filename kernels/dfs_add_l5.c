/* z = x + y, at level CLOS1. */

#define LEVEL LINQU_LEVEL_CLOS1
#define ELEMENT(x, y) ((x) + (y))
#include "elementwise.h"
