/* One process of the tree: the thin shell around the brain. Bytes, timers and child exits become
 * events; effects become frames, signals and files. */

#ifndef ACTOR_ACTOR_H
#define ACTOR_ACTOR_H

#include "super/inherit.h"

/* Be the node that `self` describes: make its directory, fork its children (each of which runs this
 * too), serve until it leaves. Never returns; the process ends with the exit codes of
 * base/exit_code.h. */
_Noreturn void actor_run(const struct inherit *self);

#endif
