/* Some bytes, at level POD. */

#define LEVEL LINQU_LEVEL_POD
#include "ring_fill.h"
