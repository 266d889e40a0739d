/* Some bytes, at level CLOS1. */

#define LEVEL LINQU_LEVEL_CLOS1
#include "ring_fill.h"
