/* A look at the rings of a node at level GLOBAL while its submitter waits. */

#define LEVEL LINQU_LEVEL_GLOBAL
#include "ring_look.h"
