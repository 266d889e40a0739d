/* A look at the rings of a node at level CLOS2 while its submitter waits. */

#define LEVEL LINQU_LEVEL_CLOS2
#include "ring_look.h"
