/* A look at the rings of a node at level POD while its submitter waits. */

#define LEVEL LINQU_LEVEL_POD
#include "ring_look.h"
