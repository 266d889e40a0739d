/* What a tool asks the launcher at ctl.sock: the text of CTL_REQUEST, understood. */

#ifndef LAUNCH_CONTROL_REQUEST_H
#define LAUNCH_CONTROL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "launch/launch.h"
#include "topo/topology.h"
#include "wire/message.h"

enum control_what { CONTROL_SHUTDOWN, CONTROL_EXEC, CONTROL_DISCOVER };

struct control_request {
    enum control_what what;
    bool force;                    // CONTROL_SHUTDOWN: kill at once
    uint64_t timeout_ms;           // CONTROL_SHUTDOWN: for the graceful stop; 0: what the run has
    const char **steps;            // CONTROL_EXEC: names of scenarios and files of kernels; owned
    size_t step_count;             // 1 or more
    struct kernel_settings kernel; // CONTROL_EXEC: the list of args is owned
    json_t *arguments;             // all texts lie there; owned
};

/* -1 and a sentence when it is none: nothing is to be freed then. */
int control_request_read(struct control_request *request, const struct msg_ctl_request *message,
                         const struct topology *topology, struct error *err);
void control_request_free(struct control_request *request);

#endif
