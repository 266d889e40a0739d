/* A worker that fills its output. */

#define LEVEL LINQU_LEVEL_HOST
#include "ring_fill.h"
