// links: users
#include "cli/ctl_client.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "suite.h"
#include "transport/socket_link.h"
#include "wire/message.h"

static struct error err;
static struct state_header header;
static struct run_view view;
static int listener;

/* A launcher's door in an empty directory, and a client's view of it. */
static void door_open(void)
{
    int dir = scratch_open();

    listener = socket_listen(dir, "ctl.sock", &err);
    ck_assert_msg(listener >= 0, "%s", err.text);
    snprintf(header.logical_system, sizeof header.logical_system, "linqu");
    view = (struct run_view){.dir = {.fd = dir}, .map = {.header = &header}};
    snprintf(view.dir.name, sizeof view.dir.name, "r");
}

static void door_close(pid_t server)
{
    if (server) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    close(listener);
    scratch_close(view.dir.fd);
}

/* --- the other side, in a process of its own -------------------------------------------------- */

static void answer(int fd, struct message *message)
{
    struct buffer out = {0};

    message->sender = message->target = coord_launcher();
    message_pack(&out, message);
    for (size_t sent = 0; sent < out.size;) { // in small pieces, as a socket may deliver them
        size_t piece = out.size - sent < 7 ? out.size - sent : 7;
        ssize_t written = send(fd, out.data + sent, piece, MSG_NOSIGNAL);

        if (written <= 0)
            _exit(0);
        sent += (size_t)written;
    }
    buffer_free(&out);
}

static int greeted(void)
{
    struct message message = {.type = MSG_HEARTBEAT};
    struct pollfd waiting = {.fd = listener, .events = POLLIN};
    char frame[4096];
    int fd;

    poll(&waiting, 1, -1);
    fd = accept(listener, NULL, NULL);
    (void)!read(fd, frame, sizeof frame);
    message.heartbeat.logical_system = wire_str_of("linqu");
    message.heartbeat.answer = 1;
    answer(fd, &message);
    return fd;
}

static void reply(int fd, bool done, int exit_code, const char *text)
{
    struct message message = {.type = MSG_CTL_REPLY};

    message.ctl_reply.done = done;
    message.ctl_reply.exit_code = (uint32_t)exit_code;
    message.ctl_reply.text = wire_str_of(text);
    answer(fd, &message);
}

static pid_t serve(void (*server)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        server();
        _exit(0);
    }
    return pid;
}

static void server_that_is_well(void)
{
    char frame[4096];
    int fd = greeted();

    (void)!read(fd, frame, sizeof frame);
    reply(fd, false, 0, "half done\n");
    reply(fd, false, 0, "nearly done\n");
    reply(fd, true, 1, "{\"result\": \"fail\"}");
    pause();
}

static void server_that_says_nothing(void)
{
    pause();
}

static void server_that_never_answers(void)
{
    char frame[4096];
    int fd = greeted();

    (void)!read(fd, frame, sizeof frame);
    pause();
}

static void server_that_closes(void)
{
    char frame[4096];
    int fd = greeted();

    (void)!read(fd, frame, sizeof frame);
    reply(fd, false, 0, "half done\n");
}

static void server_that_talks_nonsense(void)
{
    char frame[4096];
    int fd = greeted();

    (void)!read(fd, frame, sizeof frame);
    (void)!write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    pause();
}

static void server_whose_answer_is_no_json(void)
{
    char frame[4096];
    int fd = greeted();

    (void)!read(fd, frame, sizeof frame);
    reply(fd, true, 9, "oops");
    pause();
}

/* --- this side -------------------------------------------------------------------------------- */

static char progress_seen[256];

static void progress_keep(const char *text, size_t size)
{
    strncat(progress_seen, text, size);
}

static int ask(uint64_t timeout_ms, struct ctl_answer *result, bool *timed_out)
{
    struct ctl_client *client = ctl_client_open(&view, 5000, &err);
    json_t *nothing = json_object();
    int asked;

    ck_assert_msg(client != NULL, "%s", err.text);
    asked =
        ctl_client_ask(client, "exec", nothing, timeout_ms, progress_keep, result, timed_out, &err);
    json_decref(nothing);
    ctl_client_close(client);
    return asked;
}

START_TEST(replies_come_until_the_last)
{
    struct ctl_answer result = {0};
    bool timed_out;
    pid_t server;

    door_open();
    server = serve(server_that_is_well);
    ck_assert_msg(ask(0, &result, &timed_out) == 0, "%s", err.text);
    ck_assert_int_eq(result.exit_code, 1);
    ck_assert_str_eq(progress_seen, "half done\nnearly done\n");
    ck_assert_str_eq(json_string_value(json_object_get(result.object, "result")), "fail");
    json_decref(result.object);
    door_close(server);
}
END_TEST

START_TEST(a_launcher_that_says_nothing_is_not_waited_for)
{
    pid_t server;

    door_open();
    server = serve(server_that_says_nothing);
    ck_assert_ptr_null(ctl_client_open(&view, 50, &err));
    ck_assert_msg(strstr(err.text, "does not answer") != NULL, "%s", err.text);
    door_close(server);
}
END_TEST

START_TEST(time_over_is_told_from_a_closed_connection)
{
    struct ctl_answer result = {0};
    bool timed_out;
    pid_t server;

    door_open();
    server = serve(server_that_never_answers);
    ck_assert_int_eq(ask(50, &result, &timed_out), -1);
    ck_assert(timed_out);
    door_close(server);
    door_open();
    server = serve(server_that_closes);
    ck_assert_int_eq(ask(5000, &result, &timed_out), -1);
    ck_assert(!timed_out);
    ck_assert_msg(strstr(err.text, "closed the connection") != NULL, "%s", err.text);
    door_close(server);
}
END_TEST

START_TEST(what_is_no_frame_ends_the_conversation)
{
    struct ctl_answer result = {0};
    bool timed_out;
    pid_t server;

    door_open();
    server = serve(server_that_talks_nonsense);
    ck_assert_int_eq(ask(5000, &result, &timed_out), -1);
    ck_assert_msg(strstr(err.text, "no frame") != NULL, "%s", err.text);
    door_close(server);
    door_open();
    server = serve(server_whose_answer_is_no_json);
    ck_assert_int_eq(ask(5000, &result, &timed_out), 0);
    ck_assert_int_eq(result.exit_code, 9);
    ck_assert_ptr_null(result.object);
    door_close(server);
}
END_TEST

START_TEST(without_a_door_there_is_a_sentence)
{
    door_open();
    ck_assert_int_eq(unlinkat(view.dir.fd, "ctl.sock", 0), 0);
    ck_assert_ptr_null(ctl_client_open(&view, 50, &err));
    ck_assert_msg(strstr(err.text, "run r") != NULL, "%s", err.text);
    door_close(0);
}
END_TEST

SUITE_MAIN("ctl_client", replies_come_until_the_last,
           a_launcher_that_says_nothing_is_not_waited_for,
           time_over_is_told_from_a_closed_connection, what_is_no_frame_ends_the_conversation,
           without_a_door_there_is_a_sentence)
