/* ctl.sock: tools speak to the launcher, which acts for them in the tree. The first frame is a
 * HEARTBEAT that names our system; then one CTL_REQUEST, answered by CTL_REPLY. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_text.h"
#include "base/memory.h"
#include "launch/control_request.h"
#include "launch/launcher.h"
#include "transport/socket_link.h"
#include "wire/message.h"

static void answer(struct client *client, struct message *message)
{
    struct launcher *launcher = client->launcher;

    message->sender = message->target = coord_launcher();
    buffer_clear(&launcher->frame);
    message_pack(&launcher->frame, message);
    link_send(client->link, QUEUE_CONTROL, launcher->frame.data, launcher->frame.size);
    link_flush(client->link);
}

void control_reply(struct client *client, int exit_code, json_t *object)
{
    struct message message = {.type = MSG_CTL_REPLY, .correlation = client->question};
    char *text = json_dumps(object, JSON_COMPACT);

    json_decref(object);
    message.ctl_reply.done = 1;
    message.ctl_reply.exit_code = (uint32_t)exit_code;
    message.ctl_reply.text = wire_str_of(text);
    answer(client, &message);
    free(text);
}

static void refuse(struct client *client, int exit_code, const char *why)
{
    control_reply(client, exit_code, json_pack("{s:o}", "error", json_text(why)));
}

static void on_shutdown(struct client *client, const struct control_request *request)
{
    struct launcher *launcher = client->launcher;

    client->awaits_end = true;
    events_append(launcher->events_fd, "shutdown_asked", NULL, NULL);
    if (request->force)
        ending_kill(launcher);
    else
        work_close(launcher, request->timeout_ms
                                 ? request->timeout_ms
                                 : launcher->options->stop_timeout_s * UINT64_C(1000));
}

static void act(struct client *client, const struct control_request *request)
{
    struct launcher *launcher = client->launcher;

    if (request->what == CONTROL_SHUTDOWN) {
        on_shutdown(client, request);
        return;
    }
    if (launcher->phase == RUN_STOPPING || launcher->closing_due_ns) {
        refuse(client, EXIT_NO_RUN, "the run is stopping and takes nothing more to do");
        return;
    }
    work_add(launcher, request->steps, request->step_count, &request->kernel, client);
    work_wake(launcher);
}

static void on_request(struct client *client, const struct message *message)
{
    const struct topology *topology = client->launcher->options->topology;
    struct control_request request;
    struct error err;

    client->question = message->correlation;
    if (control_request_read(&request, &message->ctl_request, topology, &err) < 0) {
        refuse(client, EXIT_USAGE, err.text);
        return;
    }
    act(client, &request);
    control_request_free(&request);
}

static void on_greeting(struct client *client, const struct message *message)
{
    const struct launch_options *options = client->launcher->options;
    const struct msg_heartbeat *question = &message->heartbeat;
    struct message reply = {.type = MSG_HEARTBEAT, .correlation = message->correlation};

    if (question->logical_system.size != strlen(options->logical_system) ||
        memcmp(question->logical_system.text, options->logical_system,
               question->logical_system.size) != 0) {
        client->ending = true;
        return;
    }
    client->greeted = true;
    reply.heartbeat.logical_system = wire_str_of(options->logical_system);
    reply.heartbeat.physical_system = wire_str_of(options->physical_system);
    reply.heartbeat.sequence = question->sequence;
    reply.heartbeat.answer = 1;
    answer(client, &reply);
}

static void client_frame(void *owner, struct link *link, const uint8_t *frame, size_t size)
{
    struct client *client = owner;
    struct message message;

    (void)link;
    if (client->ending)
        return;
    if (message_read(client->launcher->reader, frame, size, &message) != FRAME_OK)
        client->ending = true;
    else if (message.type == MSG_HEARTBEAT && !message.heartbeat.answer)
        on_greeting(client, &message);
    else if (message.type == MSG_CTL_REQUEST && client->greeted)
        on_request(client, &message);
    else
        client->ending = true;
}

static void client_closed(void *owner, struct link *link, enum frame_fault fault)
{
    struct client *client = owner;

    (void)link;
    (void)fault;
    client->ending = true;
}

static const struct link_owner client_owner = {.frame = client_frame, .closed = client_closed};

static void welcome(struct launcher *launcher, int fd)
{
    struct client *client = memory_new(1, sizeof *client);

    client->launcher = launcher;
    client->next = launcher->clients;
    launcher->clients = client;
    client->link =
        socket_link_create(launcher->base, fd, LIMIT_FRAME_SOCKET, &client_owner, client);
}

static void door_readable(evutil_socket_t fd, short what, void *arg)
{
    unsigned refused = 0;
    int client_fd;

    (void)what;
    while ((client_fd = socket_accept(fd, &refused)) >= 0)
        welcome(arg, client_fd);
}

int control_open(struct launcher *launcher, struct error *err)
{
    launcher->control_fd = socket_listen(launcher->dir.fd, "ctl.sock", err);
    if (launcher->control_fd < 0)
        return -1;
    launcher->control_door = event_new(launcher->base, launcher->control_fd, EV_READ | EV_PERSIST,
                                       door_readable, launcher);
    event_add(launcher->control_door, NULL);
    return 0;
}

/* Work goes on for nobody when who asked for it has gone. */
static void forget_client(struct launcher *launcher, const struct client *client)
{
    for (struct work *work = launcher->work; work; work = work->next)
        if (work->client == client)
            work->client = NULL;
}

void control_turn(struct launcher *launcher)
{
    struct client **at = &launcher->clients;

    while (*at) {
        struct client *client = *at;

        if (!client->ending) {
            at = &client->next;
            continue;
        }
        forget_client(launcher, client);
        *at = client->next;
        link_destroy(client->link);
        free(client);
    }
}

/* What the run exits with is not known before its account, which comes after this: it is for
 * state.map to tell. */
static void answer_end(struct launcher *launcher, struct client *client)
{
    if (client->awaits_end)
        control_reply(client, EXIT_DONE, json_pack("{s:s}", "run", launcher->dir.name));
}

void control_close(struct launcher *launcher)
{
    if (launcher->control_door)
        event_free(launcher->control_door);
    launcher->control_door = NULL;
    for (struct client *client = launcher->clients; client; client = client->next)
        answer_end(launcher, client);
    event_base_loop(launcher->base, EVLOOP_NONBLOCK); // these and earlier answers go out
    for (struct client *client = launcher->clients; client; client = client->next)
        client->ending = true;
    control_turn(launcher);
    if (launcher->control_fd >= 0) {
        close(launcher->control_fd);
        unlinkat(launcher->dir.fd, "ctl.sock", 0);
    }
    launcher->control_fd = -1;
}
