/* Misbehaviour on purpose, for the tests of what then happens to the others: LINQU_INJECT=PATH:HOW
 * in the launcher's environment makes the node PATH do this. HOW is
 *
 *   exit      end before it is ready
 *   hang      never become ready
 *   stop      stop itself by a signal, before it has made anything, and go on when it is continued
 *   homeless  find its directory taken, so that it cannot start and has no children
 *   scribble  at the first frame after it is ready, overwrite the edge to its parent and go on
 *   midframe  likewise, die by SIGKILL with a frame written half */

#ifndef ACTOR_INJECT_H
#define ACTOR_INJECT_H

struct actor;

void inject_at_start(struct actor *actor);
void inject_at_frame(struct actor *actor);

#endif
