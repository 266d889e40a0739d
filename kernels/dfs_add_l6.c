/* z = x + y, at level CLOS2. */

#define LEVEL LINQU_LEVEL_CLOS2
#define ELEMENT(x, y) ((x) + (y))
#include "elementwise.h"
