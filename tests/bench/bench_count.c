/* Pieces of work whose instructions tests/check/instructions counts: `bench_count NAME TIMES`;
 * without a name, the names. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_graph.h"
#include "model/coord.h"
#include "topo/topology.h"
#include "wire/message.h"

enum { SLOTS = 64 };

static void null_task(unsigned times)
{
    struct task_graph *graph = make_graph(SLOTS);

    for (unsigned i = 0; i < times; i++)
        submit(graph, NULL, 0);
    drain(graph);
    task_graph_destroy(graph);
}

static void chained_task(unsigned times)
{
    struct task_graph *graph = make_graph(SLOTS);
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
