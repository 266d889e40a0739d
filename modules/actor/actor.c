#include "actor/actor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "actor/actor_internal.h"
#include "actor/inject.h"
#include "base/exit_code.h"
#include "base/memory.h"
#include "rundir/clock.h"
#include "super/near_stack.h"
#include "transport/ring_link.h"

static void tell_one(struct actor *actor, struct event event)
{
    event.now_ns = monotonic_clock_ns();
    event.wall_ns = wall_clock_ns();
    actor_apply(actor, node_step(actor->node, &event));
}

static void tell_file_results(struct actor *actor)
{
    while (actor->file_results > 0) {
        char error[LIMIT_CAUSE];

        memcpy(error, actor->file_error, sizeof error);
        actor->file_error[0] = '\0';
        actor->file_results--;
        tell_one(actor,
                 (struct event){.type = EVENT_FILE_WRITTEN, .text = error[0] ? error : NULL});
    }
}

void actor_tell(struct actor *actor, struct event event)
{
    tell_one(actor, event);
    tell_file_results(actor);
    contacts_tell(actor);
}

void actor_tell_frame(struct actor *actor, uint32_t peer, const struct frame_pieces *frame)
{
    actor_tell(actor, (struct event){.type = EVENT_FRAME,
                                     .peer = peer,
                                     .frame = frame->head,
                                     .size = frame->head_size,
                                     .tail = frame->tail,
                                     .tail_size = frame->tail_size});
}

static void edge_landed(void *owner, struct link *link, const struct frame_pieces *frame)
{
    struct edge *edge = owner;

    (void)link;
    inject_at_frame(edge->actor);
    actor_tell_frame(edge->actor, edge->peer, frame);
}

static void edge_frame(void *owner, struct link *link, const uint8_t *frame, size_t size)
{
    edge_landed(owner, link, &(struct frame_pieces){.head = frame, .head_size = size});
}

static void edge_room(void *owner, struct link *link)
{
    struct edge *edge = owner;

    (void)link;
    actor_tell(edge->actor, (struct event){.type = EVENT_ROOM, .peer = edge->peer});
}

static void edge_closed(void *owner, struct link *link, enum frame_fault fault)
{
    struct edge *edge = owner;

    (void)link;
    actor_tell(edge->actor,
               (struct event){.type = EVENT_LINK_CLOSED, .peer = edge->peer, .fault = fault});
}

static bool edge_landing(void *owner, const uint8_t *head, struct landing *landing)
{
    const struct edge *edge = owner;

    return node_landing(edge->actor->node, edge->peer, head, landing);
}

static const struct link_owner edge_owner = {.frame = edge_frame,
                                             .landing = edge_landing,
                                             .landed = edge_landed,
                                             .room = edge_room,
                                             .closed = edge_closed};

/* The frames that a child sent before it ended are its last words: they come before the word of its
 * end. */
static void child_gone(struct edge *edge, int wait_status)
{
    struct actor *actor = edge->actor;
    uint32_t rank = actor->brood.count ? edge->peer - PEER_FIRST_CHILD : 0;
    struct state_record *record;
    struct child_work work;
    uint32_t count;

    if (edge->link)
        link_orphaned(edge->link);
    while (edge->link && link_read(edge->link))
        ;
    rank += topology_children(actor->run->topology, actor->self.rank, &count);
    record = &actor->run->state.records[rank];
    atomic_store_explicit(&record->exit_status, wait_status, memory_order_relaxed);
    work = child_work_of(record);
    actor_tell(actor, (struct event){.type = EVENT_CHILD_GONE,
                                     .peer = edge->peer,
                                     .wait_status = wait_status,
                                     .unasked = atomic_load(&record->life) != NODE_STOPPED,
                                     .work = &work});
    if (edge->link)
        actor_keep_counters(actor, edge->link);
    link_destroy(edge->link);
    edge->link = NULL;
}

static void child_readable(evutil_socket_t fd, short what, void *arg)
{
    struct edge *edge = arg;
    int wait_status;

    (void)fd;
    (void)what;
    event_del(edge->gone);
    if (brood_reap(&edge->actor->brood, edge->peer - PEER_FIRST_CHILD, &wait_status))
        child_gone(edge, wait_status);
}

static void parent_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    actor_tell(arg, (struct event){.type = EVENT_PARENT_GONE});
}

static void signal_readable(evutil_socket_t fd, short what, void *arg)
{
    struct signalfd_siginfo info;

    (void)what;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGTERM)
            actor_tell(arg, (struct event){.type = EVENT_TERMINATE});
}

/* The bell is edge-triggered: a ring wakes the loop once and its counter is never read. */
static void bell_rung(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static void timer_due(evutil_socket_t fd, short what, void *arg)
{
    struct actor *actor = arg;
    uint32_t count;
    uint32_t first = topology_children(actor->run->topology, actor->self.rank, &count);

    (void)fd;
    (void)what;
    actor->armed_ns = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const struct state_record *record = &actor->run->state.records[first + i];

        actor->beats_ns[i] = atomic_load_explicit(&record->beat_ns, memory_order_relaxed);
        actor->works[i] = child_work_of(record);
    }
    if (monotonic_clock_ns() >= node_deadline(actor->node))
        actor_tell(actor, (struct event){.type = EVENT_TIMEOUT,
                                         .beats_ns = actor->beats_ns,
                                         .work = actor->works});
}

static void arm_timer(struct actor *actor)
{
    uint64_t due_ns = node_deadline(actor->node);
    uint64_t now_ns = monotonic_clock_ns();
    uint64_t wait_us;
    struct timeval wait;

    if (due_ns == actor->armed_ns)
        return;
    actor->armed_ns = due_ns;
    if (due_ns == UINT64_MAX) {
        event_del(actor->timer);
        return;
    }
    wait_us = due_ns > now_ns ? (due_ns - now_ns + 999) / 1000 : 0;
    wait.tv_sec = (time_t)(wait_us / 1000000);
    wait.tv_usec = (suseconds_t)(wait_us % 1000000);
    event_add(actor->timer, &wait);
}

static int listen_to(struct actor *actor, struct event **event, int fd, short what,
                     event_callback_fn callback, void *arg, struct error *err)
{
    *event = event_new(actor->base, fd, what, callback, arg);
    if (!*event || event_add(*event, NULL) < 0)
        return error_set(err, "cannot watch a descriptor: %s", strerror(errno));
    return 0;
}

static int listen_to_children(struct actor *actor, struct error *err)
{
    for (uint32_t peer = PEER_FIRST_CHILD; peer < actor->edge_count; peer++) {
        struct edge *edge = &actor->edges[peer];
        const struct brood_child *child = brood_child(&actor->brood, peer - PEER_FIRST_CHILD);

        if (child && child->pid_fd >= 0 &&
            listen_to(actor, &edge->gone, child->pid_fd, EV_READ, child_readable, edge, err) < 0)
            return -1;
    }
    return 0;
}

static int listen_to_parent(struct actor *actor, struct error *err)
{
    struct event *gone;

    actor->parent_pid_fd = pidfd_open(actor->self.parent_pid, 0);
    if (actor->parent_pid_fd < 0)
        return error_set(err, "cannot watch the parent: %s", strerror(errno));
    return listen_to(actor, &gone, actor->parent_pid_fd, EV_READ, parent_readable, actor, err);
}

static int listen_to_signals(struct actor *actor, struct error *err)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    actor->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (actor->signal_fd < 0)
        return error_set(err, "cannot take signals: %s", strerror(errno));
    return listen_to(actor, &actor->signals, actor->signal_fd, EV_READ | EV_PERSIST,
                     signal_readable, actor, err);
}

static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base;

    if (!config)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static int open_loop(struct actor *actor, struct error *err)
{
    actor->base = make_base();
    actor->armed_ns = UINT64_MAX;
    if (actor->base)
        actor->timer = evtimer_new(actor->base, timer_due, actor);
    if (!actor->timer)
        return error_set(err, "cannot make an event loop: %s", strerror(errno));
    if (listen_to(actor, &actor->bell, KEEP_BELL, EV_READ | EV_PERSIST | EV_ET, bell_rung, actor,
                  err) < 0)
        return -1;
    if (listen_to_parent(actor, err) < 0 || listen_to_signals(actor, err) < 0)
        return -1;
    return listen_to_children(actor, err);
}

static void open_edge(struct actor *actor, uint32_t peer, void *memory, enum ring_side side,
                      int bell_fd)
{
    struct edge *edge = &actor->edges[peer];

    *edge = (struct edge){.actor = actor, .peer = peer};
    if (memory && bell_fd >= 0)
        edge->link = ring_link_create(memory, side, bell_fd, &edge_owner, edge);
}

/* Of all that the topology says, whether they were forked or not. */
static void open_edges(struct actor *actor)
{
    uint32_t count;

    topology_children(actor->run->topology, actor->self.rank, &count);
    actor->edge_count = 1 + count;
    actor->edges = memory_new(actor->edge_count, sizeof *actor->edges);
    actor->beats_ns = memory_new(count, sizeof *actor->beats_ns);
    actor->works = memory_new(count, sizeof *actor->works);
    open_edge(actor, PEER_PARENT, actor->self.edge, RING_CHILD, KEEP_PARENT_BELL);
    for (uint32_t i = 0; i < count; i++) {
        const struct brood_child *child = brood_child(&actor->brood, i);

        open_edge(actor, PEER_FIRST_CHILD + i, child ? child->edge : NULL, RING_PARENT,
                  child ? child->bell_fd : -1);
    }
}

/* What is left of the descriptors when the node, its children and its own contacts have theirs. */
static uint32_t visitors_most(const struct actor *actor)
{
    enum { OWN = 64, A_CHILD = 3, CONTACTS = 64, LEAST = 32, MOST = 4096 };
    struct rlimit limit = {.rlim_cur = 1024};
    rlim_t taken = OWN + CONTACTS + A_CHILD * (rlim_t)actor->brood.count;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < taken + LEAST)
        return LEAST;
    return limit.rlim_cur - taken < MOST ? (uint32_t)(limit.rlim_cur - taken) : MOST;
}

static void make_node(struct actor *actor)
{
    const struct node_port port = kernel_port(actor);
    const struct node_config config = {
        .topology = actor->run->topology,
        .rank = actor->self.rank,
        .logical_system = actor->run->logical_system,
        .physical_system = actor->run->physical_system,
        .run_path = actor->run->run_path,
        .pid = getpid(),
        .beat_interval_ms = actor->run->beat_interval_ms,
        .task_timeout_ms = actor->run->task_timeout_ms,
        .stop_ms = actor->run->stop_ms,
        .visitors_most = visitors_most(actor),
        .port = &port,
    };

    actor->node = node_create(&config);
}

/* Fork the children. In a child this does not return: it is its own actor. */
static int fork_children(struct actor *actor, struct error *err)
{
    uint32_t count;
    const struct brood_gift gift = {
        .run = actor->run,
        .parent = &actor->self,
        .first_rank = topology_children(actor->run->topology, actor->self.rank, &count),
        .bell_fd = KEEP_BELL,
        .dir_fd = actor->dir.fd,
        .run_dir_fd = KEEP_RUN_DIR,
        .traces_fd = KEEP_TRACES,
    };
    struct inherit child;
    int side = brood_fork(&actor->brood, count, &gift, &child, err);

    if (side == BROOD_CHILD)
        actor_run(&child);
    return side;
}

static struct record_range children_of(const struct actor *actor)
{
    struct record_range range;

    range.first = topology_children(actor->run->topology, actor->self.rank, &range.count);
    return range;
}

/* Of state.map a node looks at its own record, its siblings' and its children's. */
static void keep_records(const struct actor *actor)
{
    state_map_keep(&actor->run->state, siblings_of(actor->run->topology, actor->self.rank),
                   children_of(actor));
}

/* Fork the children. Those who have children themselves need the records of all below them; leaves
 * need no more than their parent keeps, so they have nothing to do about it. */
static int fork_with_records(struct actor *actor, struct error *err)
{
    const struct topology *topology = actor->run->topology;
    struct record_range children = children_of(actor);
    int forked;

    if (children.count == 0)
        return fork_children(actor, err);
    if (topology_level_of_rank(topology, children.first) == topology->leaf) {
        keep_records(actor);
        state_map_withhold(&actor->run->state, children);
        return fork_children(actor, err);
    }
    forked = fork_children(actor, err);
    keep_records(actor);
    return forked;
}

/* Directory, children, loop, log and socket, in the order that keeps a child free of what is ours.
 */
static int start(struct actor *actor, struct error *err)
{
    char log_name[64];
    int forked;

    if (node_dir_make(&actor->dir, actor->run->topology, actor->self.rank, KEEP_PARENT_DIR, err) <
        0)
        return -1;
    forked = fork_with_records(actor, err);
    open_edges(actor);
    make_node(actor);
    if (forked < 0 || open_loop(actor, err) < 0)
        return -1;
    node_dir_log_name(actor->run->topology, actor->self.rank, log_name, sizeof log_name);
    if (log_file_open(&actor->log, actor->dir.logs_fd, log_name, actor->path, actor->run->log_level,
                      err) < 0)
        return -1;
    return named_open(actor, err);
}

/* What start() did not get to is made up for, so that the failure can be told. Who cannot even have
 * a loop leaves at once. */
static void start_failed(struct actor *actor, const char *cause)
{
    struct error ignored;

    if (!actor->edges)
        open_edges(actor);
    if (!actor->node)
        make_node(actor);
    if (!actor->base)
        open_loop(actor, &ignored);
    actor_tell(actor, (struct event){.type = EVENT_START_FAILED, .text = cause});
    for (uint32_t peer = PEER_FIRST_CHILD; peer < actor->edge_count; peer++) {
        const struct brood_child *child = brood_child(&actor->brood, peer - PEER_FIRST_CHILD);

        if (!child || child->pid == 0)
            actor_tell(actor, (struct event){.type = EVENT_CHILD_GONE,
                                             .peer = peer,
                                             .wait_status = EXIT_START << 8});
    }
    if (actor->timer)
        return;
    actor->leaving = true;
    actor->exit_status = EXIT_START;
}

static bool read_edges(struct actor *actor)
{
    bool more = false;

    for (uint32_t i = 0; i < actor->edge_count; i++)
        if (actor->edges[i].link)
            more |= link_read(actor->edges[i].link);
    return more;
}

static void flush_links(struct actor *actor)
{
    for (uint32_t i = 0; i < actor->edge_count; i++)
        if (actor->edges[i].link)
            link_flush(actor->edges[i].link);
    guests_flush(actor);
}

/* Say on every edge that we sleep. True when nothing came in before all had been told. */
static bool may_sleep(struct actor *actor)
{
    for (uint32_t i = 0; i < actor->edge_count; i++)
        if (actor->edges[i].link && link_sleep(actor->edges[i].link))
            return false;
    return true;
}

/* When all that was said is sent. What runs may take long: the loop is looked at after each time.
 */
static bool run_kernels(struct actor *actor)
{
    if (actor->leaving || !node_wants_run(actor->node))
        return false;
    record_publish(actor); // the parent sees that there is a task before it waits for one
    actor_tell(actor, (struct event){.type = EVENT_RUN});
    flush_links(actor);
    return true;
}

static void serve(struct actor *actor)
{
    enum { BUSY_TURNS = 16 };
    unsigned busy = 0;

    while (!actor->leaving) {
        bool more = read_edges(actor);

        flush_links(actor);
        if (run_kernels(actor)) {
            more |= node_wants_run(actor->node);
            busy = BUSY_TURNS;
        }
        guests_end(actor);
        if (actor->leaving)
            break;
        if (more && ++busy < BUSY_TURNS)
            continue;
        busy = 0;
        record_publish(actor);
        arm_timer(actor);
        event_base_loop(actor->base,
                        EVLOOP_ONCE | (more || !may_sleep(actor) ? EVLOOP_NONBLOCK : 0));
    }
}

/* The last words to the parent may be more than its ring takes at once. */
static void flush_last_words(struct actor *actor)
{
    enum { TRIES = 50, WAIT_MS = 10 };
    struct link *up = actor->edges[PEER_PARENT].link;

    flush_links(actor);
    for (int tries = 0; up && !up->closed && link_queued(up) > 0 && tries < TRIES; tries++) {
        struct pollfd bell = {.fd = KEEP_BELL, .events = POLLIN};
        eventfd_t count;

        if (poll(&bell, 1, WAIT_MS) > 0)
            eventfd_read(KEEP_BELL, &count);
        link_flush(up);
    }
}

static _Noreturn void leave(struct actor *actor)
{
    lines_write(actor);
    named_close(actor);
    flush_last_words(actor);
    record_publish(actor);
    log_file_close(&actor->log);
    _exit(actor->exit_status);
}

/* What this process was given: not on the stack, which is left behind. */
static struct inherit given;

static void live(void)
{
    const struct inherit *self = &given;
    struct actor *actor = memory_new(1, sizeof *actor);
    struct error err;

    actor->self = *self;
    actor->run = self->run;
    actor->record = &self->run->state.records[self->rank];
    actor->door_fd = actor->parent_pid_fd = actor->signal_fd = -1;
    actor->log.fd = -1;
    actor->log.level = LOG_INFO;
    actor->dir.fd = actor->dir.logs_fd = -1;
    topology_path(actor->run->topology, self->rank, actor->path, sizeof actor->path);
    actor->log.node = actor->path;
    record_begin(actor);
    inject_at_start(actor);
    if (start(actor, &err) < 0)
        start_failed(actor, err.text);
    else
        actor_tell(actor, (struct event){.type = EVENT_START});
    serve(actor);
    leave(actor);
}

_Noreturn void actor_run(const struct inherit *self)
{
    given = *self;
    near_stack_enter(live);
}
