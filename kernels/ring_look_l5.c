/* A look at the rings of a node at level CLOS1 while its submitter waits. */

#define LEVEL LINQU_LEVEL_CLOS1
#include "ring_look.h"
