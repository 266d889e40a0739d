// links: users
/* --node takes whatever a user types. What is taken is written so that it reads back as the same
 * nodes. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "report/node_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const specs[] = {"3x4x5", "2x2x2x3", "L6:1 L3:300", "L7:1 L6:2 L4:3 L3:2"};
    char *text = malloc(size + 1);
    struct node_set set, again;
    struct topology topology;
    struct buffer out = {0};
    struct error err;

    memcpy(text, data, size);
    text[size] = '\0';
    assert(topology_parse(specs[size % 4], &topology, &err) == 0);
    set = node_set_create(&topology);
    again = node_set_create(&topology);
    if (node_set_add_text(&set, text, &err) == 0) {
        node_set_format(&set, &out);
        buffer_append(&out, "", 1);
        assert(node_set_add_text(&again, (const char *)out.data, &err) == 0);
        assert(memcmp(set.bits, again.bits, (topology.node_count + 7) / 8) == 0);
    }
    buffer_free(&out);
    node_set_free(&set);
    node_set_free(&again);
    free(text);
    return 0;
}
