/* Pieces of work whose instructions tests/check/instructions counts: `bench_count NAME TIMES`;
 * without a name, the names. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/task_graph.h"
#include "model/coord.h"
#include "topo/topology.h"
#include "wire/message.h"

enum { TARGET = 7 };

static struct task_graph *make_graph(void)
{
    const struct task_graph_config config = {.self = {.level = LEVEL_POD},
                                             .rank = 1,
                                             .task_slots = 64,
                                             .buffer_bytes = 128 * 1024 * 1024,
                                             .window = 64,
                                             .system = "linqu"};
    struct task_graph *graph = task_graph_create(&config);
    struct error err;

    if (task_graph_begin(graph, 1, NULL, NULL, 0, &err) < 0)
        abort();
    return graph;
}

static void drain(struct task_graph *graph)
{
    struct task_part *part;
    size_t count;

    while ((part = task_graph_take(graph))) {
        struct task_key key = task_graph_key(graph, part->task);

        task_graph_end_part(graph, task_graph_find(graph, &key), part->index, NULL, false);
    }
    task_graph_take_released(graph, &count);
}

static void submit(struct task_graph *graph, const struct task_argument *arguments, uint32_t count)
{
    const struct part_spec part = {
        .target = TARGET, .kernel = "k", .arguments = arguments, .count = count};
    const struct task_spec spec = {.parts = &part, .part_count = 1};
    struct error err;

    while (task_graph_submit(graph, &spec, NULL, &err) == SUBMIT_FULL)
        drain(graph);
}

static void null_task(unsigned times)
{
    struct task_graph *graph = make_graph();

    for (unsigned i = 0; i < times; i++)
        submit(graph, NULL, 0);
    drain(graph);
    task_graph_destroy(graph);
}

static void chained_task(unsigned times)
{
    struct task_graph *graph = make_graph();
    uint64_t handle = task_graph_alloc(graph, 64);

    submit(graph, &(struct task_argument){PARAM_OUTPUT, handle}, 1);
    for (unsigned i = 0; i < times; i++)
        submit(graph, &(struct task_argument){PARAM_INOUT, handle}, 1);
    drain(graph);
    task_graph_destroy(graph);
}

static void message(unsigned times)
{
    struct message_reader *reader = message_reader_create();
    struct message sent = {.type = MSG_HEARTBEAT}, got;
    struct buffer frame = {0};

    sent.sender = sent.target = coord_launcher();
    sent.heartbeat.logical_system = wire_str_of("linqu");
    sent.heartbeat.physical_system = wire_str_of("machine");
    for (unsigned i = 0; i < times; i++) {
        buffer_clear(&frame);
        message_pack(&frame, &sent);
        if (message_read(reader, frame.data, frame.size, &got) != FRAME_OK)
            abort();
    }
    buffer_free(&frame);
    message_reader_destroy(reader);
}

static void rank_and_back(unsigned times)
{
    struct topology topology;
    struct error err;

    if (topology_parse("16x4x16", &topology, &err) < 0)
        abort();
    for (unsigned i = 0; i < times; i++) {
        uint32_t rank = i % topology.node_count;
        struct coord coord = topology_coord(&topology, rank);

        if (!topology_has(&topology, &coord) || topology_rank(&topology, &coord) != rank)
            abort();
    }
}

static const struct piece {
    const char *name;
    void (*work)(unsigned times);
} pieces[] = {{"null_task", null_task},
              {"chained_task", chained_task},
              {"message", message},
              {"rank_and_back", rank_and_back}};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        if (argc < 3)
            puts(pieces[i].name);
        else if (strcmp(argv[1], pieces[i].name) == 0)
            pieces[i].work((unsigned)atoi(argv[2]));
    return 0;
}
