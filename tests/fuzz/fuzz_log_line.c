// links: users
/* A log may hold anything: kernels print into it, disks fill up in the middle of a line. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "report/log_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1); // of its exact size, so that reading beyond it is seen
    struct log_line line;
    char out[256];

    if (size)
        memcpy(text, data, size);
    if (log_line_read(text, size, &line)) {
        assert(line.message.start >= text && line.message.start + line.message.size <= text + size);
        assert(log_unescape(line.message, out, sizeof out) < sizeof out);
        assert(log_normalise(line.message, out, sizeof out) < sizeof out);
    }
    json_decref(log_line_json(text, size));
    free(text);
    return 0;
}
