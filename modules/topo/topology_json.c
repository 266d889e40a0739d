/* topology_show_json(): the object linqu.topology/1. */

#include <stdio.h>

#include "base/json_text.h"
#include "topo/identity.h"
#include "topo/node_files.h"
#include "topo/topology_show.h"

static json_t *path_to_json(const struct topology *topology, uint32_t rank)
{
    char path[LIMIT_NODE_PATH];

    if (rank == RANK_NONE)
        return json_null();
    topology_path(topology, rank, path, sizeof path);
    return json_text(path);
}

static json_t *node_to_json(const struct topology *topology, uint32_t rank)
{
    struct coord coord = topology_coord(topology, rank);
    json_t *node = json_object();
    char ip[SIMULATED_IP_SIZE];
    uint32_t children;

    topology_children(topology, rank, &children);
    topology_simulated_ip(topology, rank, ip, sizeof ip);
    json_object_set_new(node, "path", path_to_json(topology, rank));
    json_object_set_new(node, "level", json_integer(coord.level));
    json_object_set_new(node, "coordinate", coord_to_json(&coord));
    json_object_set_new(node, "global_index",
                        json_integer(topology_global_index(topology, &coord)));
    json_object_set_new(node, "rank", json_integer(rank));
    json_object_set_new(node, "simulated_ip", json_text(ip));
    json_object_set_new(node, "parent", path_to_json(topology, topology_parent(topology, rank)));
    json_object_set_new(node, "children", json_integer(children));
    return node;
}

static void node_files_to_json(const struct topology *topology, uint32_t rank, json_t *node)
{
    char path[LIMIT_NODE_FILE];

    node_directory(topology, rank, path, sizeof path);
    json_object_set_new(node, "directory", json_text(path));
    json_object_set_new(node, "socket",
                        node_socket(topology, rank, path, sizeof path) ? json_text(path)
                                                                       : json_null());
    node_log(topology, rank, path, sizeof path);
    json_object_set_new(node, "log", json_text(path));
}

static json_t *levels_to_json(const struct topology *topology)
{
    json_t *levels = json_array();

    for (int at = topology->top; at >= topology->leaf; at--) {
        json_t *level;

        if (!topology->present[at])
            continue;
        level = json_object();
        json_object_set_new(level, "level", json_integer(at));
        json_object_set_new(level, "name", json_text(level_name((enum level)at)));
        json_object_set_new(level, "nodes", json_integer(topology->count[at]));
        json_object_set_new(level, "per_parent", json_integer(topology->fanout[at]));
        json_object_set_new(level, "first_rank", json_integer(topology->first_rank[at]));
        json_array_append_new(levels, level);
    }
    return levels;
}

/* The capacities that are set, by level: {"L3": {"task": 8, "buffer_bytes": 32768}}. */
static json_t *capacities_to_json(const struct topology *topology)
{
    const struct topology_settings *settings = &topology->settings;
    json_t *capacities = json_object();

    for (int level = topology->top; level >= topology->leaf; level--) {
        uint32_t slots = settings->task_ring_slots[level];
        uint64_t bytes = settings->buffer_ring_bytes[level];
        char name[] = {'L', (char)('0' + level), '\0'};
        json_t *capacity;

        if (!topology->present[level] || (!slots && !bytes))
            continue;
        capacity = json_object();
        if (slots)
            json_object_set_new(capacity, "task", json_integer(slots));
        if (bytes)
            json_object_set_new(capacity, "buffer_bytes", json_integer((json_int_t)bytes));
        json_object_set_new(capacities, name, capacity);
    }
    return capacities;
}

static json_t *settings_to_json(const struct topology *topology)
{
    const struct topology_settings *settings = &topology->settings;
    json_t *object = json_object();

    if (settings->logical_system[0])
        json_object_set_new(object, "logical_system", json_text(settings->logical_system));
    if (settings->physical_system[0])
        json_object_set_new(object, "physical_system", json_text(settings->physical_system));
    if (settings->start_timeout_s)
        json_object_set_new(object, "start_timeout_s", json_integer(settings->start_timeout_s));
    json_object_set_new(object, "ring_capacity", capacities_to_json(topology));
    return object;
}

static json_t *tree_to_json(const struct topology *topology)
{
    json_t *tree = json_array();

    for (uint32_t rank = 0; rank < topology->node_count; rank++)
        json_array_append_new(tree, node_to_json(topology, rank));
    return tree;
}

void topology_show_json(const struct topology *topology, uint32_t node, bool all,
                        struct buffer *out)
{
    json_t *object = json_object();
    char shape[TOPOLOGY_TEXT_SIZE];

    topology_to_text(topology, shape, sizeof shape);
    json_object_set_new(object, "schema", json_text("linqu.topology/1"));
    json_object_set_new(object, "topology", json_text(shape));
    json_object_set_new(object, "nodes", json_integer(topology->node_count));
    json_object_set_new(object, "levels", levels_to_json(topology));
    json_object_set_new(object, "settings", settings_to_json(topology));
    if (node != RANK_NONE) {
        json_t *one = node_to_json(topology, node);

        node_files_to_json(topology, node, one);
        json_object_set_new(object, "node", one);
    }
    if (all)
        json_object_set_new(object, "tree", tree_to_json(topology));
    json_append(out, object);
}
