/* z = x + y, on a chip. */

#define LEVEL LINQU_LEVEL_CHIP
#define ELEMENT(x, y) ((x) + (y))
#include "elementwise.h"
