/* z = x + y, at level POD. */

#define LEVEL LINQU_LEVEL_POD
#define ELEMENT(x, y) ((x) + (y))
#include "elementwise.h"
