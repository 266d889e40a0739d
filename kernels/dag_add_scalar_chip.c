/* z = x + s, on a chip. */

#define LEVEL LINQU_LEVEL_CHIP
#define SECOND_IS_SCALAR
#define ELEMENT(x, y) ((x) + (y))
#include "elementwise.h"
