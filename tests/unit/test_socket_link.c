// links: body
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link_side.h"
#include "malloc_count.h"
#include "scratch.h"
#include "suite.h"

#include "transport/socket_link.h"

static struct event_base *base;
static struct side left, right;
static int left_fd;
static int raw; // instead of `right`: the bare end of a connection
static uint64_t seed, state;

static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *made;

    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    made = event_base_new_with_config(config);
    event_config_free(config);
    return made;
}

static void pair(int fds[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static struct link *link_over(int fd, struct side *side)
{
    return socket_link_create(base, fd, LIMIT_FRAME_SOCKET, &side_owner, side);
}

static void setup(void)
{
    signal(SIGPIPE, SIG_IGN);
    seed = state = seed_first();
    base = base_new();
    left = right = (struct side){0};
    raw = -1;
}

static void open_both(void)
{
    int fds[2];

    pair(fds);
    left_fd = fds[0];
    left.link = link_over(fds[0], &left);
    right.link = link_over(fds[1], &right);
}

static void open_raw(void)
{
    int fds[2];

    pair(fds);
    left.link = link_over(fds[0], &left);
    raw = fds[1];
}

static void teardown(void)
{
    link_destroy(left.link);
    link_destroy(right.link);
    if (raw >= 0)
        close(raw);
    event_base_free(base);
}

static void flush(const struct side *side)
{
    if (side->link)
        link_flush(side->link);
}

static void loop(int flags)
{
    flush(&left);
    flush(&right);
    event_base_loop(base, EVLOOP_ONCE | flags);
}

static void turn(void)
{
    loop(EVLOOP_NONBLOCK);
}

static size_t random_size(void)
{
    uint32_t bits = 5 + random_below(&state, 16);
    size_t size = NUMBERED_LEAST + random_below(&state, 1u << bits);

    return size < LIMIT_FRAME_SOCKET ? size : LIMIT_FRAME_SOCKET;
}

static void write_raw(const void *bytes, size_t size)
{
    ck_assert_int_eq(write(raw, bytes, size), (ssize_t)size);
}

/* True when the other side has closed the connection: by now, not when its loop comes round. */
static bool raw_ended(void)
{
    char bytes[4096];
    ssize_t size;

    do
        size = read(raw, bytes, sizeof bytes);
    while (size > 0);
    return size == 0 || errno == ECONNRESET;
}

START_TEST(what_goes_in_comes_out_in_order)
{
    open_both();
    left.lands = random_below(&state, 2); // not given up: that loses a frame
    right.lands = random_below(&state, 2);
    for (unsigned step = 0; step < 400; step++) {
        struct side *side = random_below(&state, 2) ? &left : &right;

        send_one(side, random_below(&state, 2), random_size());
        if (random_below(&state, 2))
            link_flush(side->link);
        if (random_below(&state, 4) == 0)
            turn();
    }
    while (!all_arrived(&left, &right) || !all_arrived(&right, &left))
        loop(0);
    ck_assert_msg(!left.wrong && !right.wrong, "wrong frame, SEED=%lu", (unsigned long)seed);
    ck_assert_uint_eq(left.closes + right.closes, 0);
    ck_assert_uint_eq(left.link->counters.frames_out, right.link->counters.frames_in);
    ck_assert_uint_eq(left.link->counters.bytes_out, right.link->counters.bytes_in);
}
END_TEST

/* Frames of which the first comes by itself, so that the link knows what to expect. */
static void begin_to_land(size_t size)
{
    open_raw();
    left.lands = true;
    numbered_frame(frame, QUEUE_DATA, 0, size);
    write_raw(frame, size);
    turn();
    numbered_frame(frame, QUEUE_DATA, 1, size);
    write_raw(frame, size / 2);
    turn();
    ck_assert_uint_eq(left.got[QUEUE_DATA], 1);
}

START_TEST(the_end_of_a_large_frame_lands_where_it_is_wanted)
{
    enum { SIZE = 100000 };

    begin_to_land(SIZE);
    ck_assert_uint_eq(left.landed, 0);
    write_raw(frame + SIZE / 2, SIZE - SIZE / 2);
    turn();
    ck_assert_uint_eq(left.landed, 1);
    for (unsigned i = 2; i < 10; i++) {
        numbered_frame(frame, QUEUE_DATA, i, SIZE);
        write_raw(frame, SIZE);
        turn();
        turn();
        ck_assert_uint_eq(left.landed, i);
    }
    ck_assert(!left.wrong);
    numbered_frame(frame, QUEUE_CONTROL, 0, 100);
    write_raw(frame, 100);
    turn();
    ck_assert_uint_eq(left.got[QUEUE_CONTROL], 1);
}
END_TEST

/* Neither is the frame told of whose place has gone, nor does it harm what follows; also when the
 * same place is wanted by somebody else. */
START_TEST(a_landing_may_be_given_up_in_its_middle)
{
    enum { SIZE = 200000 };

    for (unsigned other = 0; other < 2; other++) {
        left = (struct side){0};
        begin_to_land(SIZE);
        left.lands = other;
        left.ticket = other;
        memset(left.place, 0xee, sizeof left.place);
        write_raw(frame + SIZE / 2, 50000);
        turn();
        left.lands = true;
        left.ticket = 0;
        write_raw(frame + SIZE / 2 + 50000, SIZE / 2 - 50000);
        turn();
        numbered_frame(frame, QUEUE_DATA, 1, 100);
        write_raw(frame, 100);
        turn();
        ck_assert_uint_eq(left.got[QUEUE_DATA], 2);
        ck_assert_uint_eq(left.landed, 0);
        ck_assert(!left.wrong && !left.closes);
        for (size_t i = 0; i < sizeof left.place; i++)
            ck_assert_uint_eq(left.place[i], 0xee);
        link_destroy(left.link);
        left.link = NULL;
        close(raw);
        raw = -1;
    }
}
END_TEST

START_TEST(an_end_while_a_frame_lands_is_a_fault)
{
    begin_to_land(100000);
    close(raw);
    raw = -1;
    turn();
    turn();
    ck_assert_uint_eq(left.closes, 1);
    ck_assert_int_eq(left.fault, FRAME_TRUNCATED);
    ck_assert_uint_eq(left.got[QUEUE_DATA], 1);
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
    open_raw();
    for (unsigned i = 0; i < 20; i++) {
        size_t size = NUMBERED_LEAST + random_below(&state, 100);

        numbered_frame(frame, QUEUE_CONTROL, i, size);
        for (size_t at = 0; at < size; at++) {
            ck_assert_uint_eq(left.got[QUEUE_CONTROL], i);
            write_raw(frame + at, 1);
            turn();
        }
        ck_assert_uint_eq(left.got[QUEUE_CONTROL], i + 1);
    }
    ck_assert(!left.wrong);
}
END_TEST

START_TEST(frames_may_come_many_at_once)
{
    size_t size = 0;

    open_raw();
    for (unsigned i = 0; i < 500; i++) {
        numbered_frame(frame + size, QUEUE_CONTROL, i, NUMBERED_LEAST + i % 50);
        size += NUMBERED_LEAST + i % 50;
    }
    write_raw(frame, size);
    while (left.got[QUEUE_CONTROL] < 500)
        turn();
    ck_assert(!left.wrong);
}
END_TEST

START_TEST(a_bad_frame_closes_the_connection_with_its_fault)
{
    static const struct {
        unsigned at;
        uint8_t value;
        enum frame_fault fault;
    } cases[] = {
        {0, 'X', FRAME_BAD_MAGIC}, {4, 9, FRAME_BAD_VERSION}, {5, 200, FRAME_BAD_TYPE},
        {6, 9, FRAME_BAD_LEVEL},   {8, 1, FRAME_OVERSIZED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        left = (struct side){0};
        open_raw();
        numbered_frame(frame, QUEUE_CONTROL, 0, 64);
        write_raw(frame, 64);
        numbered_frame(frame, QUEUE_CONTROL, 1, 64);
        frame[cases[i].at] = cases[i].value;
        write_raw(frame, 64);
        write_raw(frame, 64); // nobody looks at what follows
        turn();
        ck_assert_uint_eq(left.got[QUEUE_CONTROL], 1);
        ck_assert_uint_eq(left.closes, 1);
        ck_assert_int_eq(left.fault, cases[i].fault);
        ck_assert(raw_ended());
        send_one(&left, QUEUE_DATA, 64); // silently nothing
        link_flush(left.link);
        turn();
        ck_assert_uint_eq(left.closes, 1);
        link_destroy(left.link);
        left.link = NULL;
        close(raw);
        raw = -1;
    }
}
END_TEST

START_TEST(an_end_is_ordinary_between_frames_and_a_fault_within_one)
{
    open_raw();
    numbered_frame(frame, QUEUE_CONTROL, 0, 64);
    write_raw(frame, 64);
    close(raw);
    turn();
    turn();
    ck_assert_uint_eq(left.got[QUEUE_CONTROL], 1);
    ck_assert_uint_eq(left.closes, 1);
    ck_assert_int_eq(left.fault, FRAME_OK);
    link_destroy(left.link);
    left = (struct side){0};
    open_raw();
    write_raw(frame, 63);
    close(raw);
    raw = -1;
    turn();
    turn();
    ck_assert_uint_eq(left.closes, 1);
    ck_assert_int_eq(left.fault, FRAME_TRUNCATED);
}
END_TEST

/* Who answers and leaves is heard, although writing to it fails first. */
START_TEST(the_last_answer_is_read_although_writing_fails)
{
    open_raw();
    numbered_frame(frame, QUEUE_CONTROL, 0, 64);
    write_raw(frame, 64);
    close(raw);
    raw = -1;
    for (unsigned i = 0; i < 10; i++)
        send_one(&left, QUEUE_DATA, 60000);
    for (unsigned i = 0; i < 5; i++)
        turn();
    ck_assert_uint_eq(left.got[QUEUE_CONTROL], 1);
    ck_assert_uint_eq(left.closes, 1);
    ck_assert_uint_eq(link_queued(left.link), 0);
}
END_TEST

/* A header that promises a large frame costs nothing until its bytes come. */
START_TEST(a_promise_costs_no_memory)
{
    open_raw();
    numbered_frame(frame, QUEUE_DATA, 0, LIMIT_FRAME_SOCKET);
    write_raw(frame, 100);
    malloc_count_start();
    turn();
    turn();
    ck_assert_uint_lt(malloc_bytes, 10000);
    ck_assert_uint_eq(left.closes, 0);
}
END_TEST

/* Random bytes, as a stranger sends them: closed, and the memory is what it was. */
START_TEST(random_bytes_leave_nothing_behind)
{
    size_t before = 0;

    for (unsigned round = 0; round < 300; round++) {
        left = (struct side){0};
        open_raw();
        for (unsigned i = 0; i < 1000; i++)
            frame[i] = (uint8_t)random_next(&state);
        write_raw(frame, 1000);
        turn();
        ck_assert_uint_eq(left.closes, 1);
        ck_assert_uint_eq(left.got[0] + left.got[1], 0);
        link_destroy(left.link);
        left.link = NULL;
        close(raw);
        raw = -1;
        turn();
        if (round == 10)
            before = malloc_in_use();
    }
    ck_assert_uint_lt(malloc_in_use(), before + 20000);
}
END_TEST

START_TEST(control_does_not_wait_for_queued_data)
{
    open_both();
    for (unsigned i = 0; i < 20; i++)
        send_one(&left, QUEUE_DATA, LIMIT_FRAME_SOCKET);
    send_one(&left, QUEUE_CONTROL, 100);
    while (!right.got[QUEUE_CONTROL])
        loop(0);
    ck_assert_uint_le(right.got[QUEUE_DATA], 3);
    ck_assert_uint_gt(link_queued(left.link), 10 * LIMIT_FRAME_SOCKET);
}
END_TEST

/* When the output has become short but still holds the end of a large frame, what waits comes
 * first. */
START_TEST(nobody_overtakes_what_is_queued)
{
    int little = 8192, fds[2];

    pair(fds);
    ck_assert_int_eq(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little), 0);
    left.link = link_over(fds[0], &left);
    right.link = link_over(fds[1], &right);
    send_one(&left, QUEUE_DATA, 1000000);
    send_one(&left, QUEUE_DATA, 100);
    while (link_queued(left.link) > 60000)
        turn();
    ck_assert_uint_gt(link_queued(left.link), 200); // neither is out
    send_one(&left, QUEUE_DATA, 100);
    while (!all_arrived(&left, &right))
        turn();
    ck_assert(!right.wrong);
}
END_TEST

START_TEST(room_is_told_once_it_is_there)
{
    open_both();
    send_one(&left, QUEUE_DATA, 100);
    while (!all_arrived(&left, &right))
        turn();
    turn();
    ck_assert_uint_eq(left.rooms, 0); // nobody asked
    for (unsigned i = 0; i < 5; i++)
        send_one(&left, QUEUE_DATA, LIMIT_FRAME_SOCKET);
    link_want_room(left.link, LIMIT_FRAME_SOCKET);
    while (!left.rooms)
        turn();
    ck_assert_uint_eq(link_queued(left.link), 0);
    while (!all_arrived(&left, &right))
        turn();
    turn();
    ck_assert_uint_eq(left.rooms, 1);
}
END_TEST

/* Also on a socket that is little, and while whatever is sent. */
START_TEST(room_comes_once_for_each_question)
{
    static const int sizes[] = {4608, 20000, 65536, 524288};

    for (unsigned round = 0; round < 8; round++) {
        unsigned asked = 0;

        left = right = (struct side){0};
        open_both();
        setsockopt(left_fd, SOL_SOCKET, SO_SNDBUF, &sizes[round % 4], sizeof *sizes);
        right.lands = round & 1;
        for (unsigned step = 0; step < 300; step++) {
            if (asked == left.rooms) {
                link_want_room(left.link, LIMIT_FRAME_SOCKET);
                asked++;
            }
            send_one(&left, random_below(&state, 2), random_size());
            if (random_below(&state, 3))
                turn();
        }
        while (!all_arrived(&left, &right) || left.rooms != asked)
            turn();
        ck_assert(!right.wrong && !left.closes && !right.closes);
        ck_assert_uint_eq(link_queued(left.link), 0);
        link_destroy(left.link);
        link_destroy(right.link);
        left.link = right.link = NULL;
    }
}
END_TEST

/* Who waits for room is not left waiting by a peer that reads no more and stays: what is sent is
 * gone. */
START_TEST(a_socket_that_takes_nothing_has_room)
{
    open_raw();
    shutdown(raw, SHUT_RD);
    send_one(&left, QUEUE_DATA, 256 * 1024);
    link_want_room(left.link, 256 * 1024);
    while (!left.rooms)
        turn();
    ck_assert_uint_eq(link_queued(left.link), 0);
}
END_TEST

/* What is delivered is intact and the stream stays in step, whatever is given up in its middle. */
START_TEST(landings_are_given_up_at_random)
{
    open_both();
    for (unsigned step = 0; step < 2000; step++) {
        if (random_below(&state, 2))
            send_one(&left, QUEUE_DATA, NUMBERED_LEAST + random_below(&state, 300000));
        else
            send_one(&left, QUEUE_CONTROL, NUMBERED_LEAST + random_below(&state, 300));
        right.lands = random_below(&state, 4) != 0;
        right.ticket = random_below(&state, 8) / 7;
        turn();
        right.got[QUEUE_DATA] = 0; // some are lost
    }
    while (left.link->counters.frames_out != right.link->counters.frames_in)
        turn();
    ck_assert_uint_eq(right.got[QUEUE_CONTROL], left.sent[QUEUE_CONTROL]);
    ck_assert_uint_gt(right.landed, 0);
    ck_assert(!right.broken && !right.closes);
    ck_assert_uint_eq(left.link->counters.bytes_out, right.link->counters.bytes_in);
}
END_TEST

/* From any callback, while more is waiting; what is wrong with that shows under ASan. */
START_TEST(a_link_may_be_destroyed_by_whatever_it_tells)
{
    for (int when = IN_FRAME, lands = 0; when <= IN_CLOSED; when += lands, lands = !lands) {
        left = right = (struct side){0};
        open_both();
        (when == IN_ROOM ? &left : &right)->destroy = (enum side_destroys)when;
        right.lands = lands;
        for (unsigned i = 0; i < 5; i++)
            send_one(&left, QUEUE_DATA, 100000);
        if (when == IN_ROOM)
            link_want_room(left.link, 100000);
        if (when == IN_CLOSED) {
            while (!all_arrived(&left, &right))
                turn();
            link_destroy(left.link);
            left.link = NULL;
        }
        while (left.link && right.link && !left.closes)
            turn();
        for (unsigned i = 0; i < 5; i++)
            turn();
        ck_assert(when == IN_ROOM ? !left.link : !right.link);
        link_destroy(left.link);
        link_destroy(right.link);
        left.link = right.link = NULL;
    }
}
END_TEST

/* A listener's descriptor does not wait for the loop to close. */
START_TEST(destroy_closes_the_descriptor_at_once)
{
    open_raw();
    link_destroy(left.link);
    left.link = NULL;
    ck_assert(raw_ended());
}
END_TEST

/* ---- named sockets ---- */

static int dir_fd;

static void setup_directory(void)
{
    setup();
    dir_fd = scratch_open();
    ck_assert_int_ge(dir_fd, 0);
}

static void teardown_directory(void)
{
    scratch_close(dir_fd);
    teardown();
}

static int accept_one(int listen_fd)
{
    unsigned refused = 0;
    int fd = socket_accept(listen_fd, &refused);

    ck_assert_uint_eq(refused, 0);
    return fd;
}

static void check_flags(int fd)
{
    ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
    ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* Connect, send both ways, over a socket in this directory. */
static void check_conversation(void)
{
    struct error err;
    struct stat status;
    bool again;
    int listen_fd = socket_listen(dir_fd, "a.sock", &err), fd;

    ck_assert_msg(listen_fd >= 0, "%s", err.text);
    ck_assert_int_eq(accept_one(listen_fd), -1);
    fd = socket_connect(dir_fd, "a.sock", &again, &err);
    ck_assert_msg(fd >= 0, "%s", err.text);
    check_flags(listen_fd);
    check_flags(fd);
    ck_assert_int_eq(fstatat(dir_fd, "a.sock", &status, AT_SYMLINK_NOFOLLOW), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    left.link = link_over(fd, &left);
    fd = accept_one(listen_fd);
    ck_assert_int_ge(fd, 0);
    check_flags(fd);
    right.link = link_over(fd, &right);
    send_one(&left, QUEUE_CONTROL, 1000);
    send_one(&right, QUEUE_DATA, 300000);
    while (!all_arrived(&left, &right) || !all_arrived(&right, &left))
        loop(0);
    ck_assert(!left.wrong && !right.wrong);
    close(listen_fd);
}

START_TEST(named_sockets_connect)
{
    umask(0); // the mode does not depend on it
    check_conversation();
}
END_TEST

START_TEST(a_long_directory_is_no_obstacle)
{
    char deep[201];
    int top = dir_fd;

    memset(deep, 'd', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    ck_assert_int_eq(mkdirat(top, deep, 0700), 0);
    dir_fd = openat(top, deep, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    check_conversation();
    close(dir_fd);
    dir_fd = top;
}
END_TEST

START_TEST(what_cannot_be_is_said_in_a_sentence)
{
    char name[200];
    struct error err;
    bool again = true;
    int fd = socket_listen(dir_fd, "a.sock", &err);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(socket_listen(dir_fd, "a.sock", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "a.sock"));
    ck_assert_ptr_nonnull(strstr(err.text, strerror(EADDRINUSE)));
    close(fd);
    ck_assert_int_eq(socket_connect(dir_fd, "a.sock", &again, &err), -1); // nobody listens any more
    ck_assert(!again);
    ck_assert_ptr_nonnull(strstr(err.text, strerror(ECONNREFUSED)));
    ck_assert_int_eq(socket_connect(dir_fd, "none.sock", &again, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, strerror(ENOENT)));
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(socket_listen(dir_fd, name, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "199"));
    ck_assert_int_eq(socket_connect(dir_fd, name, &again, &err), -1);
}
END_TEST

/* A connection that its maker has closed still stands in the backlog. */
START_TEST(a_full_backlog_is_not_an_error_but_later)
{
    struct error err;
    bool again = false;
    int listen_fd = socket_listen(dir_fd, "a.sock", &err);
    unsigned made = 0;

    for (; made < 10000; made++) {
        int fd = socket_connect(dir_fd, "a.sock", &again, &err);

        if (fd < 0)
            break;
        close(fd);
    }
    ck_assert(again);
    ck_assert_uint_gt(made, 100);
    close(accept_one(listen_fd));
    ck_assert_int_ge(socket_connect(dir_fd, "a.sock", &again, &err), 0);
    ck_assert(!again);
    close(listen_fd);
}
END_TEST

/* As nobody, connect: exit status 0 when that went well. */
static int connect_as_nobody(void)
{
    struct error err;
    bool again;
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        if (setgid(65534) < 0 || setuid(65534) < 0)
            _exit(9);
        _exit(socket_connect(dir_fd, "a.sock", &again, &err) < 0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

/* A listener of nobody's; returns when it listens. It lives until it is killed. */
static pid_t listen_as_nobody(void)
{
    struct error err;
    int told[2];
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(told), 0);
    pid = fork();
    if (pid == 0) {
        if (setgid(65534) < 0 || setuid(65534) < 0 || socket_listen(dir_fd, "a.sock", &err) < 0 ||
            write(told[1], "x", 1) != 1)
            _exit(9);
        for (;;)
            pause();
    }
    close(told[1]);
    ck_assert_int_eq(read(told[0], &byte, 1), 1);
    close(told[0]);
    return pid;
}

START_TEST(strangers_are_refused_on_both_ends)
{
    struct error err;
    unsigned refused = 0;
    bool again;
    int listen_fd;
    pid_t pid;

    if (geteuid() != 0)
        suite_skip("only root can become another user");
    ck_assert_int_eq(fchmod(dir_fd, 0777), 0);
    listen_fd = socket_listen(dir_fd, "a.sock", &err);
    ck_assert_int_ne(connect_as_nobody(), 0); // mode 0600
    ck_assert_int_eq(fchmodat(dir_fd, "a.sock", 0666, 0), 0);
    ck_assert_int_eq(connect_as_nobody(), 0);
    ck_assert_int_eq(socket_accept(listen_fd, &refused), -1);
    ck_assert_uint_eq(refused, 1);
    ck_assert_int_eq(socket_accept(listen_fd, &refused), -1);
    ck_assert_uint_eq(refused, 1);
    close(listen_fd);
    unlinkat(dir_fd, "a.sock", 0);
    pid = listen_as_nobody();
    ck_assert_int_eq(socket_connect(dir_fd, "a.sock", &again, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "another user"));
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

static TCase *link_tests(void)
{
    TCase *tcase = tcase_create("links");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_goes_in_comes_out_in_order);
    tcase_add_test(tcase, the_end_of_a_large_frame_lands_where_it_is_wanted);
    tcase_add_test(tcase, a_landing_may_be_given_up_in_its_middle);
    tcase_add_test(tcase, an_end_while_a_frame_lands_is_a_fault);
    tcase_add_test(tcase, bytes_may_come_one_by_one);
    tcase_add_test(tcase, frames_may_come_many_at_once);
    tcase_add_test(tcase, a_bad_frame_closes_the_connection_with_its_fault);
    tcase_add_test(tcase, an_end_is_ordinary_between_frames_and_a_fault_within_one);
    tcase_add_test(tcase, the_last_answer_is_read_although_writing_fails);
    tcase_add_test(tcase, a_promise_costs_no_memory);
    tcase_add_test(tcase, random_bytes_leave_nothing_behind);
    tcase_add_test(tcase, control_does_not_wait_for_queued_data);
    tcase_add_test(tcase, nobody_overtakes_what_is_queued);
    tcase_add_test(tcase, room_is_told_once_it_is_there);
    tcase_add_test(tcase, room_comes_once_for_each_question);
    tcase_add_test(tcase, a_socket_that_takes_nothing_has_room);
    tcase_add_test(tcase, landings_are_given_up_at_random);
    tcase_add_test(tcase, a_link_may_be_destroyed_by_whatever_it_tells);
    tcase_add_test(tcase, destroy_closes_the_descriptor_at_once);
    return tcase;
}

static TCase *name_tests(void)
{
    TCase *tcase = tcase_create("names");

    tcase_add_checked_fixture(tcase, setup_directory, teardown_directory);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, named_sockets_connect);
    tcase_add_test(tcase, a_long_directory_is_no_obstacle);
    tcase_add_test(tcase, what_cannot_be_is_said_in_a_sentence);
    tcase_add_test(tcase, a_full_backlog_is_not_an_error_but_later);
    tcase_add_test(tcase, strangers_are_refused_on_both_ends);
    return tcase;
}

int main(void)
{
    TCase *const cases[] = {link_tests(), name_tests()};

    return suite_run_cases("socket_link", cases, 2);
}
