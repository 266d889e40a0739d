/* The launcher's side of the one edge it has: to the top of the tree. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor/actor.h"
#include "base/json_text.h"
#include "launch/kernels.h"
#include "launch/launcher.h"
#include "super/large_text.h"
#include "super/rseq.h"
#include "super/schedule.h"
#include "transport/ring_link.h"
#include "wire/message.h"

static void redirect(int fd, int to)
{
    if (fd < 0)
        return;
    dup2(fd, to);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* The tree has a process group and standard streams of its own: Ctrl-C and a closed pipe are the
 * launcher's alone. */
static _Noreturn void become_tree(struct inherit *self)
{
    setpgid(0, 0);
    schedule_as_one_of(self->run->topology->node_count);
    rseq_leave();
    redirect(open("/dev/null", O_RDONLY), STDIN_FILENO);
    redirect(openat(KEEP_RUN_DIR, "stderr.log", O_WRONLY | O_APPEND | O_NOFOLLOW), STDOUT_FILENO);
    redirect(openat(KEEP_RUN_DIR, "stderr.log", O_WRONLY | O_APPEND | O_NOFOLLOW), STDERR_FILENO);
    actor_run(self);
}

static int make_stderr_log(int run_dir_fd, struct error *err)
{
    int fd = openat(run_dir_fd, "stderr.log", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);

    if (fd < 0)
        return error_set(err, "cannot make stderr.log: %s", strerror(errno));
    close(fd);
    return 0;
}

/* From how many nodes on the code of all lies in a large page: fewer find their page table entries as
 * they left them, and perf knows the code's file. */
enum { LARGE_TEXT_NODES = 256 };

static void prepare_code(const struct launcher *launcher)
{
    if (launcher->options->topology->node_count < LARGE_TEXT_NODES)
        return;
    if (!large_text_take() && launcher->options->verbose)
        say(launcher, "the code stays in small pages, which makes a large tree slower; see "
                      "/sys/kernel/mm/transparent_hugepage/enabled");
    large_text_join_libraries();
}

int tree_fork(struct launcher *launcher, struct error *err)
{
    struct brood_gift gift = {.run = &launcher->inherit,
                              .first_rank = 0,
                              .dir_fd = launcher->dir.fd,
                              .run_dir_fd = launcher->dir.fd,
                              .traces_fd = launcher->traces_fd};
    struct inherit child;
    int side;

    if (make_stderr_log(launcher->dir.fd, err) < 0)
        return -1;
    launcher->bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (launcher->bell_fd < 0)
        return error_set(err, "cannot make a doorbell: %s", strerror(errno));
    gift.bell_fd = launcher->bell_fd;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prepare_code(launcher);
    side = brood_fork(&launcher->brood, 1, &gift, &child, err);
    if (side == BROOD_CHILD)
        become_tree(&child);
    return side;
}

pid_t tree_top(const struct launcher *launcher)
{
    return launcher->brood.count ? launcher->brood.children[0].pid : 0;
}

void tree_send(struct launcher *launcher, uint32_t rank, struct message *message)
{
    if (!launcher->top)
        return;
    message->sender = coord_launcher();
    message->target = topology_coord(launcher->options->topology, rank);
    buffer_clear(&launcher->frame);
    message_pack(&launcher->frame, message);
    link_send(launcher->top, message_queue_of(message->type), launcher->frame.data,
              launcher->frame.size);
}

static void gather(struct launcher *launcher, enum gather_purpose purpose, struct message *message)
{
    message->gather.round = ++launcher->round;
    message->gather.purpose = (uint8_t)purpose;
    launcher->gathering = true;
    launcher->gather_started_ns = monotonic_clock_ns();
    tree_send(launcher, 0, message);
}

void tree_gather(void *arg, enum gather_purpose purpose)
{
    struct message message = {.type = MSG_GATHER};

    gather(arg, purpose, &message);
}

void tree_set_rings(void *arg, const struct ring_capacity *windows)
{
    struct launcher *launcher = arg;
    struct message message = {.type = MSG_GATHER};
    struct wire_ring_window list[LEVEL_COUNT];
    uint32_t count = 0;

    for (uint8_t level = 0; windows && level < LEVEL_COUNT; level++)
        if (windows[level].slots)
            list[count++] =
                (struct wire_ring_window){level, windows[level].slots, windows[level].bytes};
    message.gather.windows.items = list;
    message.gather.windows.count = count;
    gather(launcher, GATHER_WINDOWS, &message);
}

void tree_shutdown(struct launcher *launcher, bool graceful, uint64_t deadline_ms)
{
    struct message message = {.type = MSG_SHUTDOWN};

    message.shutdown.graceful = graceful;
    message.shutdown.deadline_ms = deadline_ms;
    tree_send(launcher, 0, &message);
}

static void on_gathered(struct launcher *launcher, const struct msg_gathered *gathered)
{
    char error[LIMIT_CAUSE];
    struct gather_result result = {
        .missing = gathered->missing,
        .error = wire_str_copy(gathered->error, error, sizeof error),
        .took_ns = monotonic_clock_ns() - launcher->gather_started_ns,
    };

    if (!launcher->gathering || gathered->round != launcher->round)
        return;
    launcher->gathering = false;
    for (uint32_t i = 0; i < gathered->counts.count; i++)
        if (gathered->counts.items[i].level < LEVEL_COUNT)
            result.count[gathered->counts.items[i].level] = gathered->counts.items[i].count;
    work_gathered(launcher, &result);
}

static uint32_t subtree_size(const struct topology *topology, uint32_t rank)
{
    uint32_t sum = 0, count;

    for (int level = 0; level < LEVEL_COUNT; level++) {
        topology_subtree(topology, rank, (enum level)level, &count);
        sum += count;
    }
    return sum;
}

void tree_unlink_sockets(struct launcher *launcher, uint32_t rank)
{
    const struct topology *topology = launcher->options->topology;

    for (int level = LEVEL_COUNT - 1; level >= LEVEL_HOST; level--) {
        uint32_t count, first = topology_subtree(topology, rank, (enum level)level, &count);

        for (uint32_t i = 0; i < count; i++) {
            char dir[LIMIT_PATH], name[32], path[LIMIT_PATH + 40];

            run_dir_node_path(topology, first + i, dir, sizeof dir);
            run_dir_socket_name(topology, first + i, name, sizeof name);
            snprintf(path, sizeof path, "%s/%s", dir, name);
            unlinkat(launcher->dir.fd, path, 0);
        }
    }
}

/* The first cause alone is told: what dies of it afterwards is no news. */
static void start_failed(struct launcher *launcher, const char *path, const char *cause)
{
    if (launcher->failed_at_start)
        return;
    launcher->failed_at_start = true;
    launcher_blame(launcher, EXIT_START, "start failed: %s: %s", path, cause);
    ending_kill(launcher);
}

static void member_dead(struct launcher *launcher, uint32_t rank, const char *path,
                        const char *cause)
{
    uint32_t others = subtree_size(launcher->options->topology, rank) - 1;

    if (launcher->phase == RUN_STARTING)
        start_failed(launcher, path, cause);
    else if (others)
        launcher_blame(launcher, EXIT_NODE, "%s died: %s; %s nodes below it are gone with it", path,
                       cause, with_commas(others));
    else
        launcher_blame(launcher, EXIT_NODE, "%s died: %s", path, cause);
    exec_lost(launcher, rank, cause);
    traces_write(launcher, rank);
    tree_unlink_sockets(launcher, rank);
}

static void member_left(struct launcher *launcher, uint32_t rank, const char *path)
{
    say(launcher, "%s has left in order", path);
    exec_lost(launcher, rank, "it has left in order");
}

static void member_changed(struct launcher *launcher, const struct wire_member *change)
{
    char path[LIMIT_NODE_PATH], cause[LIMIT_CAUSE];
    const char *status = member_status_name((enum member_status)change->status);

    topology_path(launcher->options->topology, change->rank, path, sizeof path);
    wire_str_copy(change->cause, cause, sizeof cause);
    events_append(launcher->events_fd, status, path, "{s:o}", "cause", json_text(cause));
    if (change->status == MEMBER_DEAD)
        member_dead(launcher, change->rank, path, cause);
    else if (change->status == MEMBER_LEFT)
        member_left(launcher, change->rank, path);
    else if (launcher->options->verbose)
        say(launcher, "%s is %s%s%s", path, status, cause[0] ? ": " : "", cause);
}

static void on_members(struct launcher *launcher, const struct msg_members *members)
{
    for (uint32_t i = 0; i < members->changes.count; i++) {
        const struct wire_member *change = &members->changes.items[i];

        if (change->rank < launcher->options->topology->node_count &&
            change->status < MEMBER_STATUS_COUNT &&
            membership_set(launcher->members, change->rank, (enum member_status)change->status,
                           change->generation))
            member_changed(launcher, change);
    }
}

static void on_failed(struct launcher *launcher, const struct msg_failed *failed)
{
    char path[LIMIT_NODE_PATH], cause[LIMIT_CAUSE];

    if (launcher->phase != RUN_STARTING || failed->rank >= launcher->options->topology->node_count)
        return;
    topology_path(launcher->options->topology, failed->rank, path, sizeof path);
    start_failed(launcher, path, wire_str_copy(failed->cause, cause, sizeof cause));
}

static void handle(struct launcher *launcher, const struct message *message)
{
    switch (message->type) {
    case MSG_READY:
        if (launcher->phase == RUN_STARTING)
            work_begin(launcher);
        break;
    case MSG_FAILED:
        on_failed(launcher, &message->failed);
        break;
    case MSG_MEMBERS:
        on_members(launcher, &message->members);
        break;
    case MSG_GATHERED:
        on_gathered(launcher, &message->gathered);
        break;
    case MSG_RESOLVE:
        kernels_on_resolve(launcher, message);
        break;
    case MSG_RETRY_WITH_CODE:
        kernels_on_retry_with_code(launcher, message);
        break;
    case MSG_TASK_COMPLETE:
        exec_on_task_complete(launcher, message);
        break;
    default:
        break; // answers to questions that nobody here asks any more
    }
}

static void top_broken(struct launcher *launcher, enum frame_fault fault)
{
    char path[LIMIT_NODE_PATH];

    topology_path(launcher->options->topology, 0, path, sizeof path);
    launcher_blame(launcher, EXIT_INTERNAL, "%s broke the rules of its edge (%s); ending the run",
                   path, frame_fault_name(fault));
    ending_kill(launcher);
}

static void top_frame(void *owner, struct link *link, const uint8_t *frame, size_t size)
{
    struct launcher *launcher = owner;
    struct message message;
    enum frame_fault fault = message_read(launcher->reader, frame, size, &message);

    (void)link;
    if (fault == FRAME_OK)
        handle(launcher, &message);
    else
        top_broken(launcher, fault);
}

static void top_closed(void *owner, struct link *link, enum frame_fault fault)
{
    (void)link;
    if (fault != FRAME_OK)
        top_broken(owner, fault);
}

static const struct link_owner top_owner = {.frame = top_frame, .closed = top_closed};

void tree_open(struct launcher *launcher)
{
    struct brood_child *top = &launcher->brood.children[0];

    launcher->reader = message_reader_create();
    launcher->top = ring_link_create(top->edge, RING_PARENT, top->bell_fd, &top_owner, launcher);
}

bool tree_read(struct launcher *launcher)
{
    return launcher->top && link_read(launcher->top);
}

bool tree_flush(struct launcher *launcher)
{
    if (!launcher->top)
        return false;
    link_flush(launcher->top);
    return link_sleep(launcher->top);
}

static void describe_end(int wait_status, char *out, size_t size)
{
    if (WIFSIGNALED(wait_status))
        snprintf(out, size, "killed by signal %d (%s)", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    else
        snprintf(out, size, "exited with status %d", WEXITSTATUS(wait_status));
}

static void top_died(struct launcher *launcher, const char *path, const char *cause)
{
    events_append(launcher->events_fd, member_status_name(MEMBER_DEAD), path, "{s:o}", "cause",
                  json_text(cause));
    member_dead(launcher, 0, path, cause);
}

/* In the stop it is what was waited for; any time else the whole run is gone with it. */
static void top_gone(struct launcher *launcher, int wait_status)
{
    char path[LIMIT_NODE_PATH], cause[LIMIT_CAUSE];
    bool in_order = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
    bool asked = launcher->phase == RUN_STOPPING && (in_order || launcher->stop_signal);

    while (launcher->top && link_read(launcher->top))
        ;
    launcher->brood.children[0].pid = 0;
    atomic_store(&launcher->inherit.state.records[0].exit_status, wait_status);
    topology_path(launcher->options->topology, 0, path, sizeof path);
    describe_end(wait_status, cause, sizeof cause);
    if (in_order && launcher->phase > RUN_STARTING && launcher->phase < RUN_STOPPING)
        member_left(launcher, 0, path);
    else if (!asked)
        top_died(launcher, path, cause);
    link_destroy(launcher->top);
    launcher->top = NULL;
    if (launcher->pruner > 0)
        kill(launcher->pruner, SIGKILL);
    ending_without_top(launcher, in_order || asked);
}

void tree_reap(struct launcher *launcher)
{
    int wait_status;
    pid_t pid;

    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
        if (pid == tree_top(launcher))
            top_gone(launcher, wait_status);
        else if (kernels_reaped(launcher, pid, wait_status))
            continue;
        else if (pid == launcher->pruner)
            launcher->pruner = 0;
    if (pid < 0 && errno == ECHILD && tree_top(launcher) == 0)
        launcher->over = true;
}
