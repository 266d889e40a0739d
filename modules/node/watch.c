/* Watching the children. Dead is who was reaped; silence only makes slow, and a watcher that is
 * late itself judges nobody. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "model/beat.h"
#include "node/runtime.h"

static uint64_t interval_ns(const struct node *node)
{
    return node->config.beat_interval_ms * 1000000;
}

/* The first look comes at a moment that depends on the rank, so that the beats of a tree do not
 * come in one burst. */
void watch_begin(struct node *node)
{
    uint64_t spread = interval_ns(node) / node->topology->node_count * node->config.rank;

    node->beat_due_ns = node->now_ns + interval_ns(node) - spread / 2;
}

static void say_slow(struct node *node, uint32_t number, uint64_t silent_ns)
{
    char cause[96];

    node->counters.children_slow++;
    snprintf(cause, sizeof cause, "no sign of life for %llu ms",
             (unsigned long long)(silent_ns / 1000000));
    want_log(node, LOG_WARN, "member", NULL, "child %s is slow: %s", child_path(node, number),
             cause);
    members_tell(node, child_rank(node, number), MEMBER_SLOW,
                 ++node->children[number - PEER_FIRST_CHILD].generation, cause);
}

static void say_well(struct node *node, uint32_t number)
{
    node->counters.children_slow--;
    want_log(node, LOG_INFO, "member", NULL, "child %s is well again", child_path(node, number));
    members_tell(node, child_rank(node, number), MEMBER_LIVE,
                 ++node->children[number - PEER_FIRST_CHILD].generation, "");
}

static bool computes(const struct child_work *work, uint32_t number)
{
    return work && work[number - PEER_FIRST_CHILD].started_ns != 0;
}

/* A node that computes answers nobody; that is not slow, it is at work, and --task-timeout is its
 * limit. */
static void judge(struct node *node, uint32_t number, uint64_t beat_ns, bool at_work)
{
    struct child *child = &node->children[number - PEER_FIRST_CHILD];
    uint64_t silent_ns = node->now_ns > beat_ns ? node->now_ns - beat_ns : 0;
    bool slow = !at_work && beat_is_slow(silent_ns, node->config.beat_interval_ms);

    if (child->state != CHILD_READY || slow == child->slow)
        return;
    child->slow = slow;
    if (slow)
        say_slow(node, number, silent_ns);
    else
        say_well(node, number);
}

/* When the first child that is behind would have to be called slow; it is looked at again just
 * then. One that computes is behind for as long as it likes. */
static uint64_t next_judgement(const struct node *node, const struct event *event)
{
    const uint64_t *beats_ns = event->beats_ns;
    uint64_t next = node->now_ns + interval_ns(node);
    uint64_t slow_ns = beat_slow_after_ns(node->config.beat_interval_ms);

    for (uint32_t i = 0; i < node->child_count; i++) {
        const struct child *child = &node->children[i];
        bool behind = node->now_ns > beats_ns[i] + interval_ns(node) &&
                      !computes(event->work, PEER_FIRST_CHILD + i);

        if (child->state == CHILD_READY && !child->slow && behind && beats_ns[i] + slow_ns < next)
            next = beats_ns[i] + slow_ns + 1;
    }
    return next > node->now_ns ? next : node->now_ns + 1;
}

static void judge_all(struct node *node, const struct event *event)
{
    for (uint32_t number = PEER_FIRST_CHILD; number <= node->child_count; number++) {
        judge(node, number, event->beats_ns[number - PEER_FIRST_CHILD],
              computes(event->work, number));
        if (event->work && event->work[number - PEER_FIRST_CHILD].open)
            watch_work_soon(node);
    }
}

void watch_beats(struct node *node, const struct event *event)
{
    uint64_t late_ns = node->now_ns - node->beat_due_ns;

    if (late_ns > interval_ns(node) / 4) { // we were not run: neither, perhaps, were they
        node->beat_due_ns = node->now_ns + interval_ns(node) / 4;
        return;
    }
    judge_all(node, event);
    node->beat_due_ns = next_judgement(node, event);
}

/* --- what the children compute ---------------------------------------------------------------- */

enum { LOOK_NS_LEAST = 50 * 1000 * 1000, LOOK_NS_MOST = 1000 * 1000 * 1000, LOOKS_IN_VAIN = 8 };

/* An eighth of the limit is how late an end may come. */
static uint64_t look_ns(const struct node *node)
{
    uint64_t ns = node->config.task_timeout_ms * 1000000 / 8;

    if (ns < LOOK_NS_LEAST)
        return LOOK_NS_LEAST;
    return ns < LOOK_NS_MOST ? ns : LOOK_NS_MOST;
}

void watch_work_soon(struct node *node)
{
    node->work_idle = 0;
    if (node->config.task_timeout_ms && node->work_due_ns == UINT64_MAX)
        node->work_due_ns = node->now_ns + look_ns(node);
}

static void end_late_child(struct node *node, uint32_t number, const struct child_work *work)
{
    struct child *child = &node->children[number - PEER_FIRST_CHILD];

    if (child->state == CHILD_GONE || child->cause[0])
        return;
    snprintf(child->cause, sizeof child->cause,
             "its kernel %s computed longer than --task-timeout %g s", work->kernel,
             (double)work->limit_ms / 1000);
    want_log(node, LOG_ERROR, "life", NULL, "child %s: %s; sending SIGKILL",
             child_path(node, number), child->cause);
    want_kill(node, number, SIGKILL);
}

/* Looks go on as long as a child has a task that has not ended; the next beat, or the next task,
 * begins them again. */
void watch_work(struct node *node, const struct child_work *work)
{
    bool open = false;

    for (uint32_t i = 0; work && i < node->child_count; i++) {
        open |= work[i].open;
        if (work[i].started_ns && work[i].limit_ms &&
            node->now_ns > work[i].started_ns + work[i].limit_ms * 1000000)
            end_late_child(node, PEER_FIRST_CHILD + i, &work[i]);
    }
    node->work_idle = open ? 0 : node->work_idle + 1;
    node->work_due_ns = node->work_idle > LOOKS_IN_VAIN ? UINT64_MAX : node->now_ns + look_ns(node);
}

void watch_end_child(struct node *node, uint32_t number, const char *fault)
{
    struct child *child = &node->children[number - PEER_FIRST_CHILD];

    if (child->state == CHILD_GONE)
        return;
    snprintf(child->cause, sizeof child->cause, "it broke the rules of its edge (%s)", fault);
    want_kill(node, number, SIGKILL);
}

static const char *signal_text(int signal)
{
    const char *text = sigdescr_np(signal);

    return text ? text : "a signal without a name";
}

static void describe_end(const struct child *child, const struct event *event, char *out,
                         size_t size)
{
    int status = event->wait_status;
    int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    char during[64] = "";

    if (event->work && event->work->started_ns)
        snprintf(during, sizeof during, " in its kernel %s", event->work->kernel);
    if (child->cause[0])
        snprintf(out, size, "ended by its parent: %s", child->cause);
    else if (signal)
        snprintf(out, size, "killed by signal %d (%s)%s%s", signal, signal_text(signal), during,
                 signal == SIGKILL || signal == SIGTERM ? "" : "; see stderr.log of the run");
    else
        snprintf(out, size, "exited with status %d%s", WEXITSTATUS(status), during);
}

/* At work: a leave in order, or a death that everybody hears of. */
static void obituary(struct node *node, uint32_t number, bool left, const char *cause)
{
    struct child *child = &node->children[number - PEER_FIRST_CHILD];
    uint32_t rank = child_rank(node, number);

    if (left)
        want_log(node, LOG_INFO, "member", NULL, "child %s has left in order",
                 child_path(node, number));
    else
        want_log(node, LOG_ERROR, "member", NULL, "child %s died: %s", child_path(node, number),
                 cause);
    members_tell(node, rank, left ? MEMBER_LEFT : MEMBER_DEAD, ++child->generation, cause);
}

static void forget_child(struct node *node, struct child *child)
{
    if (child->state == CHILD_STARTING)
        node->children_starting--;
    if (child->slow) {
        child->slow = false;
        node->counters.children_slow--;
    }
    child->state = CHILD_GONE;
    node->children_left--;
}

void on_child_gone(struct node *node, const struct event *event)
{
    uint32_t number = event->peer;
    struct child *child = &node->children[number - PEER_FIRST_CHILD];
    bool left = WIFEXITED(event->wait_status) && WEXITSTATUS(event->wait_status) == 0 &&
                !event->unasked && !child->cause[0];
    char cause[LIMIT_CAUSE];

    if (child->state == CHILD_GONE)
        return;
    describe_end(child, event, cause, sizeof cause);
    forget_child(node, child);
    serve_end(node, number);
    if (!left)
        node->counters.children_dead++;
    if (node->life == NODE_STARTING) // also when it was ready: the tree is not
        start_fail(node, child_rank(node, number), cause);
    else if (node->life == NODE_READY || node->finishing || (node->life == NODE_DRAINING && !left))
        obituary(node, number, left, cause);
    gather_child_gone(node, number);
    stop_check(node);
}
