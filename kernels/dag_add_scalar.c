/* z = x + s, on a host. */

#define LEVEL LINQU_LEVEL_HOST
#define SECOND_IS_SCALAR
#define ELEMENT(x, y) ((x) + (y))
#include "elementwise.h"
