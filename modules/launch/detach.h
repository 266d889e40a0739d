/* `--detach`: the command returns when the run is READY (or has failed), the run goes on in the
 * background. */

#ifndef LAUNCH_DETACH_H
#define LAUNCH_DETACH_H

#include <stdbool.h>

struct launcher;

/* Fork. True in the process that the user started, once the other has told how it went
 * (`exit_code`); false in the process that becomes the launcher, in a session of its own. */
bool detach(struct launcher *launcher, int *exit_code);

/* Tell the waiting process, once; from then on nothing is said on the terminal. Nothing when nobody
 * waits. */
void detach_tell(struct launcher *launcher, int exit_code);

#endif
