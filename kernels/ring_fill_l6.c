/* Some bytes, at level CLOS2. */

#define LEVEL LINQU_LEVEL_CLOS2
#include "ring_fill.h"
