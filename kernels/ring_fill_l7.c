/* Some bytes, at level GLOBAL. */

#define LEVEL LINQU_LEVEL_GLOBAL
#include "ring_fill.h"
