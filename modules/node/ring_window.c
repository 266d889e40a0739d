/* How much of the rings is used. Their memory is made before the fork, as large as the run's
 * settings say; for a while the owners may be told to fill no more of it than a window. */

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/runtime.h"
#include "topo/ring_layout.h"

struct ring_capacity ring_window(const struct node *node, enum level owner)
{
    struct ring_capacity whole = {.slots = ring_slots(node->topology, owner),
                                  .bytes = ring_bytes(node->topology, owner)};
    const struct ring_capacity *window = node->windows ? &node->windows[owner] : NULL;

    if (window && window->slots && window->slots < whole.slots)
        whole.slots = window->slots;
    if (window && window->bytes && window->bytes < whole.bytes)
        whole.bytes = window->bytes;
    return whole;
}

static int check_window(const struct wire_ring_window *window, struct error *err)
{
    if (window->level >= LEVEL_COUNT || !window->slots || (window->slots & (window->slots - 1)) ||
        window->bytes < BUFFER_RING_ALIGN)
        return error_set(err, "a window of %u slots and %ju bytes for level %u cannot be",
                         window->slots, (uintmax_t)window->bytes, window->level);
    return 0;
}

static void keep_windows(struct node *node, const struct msg_gather *gather)
{
    free(node->windows);
    node->windows = NULL;
    if (gather->windows.count == 0)
        return;
    node->windows = memory_new(LEVEL_COUNT, sizeof *node->windows);
    for (uint32_t i = 0; i < gather->windows.count; i++) {
        const struct wire_ring_window *window = &gather->windows.items[i];

        node->windows[window->level] =
            (struct ring_capacity){.slots = window->slots, .bytes = window->bytes};
    }
}

int ring_windows_set(struct node *node, const struct msg_gather *gather, struct error *err)
{
    struct task_graph *graph = node->runtime ? node->runtime->graph : NULL;
    struct ring_capacity own;

    for (uint32_t i = 0; i < gather->windows.count; i++)
        if (check_window(&gather->windows.items[i], err) < 0)
            return -1;
    if (graph && task_graph_stack_height(graph))
        return error_set(err, "%s computes: its rings stay as they are", node->path);
    keep_windows(node, gather);
    own = ring_window(node, (enum level)node->coord.level);
    if (graph)
        task_graph_set_capacity(graph, own.slots, own.bytes);
    return 0;
}
