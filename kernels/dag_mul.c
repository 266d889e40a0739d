/* z = x * y, on a host. */

#define LEVEL LINQU_LEVEL_HOST
#define ELEMENT(x, y) ((x) * (y))
#include "elementwise.h"
