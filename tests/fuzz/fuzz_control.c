// links: users
/* What a tool writes to ctl.sock: the first byte chooses the command, the rest is its arguments. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "launch/control_request.h"

static const char *const commands[] = {"exec", "shutdown", "discover", "what"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msg_ctl_request message = {.command = wire_str_of(commands[size ? data[0] % 4 : 0])};
    struct control_request request;
    struct topology topology;
    struct error err = {.text = ""};
    char *text = malloc(size ? size : 1); // of its exact size, so that reading beyond it is seen

    assert(topology_parse("2x2x2", &topology, &err) == 0);
    if (size > 1)
        memcpy(text, data + 1, size - 1);
    message.arguments = (wire_str){.text = text, .size = size ? (uint32_t)(size - 1) : 0};
    if (control_request_read(&request, &message, &topology, &err) < 0) {
        assert(err.text[0]);
    } else {
        assert(request.what != CONTROL_EXEC || request.step_count > 0);
        control_request_free(&request);
    }
    free(text);
    return 0;
}
