#include "scenario/socket_probe.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "rundir/run_dir.h"
#include "transport/socket_link.h"
#include "wire/message.h"

enum { PROBE_LANES = 32, RETRY_MS = 5 };

/* One connection at a time. */
struct lane {
    struct socket_probe *probe;
    struct link *link;   // NULL: idle or waiting to connect again
    struct event *timer; // time limit of this socket, or the retry
    uint32_t rank;
    bool busy;
    bool retrying;
    bool ended; // its link is destroyed in the next turn
};

struct socket_probe {
    struct probe_config config;
    struct lane lanes[PROBE_LANES];
    struct event *turn; // goes on outside of link callbacks
    uint32_t next_rank;
    uint32_t busy;
    bool told;
    struct message_reader *reader;
    struct buffer frame;
    struct probe_result result;
};

static void again(struct socket_probe *probe)
{
    event_active(probe->turn, EV_TIMEOUT, 0);
}

static void fail(struct lane *lane, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct lane *lane, const char *format, ...)
{
    struct probe_result *result = &lane->probe->result;
    char path[LIMIT_NODE_PATH], why[256];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    topology_path(lane->probe->config.topology, lane->rank, path, sizeof path);
    if (result->first_failure[0] == '\0')
        snprintf(result->first_failure, sizeof result->first_failure, "%s: %s", path, why);
    lane->ended = true;
    again(lane->probe);
}

static void lane_frame(void *owner, struct link *link, const uint8_t *frame, size_t size)
{
    struct lane *lane = owner;
    struct message message;
    struct coord expected = topology_coord(lane->probe->config.topology, lane->rank);

    (void)link;
    if (lane->ended)
        return;
    if (message_read(lane->probe->reader, frame, size, &message) != FRAME_OK ||
        message.type != MSG_HEARTBEAT || !message.heartbeat.answer) {
        fail(lane, "its socket does not answer with a heartbeat");
        return;
    }
    if (!coord_equal(&message.sender, &expected)) {
        fail(lane, "another node answers on its socket");
        return;
    }
    lane->probe->result.answered++;
    lane->ended = true;
    again(lane->probe);
}

static void lane_closed(void *owner, struct link *link, enum frame_fault fault)
{
    struct lane *lane = owner;

    (void)link;
    if (!lane->ended)
        fail(lane, "it closed the connection (%s)", frame_fault_name(fault));
}

static const struct link_owner lane_owner = {.frame = lane_frame, .closed = lane_closed};

static void ask(struct lane *lane)
{
    struct socket_probe *probe = lane->probe;
    struct message message = {.type = MSG_HEARTBEAT};

    message.sender = coord_launcher();
    message.target = topology_coord(probe->config.topology, lane->rank);
    message.heartbeat.logical_system = wire_str_of(probe->config.logical_system);
    message.heartbeat.physical_system = wire_str_of(probe->config.physical_system);
    message.heartbeat.sequence = lane->rank + UINT64_C(1);
    buffer_clear(&probe->frame);
    message_pack(&probe->frame, &message);
    link_send(lane->link, QUEUE_CONTROL, probe->frame.data, probe->frame.size);
    link_flush(lane->link);
}

static void set_timer(struct lane *lane, unsigned wait_ms)
{
    struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = (int)(wait_ms % 1000) * 1000};

    event_add(lane->timer, &wait);
}

static int connect_to(struct lane *lane, bool *retry, struct error *err)
{
    const struct probe_config *config = &lane->probe->config;
    char path[LIMIT_PATH], name[32];
    int dir_fd, fd;

    run_dir_node_path(config->topology, lane->rank, path, sizeof path);
    run_dir_socket_name(config->topology, lane->rank, name, sizeof name);
    dir_fd = openat(config->run_dir_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir_fd < 0)
        return error_set(err, "it has no directory");
    fd = socket_connect(dir_fd, name, retry, err);
    close(dir_fd);
    return fd;
}

static void lane_connect(struct lane *lane)
{
    struct error err;
    bool retry = false;
    int fd = connect_to(lane, &retry, &err);

    lane->retrying = fd < 0 && retry;
    if (lane->retrying) {
        set_timer(lane, RETRY_MS);
        return;
    }
    if (fd < 0) {
        fail(lane, "%s", err.text);
        return;
    }
    lane->link =
        socket_link_create(lane->probe->config.base, fd, LIMIT_FRAME_SOCKET, &lane_owner, lane);
    set_timer(lane, lane->probe->config.timeout_ms);
    ask(lane);
}

static void lane_timer(evutil_socket_t fd, short what, void *arg)
{
    struct lane *lane = arg;

    (void)fd;
    (void)what;
    if (!lane->busy || lane->ended)
        return;
    if (lane->retrying)
        lane_connect(lane);
    else
        fail(lane, "no answer on its socket within %u ms", lane->probe->config.timeout_ms);
}

static bool next_socket(struct socket_probe *probe, uint32_t *rank)
{
    char name[32];

    while (probe->next_rank < probe->config.topology->node_count) {
        *rank = probe->next_rank++;
        if (run_dir_socket_name(probe->config.topology, *rank, name, sizeof name))
            return true;
    }
    return false;
}

static void clear_lane(struct lane *lane)
{
    link_destroy(lane->link);
    event_del(lane->timer);
    lane->link = NULL;
    lane->busy = lane->ended = false;
    lane->probe->busy--;
}

static void start_lane(struct lane *lane)
{
    if (!next_socket(lane->probe, &lane->rank))
        return;
    lane->busy = true;
    lane->probe->busy++;
    lane->probe->result.asked++;
    lane_connect(lane);
}

static void probe_turn(evutil_socket_t fd, short what, void *arg)
{
    struct socket_probe *probe = arg;

    (void)fd;
    (void)what;
    for (int i = 0; i < PROBE_LANES; i++) {
        struct lane *lane = &probe->lanes[i];

        if (lane->busy && lane->ended)
            clear_lane(lane);
        if (!lane->busy)
            start_lane(lane);
    }
    if (probe->busy == 0 && !probe->told) {
        probe->told = true;
        probe->config.done(probe->config.arg, &probe->result);
    }
}

struct socket_probe *socket_probe_start(const struct probe_config *config)
{
    struct socket_probe *probe = memory_new(1, sizeof *probe);

    probe->config = *config;
    probe->reader = message_reader_create();
    probe->turn = event_new(config->base, -1, EV_PERSIST, probe_turn, probe);
    for (int i = 0; i < PROBE_LANES; i++) {
        probe->lanes[i].probe = probe;
        probe->lanes[i].timer = evtimer_new(config->base, lane_timer, &probe->lanes[i]);
    }
    again(probe);
    return probe;
}

void socket_probe_destroy(struct socket_probe *probe)
{
    if (!probe)
        return;
    for (int i = 0; i < PROBE_LANES; i++) {
        link_destroy(probe->lanes[i].link);
        event_free(probe->lanes[i].timer);
    }
    event_free(probe->turn);
    message_reader_destroy(probe->reader);
    buffer_free(&probe->frame);
    free(probe);
}
