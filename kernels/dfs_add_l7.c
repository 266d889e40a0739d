/* z = x + y, at level GLOBAL. */

#define LEVEL LINQU_LEVEL_GLOBAL
#define ELEMENT(x, y) ((x) + (y))
#include "elementwise.h"
