#include "topo/topology_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "topo/identity.h"
#include "topo/node_files.h"

enum {
    WHOLE_TREE_MAX = 60, // nodes of a tree that fits a screen or two
    NUMBER_SIZE = 16,
    INDENT = 2,
};

/* A number with commas between its thousands. */
static const char *number_text(uint32_t number, char out[NUMBER_SIZE])
{
    if (number >= 1000000)
        snprintf(out, NUMBER_SIZE, "%u,%03u,%03u", number / 1000000, number / 1000 % 1000,
                 number % 1000);
    else if (number >= 1000)
        snprintf(out, NUMBER_SIZE, "%u,%03u", number / 1000, number % 1000);
    else
        snprintf(out, NUMBER_SIZE, "%u", number);
    return out;
}

int topology_show_all_check(const struct topology *topology, struct error *err)
{
    char have[NUMBER_SIZE], limit[NUMBER_SIZE];

    if (topology->node_count <= SHOW_ALL_MAX)
        return 0;
    return error_set(err, "this topology has %s nodes, and at most %s are shown one by one",
                     number_text(topology->node_count, have), number_text(SHOW_ALL_MAX, limit));
}

/* "16 L5, 64 L4, 1,024 L3": what is in the subtree of `rank` from level `from` down. */
static void append_counts(const struct topology *topology, uint32_t rank, int from,
                          struct buffer *out)
{
    const char *between = "";
    char number[NUMBER_SIZE];

    for (int level = from; level >= topology->leaf; level--) {
        uint32_t count;

        topology_subtree(topology, rank, (enum level)level, &count);
        if (!count)
            continue;
        buffer_printf(out, "%s%s L%d", between, number_text(count, number), level);
        between = ", ";
    }
}

void topology_show_summary(const struct topology *topology, struct buffer *out)
{
    char shape[TOPOLOGY_TEXT_SIZE], number[NUMBER_SIZE];

    topology_to_text(topology, shape, sizeof shape);
    buffer_printf(out, "%s: %s node%s: ", shape, number_text(topology->node_count, number),
                  topology->node_count == 1 ? "" : "s");
    append_counts(topology, 0, topology->top, out);
    buffer_append(out, "\n", 1);
}

/* "0" or "0-15". */
static const char *range_text(uint32_t first, uint32_t count, char out[2 * NUMBER_SIZE])
{
    if (count == 1)
        snprintf(out, 2 * NUMBER_SIZE, "%" PRIu32, first);
    else
        snprintf(out, 2 * NUMBER_SIZE, "%" PRIu32 "-%" PRIu32, first, first + count - 1);
    return out;
}

static void append_levels(const struct topology *topology, struct buffer *out)
{
    char nodes[NUMBER_SIZE], each[NUMBER_SIZE], ranks[2 * NUMBER_SIZE], indices[2 * NUMBER_SIZE];

    buffer_printf(out, "%-10s %10s %11s  %-17s  %s\n", "level", "nodes", "per parent", "ranks",
                  "global indices");
    for (int level = topology->top; level >= topology->leaf; level--) {
        uint32_t count = topology->count[level];

        if (topology->present[level])
            buffer_printf(out, "L%d %-7s %10s %11s  %-17s  %s\n", level,
                          level_name((enum level)level), number_text(count, nodes),
                          number_text(topology->fanout[level], each),
                          range_text(topology->first_rank[level], count, ranks),
                          range_text(0, count, indices));
    }
}

static void append_capacities(const struct topology *topology, struct buffer *out)
{
    const struct topology_settings *settings = &topology->settings;

    for (int level = topology->top; level >= topology->leaf; level--) {
        uint32_t slots = settings->task_ring_slots[level];
        uint64_t bytes = settings->buffer_ring_bytes[level];

        if (!topology->present[level] || (!slots && !bytes))
            continue;
        buffer_printf(out, "ring_capacity    L%d:", level);
        if (slots)
            buffer_printf(out, "task=%" PRIu32 "%s", slots, bytes ? "," : "");
        if (bytes)
            buffer_printf(out, "buffer=%" PRIu64, bytes);
        buffer_append(out, "\n", 1);
    }
}

static void append_settings(const struct topology *topology, struct buffer *out)
{
    const struct topology_settings *settings = &topology->settings;
    size_t before;

    buffer_append(out, "\n", 1);
    before = out->size;
    if (settings->logical_system[0])
        buffer_printf(out, "logical_system   %s\n", settings->logical_system);
    if (settings->physical_system[0])
        buffer_printf(out, "physical_system  %s\n", settings->physical_system);
    if (settings->start_timeout_s)
        buffer_printf(out, "start_timeout    %" PRIu32 " s\n", settings->start_timeout_s);
    append_capacities(topology, out);
    if (out->size != before)
        buffer_append(out, "\n", 1);
}

struct tree_text {
    const struct topology *topology;
    struct buffer *out;
    bool whole;      // no branch is left out
    int path_width;  // columns of the longest path with its indentation
    int place_width; // columns of the longest coordinate
};

static void append_node(const struct tree_text *tree, uint32_t rank, int depth)
{
    struct coord coord = topology_coord(tree->topology, rank);
    char path[LIMIT_NODE_PATH], place[64], ip[SIMULATED_IP_SIZE];

    topology_path(tree->topology, rank, path, sizeof path);
    coord_to_text(&coord, place, sizeof place);
    topology_simulated_ip(tree->topology, rank, ip, sizeof ip);
    buffer_printf(tree->out, "%*s%-*s  %-*s  %-14s", depth * INDENT, "",
                  tree->path_width - depth * INDENT, path, tree->place_width, place, ip);
    if (coord.level > tree->topology->leaf) {
        buffer_printf(tree->out, "  ");
        append_counts(tree->topology, rank, coord.level - 1, tree->out);
    }
    while (tree->out->data[tree->out->size - 1] == ' ')
        tree->out->size--;
    buffer_append(tree->out, "\n", 1);
}

static void append_tree(const struct tree_text *tree, uint32_t rank, int depth)
{
    uint32_t count, first = topology_children(tree->topology, rank, &count);
    char number[NUMBER_SIZE];

    append_node(tree, rank, depth);
    if (!count)
        return;
    append_tree(tree, first, depth + 1);
    for (uint32_t i = 1; i < count && tree->whole; i++)
        append_tree(tree, first + i, depth + 1);
    if (tree->whole || count == 1)
        return;
    if (count > 2)
        buffer_printf(tree->out, "%*s... %s more\n", (depth + 1) * INDENT, "",
                      number_text(count - 2, number));
    append_node(tree, first + count - 1, depth + 1);
}

void topology_show_text(const struct topology *topology, bool all, struct buffer *out)
{
    struct tree_text tree = {.topology = topology, .out = out};
    char longest[LIMIT_NODE_PATH];
    struct coord last = topology_coord(topology, topology->node_count - 1);

    topology_show_summary(topology, out);
    buffer_append(out, "\n", 1);
    append_levels(topology, out);
    append_settings(topology, out);
    tree.whole = all || topology->node_count <= WHOLE_TREE_MAX;
    tree.path_width = topology_path(topology, topology->node_count - 1, longest, sizeof longest);
    tree.place_width = coord_to_text(&last, longest, sizeof longest);
    if (tree.place_width < (int)strlen("coordinate"))
        tree.place_width = (int)strlen("coordinate");
    for (int level = topology->leaf; level < topology->top; level++)
        tree.path_width += topology->present[level] ? INDENT : 0;
    buffer_printf(out, "%-*s  %-*s  %-14s  %s\n", tree.path_width, "node", tree.place_width,
                  "coordinate", "address", "below it");
    append_tree(&tree, 0, 0);
}

static void append_family(const struct topology *topology, uint32_t rank, struct buffer *out)
{
    uint32_t parent = topology_parent(topology, rank), count, first;
    char path[LIMIT_NODE_PATH], number[NUMBER_SIZE];

    if (parent != RANK_NONE) {
        topology_children(topology, parent, &count);
        topology_path(topology, parent, path, sizeof path);
        buffer_printf(out, "parent        %s\n", path);
        buffer_printf(out, "siblings      %s\n", number_text(count - 1, number));
    }
    first = topology_children(topology, rank, &count);
    if (!count)
        return;
    topology_path(topology, first, path, sizeof path);
    buffer_printf(out, "children      %s: %s", number_text(count, number), path);
    topology_path(topology, first + count - 1, path, sizeof path);
    buffer_printf(out, count > 1 ? " to %s\n" : "\n", strrchr(path, '/') + 1);
    buffer_printf(out, "below         ");
    append_counts(topology, rank, (int)topology_level_of_rank(topology, rank) - 1, out);
    buffer_append(out, "\n", 1);
}

void topology_show_node(const struct topology *topology, uint32_t rank, struct buffer *out)
{
    struct coord coord = topology_coord(topology, rank);
    char text[LIMIT_NODE_FILE];

    topology_path(topology, rank, text, sizeof text);
    buffer_printf(out, "node          %s\n", text);
    buffer_printf(out, "level         L%d (%s)\n", coord.level, level_name(coord.level));
    coord_to_text(&coord, text, sizeof text);
    buffer_printf(out, "coordinate    %s\n", text);
    buffer_printf(out, "global index  %" PRIu32 "\n", topology_global_index(topology, &coord));
    buffer_printf(out, "rank          %" PRIu32 "\n", rank);
    topology_simulated_ip(topology, rank, text, sizeof text);
    buffer_printf(out, "address       %s\n", text);
    append_family(topology, rank, out);
    node_directory(topology, rank, text, sizeof text);
    buffer_printf(out, "directory     %s%s\n", text,
                  coord.level <= LEVEL_CHIP ? "  (its parent's)" : "");
    if (node_socket(topology, rank, text, sizeof text))
        buffer_printf(out, "socket        %s\n", text);
    else
        buffer_printf(out, "socket        none\n");
    node_log(topology, rank, text, sizeof text);
    buffer_printf(out, "log           %s\n", text);
}
