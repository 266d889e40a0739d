#include "cli/ctl_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "rundir/clock.h"
#include "transport/socket_link.h"
#include "wire/message.h"

enum { CONNECT_RETRY_MS = 20 };

struct ctl_client {
    int fd;
    struct message_reader *reader;
    struct buffer in, out;
    size_t taken; // bytes of `in` that were a frame already read
    uint64_t sequence;
    const struct run_view *view;
};

/* What is left until `deadline_ms`, for poll(); UINT64_MAX is no deadline. */
static int left_ms(uint64_t deadline_ms)
{
    uint64_t now = monotonic_clock_ms();

    if (deadline_ms == UINT64_MAX)
        return -1;
    if (deadline_ms <= now)
        return 0;
    return deadline_ms - now > 3600000 ? 3600000 : (int)(deadline_ms - now);
}

/* Wait until the descriptor can be read or written. 0 when the time is over. */
static int wait_for(int fd, short events, uint64_t deadline_ms)
{
    struct pollfd waiting = {.fd = fd, .events = events};
    int ready;

    do
        ready = poll(&waiting, 1, left_ms(deadline_ms));
    while ((ready < 0 && errno == EINTR) || (ready == 0 && left_ms(deadline_ms) != 0));
    return ready;
}

static int send_all(struct ctl_client *client, uint64_t deadline_ms, struct error *err)
{
    size_t sent = 0;

    while (sent < client->out.size) {
        ssize_t got =
            send(client->fd, client->out.data + sent, client->out.size - sent, MSG_NOSIGNAL);

        if (got > 0)
            sent += (size_t)got;
        else if (errno != EAGAIN && errno != EINTR)
            return error_set(err, "the launcher has closed the connection: %s", strerror(errno));
        else if (wait_for(client->fd, POLLOUT, deadline_ms) == 0)
            return error_set(err, "the launcher does not take the request");
    }
    return 0;
}

static int send_message(struct ctl_client *client, struct message *message, uint64_t deadline_ms,
                        struct error *err)
{
    message->sender = message->target = coord_launcher();
    message->correlation = ++client->sequence;
    buffer_clear(&client->out);
    message_pack(&client->out, message);
    return send_all(client, deadline_ms, err);
}

/* Make room for more and read it. -1 at the end of the connection or of time. */
static int receive_more(struct ctl_client *client, uint64_t deadline_ms, bool *timed_out,
                        struct error *err)
{
    uint8_t block[16 * 1024];
    ssize_t got;

    if (wait_for(client->fd, POLLIN, deadline_ms) == 0) {
        *timed_out = true;
        return error_set(err, "the launcher (process %d) does not answer",
                         client->view->map.header->launcher_pid);
    }
    got = recv(client->fd, block, sizeof block, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (got <= 0)
        return error_set(err, "the launcher has closed the connection%s%s", got < 0 ? ": " : "",
                         got < 0 ? strerror(errno) : "");
    buffer_append(&client->in, block, (size_t)got);
    return 0;
}

/* The next whole message; it lives until the next call. */
static int receive_message(struct ctl_client *client, uint64_t deadline_ms, struct message *message,
                           bool *timed_out, struct error *err)
{
    enum frame_fault fault;
    size_t size;

    memmove(client->in.data, client->in.data + client->taken, client->in.size - client->taken);
    client->in.size -= client->taken;
    client->taken = 0;
    while ((fault = frame_size(client->in.data, client->in.size, LIMIT_FRAME_SOCKET, &size)) ==
               FRAME_TRUNCATED ||
           (fault == FRAME_OK && size > client->in.size))
        if (receive_more(client, deadline_ms, timed_out, err) < 0)
            return -1;
    if (fault == FRAME_OK)
        fault = message_read(client->reader, client->in.data, size, message);
    if (fault != FRAME_OK)
        return error_set(err, "the launcher sent a frame that is no frame: %s",
                         frame_fault_name(fault));
    client->taken = size;
    return 0;
}

static int greet(struct ctl_client *client, uint64_t deadline_ms, struct error *err)
{
    const struct state_header *header = client->view->map.header;
    struct message message = {.type = MSG_HEARTBEAT};
    bool timed_out;

    message.heartbeat.logical_system = wire_str_of(header->logical_system);
    message.heartbeat.physical_system = wire_str_of(header->physical_system);
    message.heartbeat.sequence = 1;
    if (send_message(client, &message, deadline_ms, err) < 0 ||
        receive_message(client, deadline_ms, &message, &timed_out, err) < 0)
        return -1;
    if (message.type != MSG_HEARTBEAT || !message.heartbeat.answer)
        return error_set(err, "the launcher does not answer as one");
    return 0;
}

static int connect_within(struct ctl_client *client, uint64_t deadline_ms, struct error *err)
{
    const struct timespec pause = {.tv_nsec = CONNECT_RETRY_MS * 1000 * 1000};
    bool again = true;

    while ((client->fd = socket_connect(client->view->dir.fd, "ctl.sock", &again, err)) < 0) {
        if (!again || left_ms(deadline_ms) == 0)
            return -1;
        nanosleep(&pause, NULL);
    }
    return 0;
}

struct ctl_client *ctl_client_open(const struct run_view *view, unsigned timeout_ms,
                                   struct error *err)
{
    struct ctl_client *client = memory_new(1, sizeof *client);
    uint64_t deadline_ms = monotonic_clock_ms() + timeout_ms;

    client->view = view;
    client->fd = -1;
    client->reader = message_reader_create();
    buffer_extend(&client->in, 1);
    buffer_clear(&client->in);
    if (connect_within(client, deadline_ms, err) < 0 || greet(client, deadline_ms, err) < 0) {
        error_prefix(err, "run %s", view->dir.name);
        ctl_client_close(client);
        return NULL;
    }
    return client;
}

void ctl_client_close(struct ctl_client *client)
{
    if (!client)
        return;
    if (client->fd >= 0)
        close(client->fd);
    message_reader_destroy(client->reader);
    buffer_free(&client->in);
    buffer_free(&client->out);
    free(client);
}

static int send_request(struct ctl_client *client, const char *command, const json_t *arguments,
                        uint64_t deadline_ms, struct error *err)
{
    struct message message = {.type = MSG_CTL_REQUEST};
    char *text = json_dumps(arguments, JSON_COMPACT);
    int result;

    message.ctl_request.command = wire_str_of(command);
    message.ctl_request.arguments = wire_str_of(text);
    result = send_message(client, &message, deadline_ms, err);
    free(text);
    return result;
}

int ctl_client_ask(struct ctl_client *client, const char *command, const json_t *arguments,
                   uint64_t timeout_ms, void (*progress)(const char *text, size_t size),
                   struct ctl_answer *answer, bool *timed_out, struct error *err)
{
    uint64_t deadline_ms = timeout_ms ? monotonic_clock_ms() + timeout_ms : UINT64_MAX;
    struct message message;

    *timed_out = false;
    if (send_request(client, command, arguments, deadline_ms, err) < 0)
        return -1;
    for (;;) {
        const struct msg_ctl_reply *reply = &message.ctl_reply;

        if (receive_message(client, deadline_ms, &message, timed_out, err) < 0)
            return -1;
        if (message.type != MSG_CTL_REPLY)
            continue;
        if (reply->done) {
            answer->exit_code = (int)reply->exit_code;
            answer->object = json_loadb(reply->text.text, reply->text.size, 0, NULL);
            return 0;
        }
        if (progress)
            progress(reply->text.text, reply->text.size);
    }
}
