/* A run that works and does not go on is explained on the terminal: who waits for whom. It is not
 * ended: only a proven deadlock is a failure. */

#include <stdlib.h>
#include <string.h>

#include "launch/launcher.h"
#include "report/why.h"

enum { LOOK_EVERY_NS = 1000000000 };

/* Without a task anywhere it is the launcher that waits. */
static void explain(const struct launcher *launcher, uint64_t now_ns, struct buffer *out)
{
    const struct topology *topology = launcher->options->topology;

    why_chain(&launcher->inherit.state, topology, now_ns, out);
    if (out->size)
        return;
    if (launcher->gathering)
        buffer_printf(out, "the launcher waits %.1f s for round %llu of all nodes\n",
                      (double)(now_ns - launcher->gather_started_ns) / 1e9,
                      (unsigned long long)launcher->round);
    else
        buffer_printf(out, "no node has a task, and no round of all nodes is on its way\n");
    why_silent(&launcher->inherit.state, topology, now_ns, out);
    buffer_printf(out, "linqu shutdown %s ends the run\n", launcher->dir.name);
}

static void tell(struct launcher *launcher, uint64_t now_ns)
{
    struct buffer chain = {0};
    char *line, *rest;

    explain(launcher, now_ns, &chain);
    buffer_append(&chain, "", 1);
    say(launcher, "nothing has gone on for %llu s:",
        (unsigned long long)((now_ns - launcher->stall.since_ns) / 1000000000));
    for (line = strtok_r((char *)chain.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        say(launcher, "  %s", line);
    events_append(launcher->events_fd, "stalled", NULL, NULL);
    buffer_free(&chain);
}

void stall_tick(struct launcher *launcher)
{
    struct stall *stall = &launcher->stall;
    uint64_t now_ns = monotonic_clock_ns(), progress;

    if (launcher->phase != RUN_WORKING || !launcher->options->stall_after_s) {
        stall->since_ns = now_ns;
        return;
    }
    if (now_ns < stall->looked_ns + LOOK_EVERY_NS)
        return;
    stall->looked_ns = now_ns;
    progress = why_progress(&launcher->inherit.state);
    if (progress != stall->progress || why_computes(&launcher->inherit.state, now_ns)) {
        *stall = (struct stall){.progress = progress, .since_ns = now_ns, .looked_ns = now_ns};
        return;
    }
    if (!stall->told &&
        now_ns - stall->since_ns >= launcher->options->stall_after_s * UINT64_C(1000000000)) {
        stall->told = true;
        tell(launcher, now_ns);
    }
}
