/* Some bytes, at level HOST. */

#define LEVEL LINQU_LEVEL_HOST
#include "ring_fill.h"
