/* The records of a killed node: whatever lies in its memory is read, and what is read is JSON. */

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "node/trace_log.h"

/* Of its exact size, so that reading beyond it is seen; the beginning of what was written well. */
static void *area_of(const uint8_t *data, size_t size, size_t area_size)
{
    void *area = calloc(1, area_size);

    trace_log_destroy(trace_log_create(area, area_size));
    if (size > area_size - 8)
        size = area_size - 8;
    memcpy((char *)area + 8, data, size);
    return area;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { AREA_SIZE = 1024 };
    void *area = area_of(data, size, AREA_SIZE);
    struct trace_log *log = trace_log_open(area, AREA_SIZE);
    struct topology topology;
    struct buffer text = {0};
    struct error err;
    json_t *json;

    assert(topology_parse("2x2x2", &topology, &err) == 0);
    trace_log_append(&text, log, &topology, 1, "linqu");
    json = json_loadb((const char *)text.data, text.size, JSON_ALLOW_NUL, NULL);
    assert(json);
    json_decref(json);
    buffer_free(&text);
    trace_log_destroy(log);
    free(area);
    return 0;
}
