/* Any text as a topology, as a file, and as a path in what it gives: refused with a sentence, or
 * right. */

#include <stdlib.h>
#include <string.h>

#include "topo/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void is_refused(const struct error *err)
{
    size_t size = strnlen(err->text, sizeof err->text);

    require(size > 0 && size < sizeof err->text && !strpbrk(err->text, "\n\r\x1b"));
}

/* A node of the tree is where its names say. */
static void node_is_consistent(const struct topology *topology, uint32_t rank)
{
    struct coord coord = topology_coord(topology, rank);
    uint32_t parent = topology_parent(topology, rank), count, back;
    char path[LIMIT_NODE_PATH];
    struct error err;

    require(topology_has(topology, &coord));
    require(topology_rank(topology, &coord) == rank);
    require(topology_path(topology, rank, path, sizeof path) < LIMIT_NODE_PATH);
    require(topology_parse_path(topology, path, &back, &err) == 0 && back == rank);
    require((parent == RANK_NONE) == (rank == 0));
    if (parent != RANK_NONE)
        require(topology_children(topology, parent, &count) +
                    topology_child_number(topology, rank) ==
                rank);
}

static void topology_is_consistent(const struct topology *topology)
{
    char text[TOPOLOGY_TEXT_SIZE];
    struct topology back;
    struct error err;
    uint64_t nodes = 0;

    for (int level = 0; level < LEVEL_COUNT; level++)
        nodes += topology->count[level];
    require(nodes == topology->node_count && nodes <= LIMIT_NODES);
    require(topology_to_text(topology, text, sizeof text) < TOPOLOGY_TEXT_SIZE);
    require(topology_parse(text, &back, &err) == 0);
    require(back.node_count == topology->node_count);
    require(!memcmp(back.fanout, topology->fanout, sizeof back.fanout));
    node_is_consistent(topology, topology->node_count - 1);
    node_is_consistent(topology, topology->node_count / 2);
    node_is_consistent(topology, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct topology topology;
    struct error err = {""};
    uint32_t rank;

    memcpy(text, data, size);
    text[size] = '\0';
    if (topology_parse(text, &topology, &err) == 0)
        topology_is_consistent(&topology);
    else
        is_refused(&err);

    err.text[0] = '\0';
    if (topology_parse_file("f.topo", (const char *)data, size, &topology, &err) == 0)
        topology_is_consistent(&topology);
    else
        is_refused(&err);

    err.text[0] = '\0';
    require(topology_parse("2x3x4x300", &topology, &err) == 0);
    if (topology_parse_path(&topology, text, &rank, &err) == 0)
        node_is_consistent(&topology, rank);
    else
        is_refused(&err);
    free(text);
    return 0;
}
