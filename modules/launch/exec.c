#include "launch/exec.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "launch/kernels.h"
#include "launch/launcher.h"
#include "ops/linqu_orchestration_api.h"

static void end(struct launcher *launcher, int exit_code)
{
    struct exec *exec = &launcher->exec;

    exec->ended = true;
    exec->result.exit_code = exit_code;
    exec->result.error = exec->error;
    exec->result.took_ns = monotonic_clock_ns() - exec->started_ns;
}

static void fail(struct launcher *launcher, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void fail(struct launcher *launcher, int exit_code, const char *format, ...)
{
    struct exec *exec = &launcher->exec;
    va_list args;

    va_start(args, format);
    vsnprintf(exec->error, sizeof exec->error, format, args);
    va_end(args);
    end(launcher, exit_code);
}

/* "hello" of "/some/where/hello.so" */
static char *plain_name(const char *kernel)
{
    const char *slash = strrchr(kernel, '/');
    char *name = memory_string(slash ? slash + 1 : kernel);
    size_t size = strlen(name);

    if (size > 3 && strcmp(name + size - 3, ".so") == 0)
        name[size - 3] = '\0';
    return name;
}

void exec_begin(struct launcher *launcher, const struct kernel_call *call, const char *dirs)
{
    struct exec *exec = &launcher->exec;

    assert(!exec->runs);
    *exec = (struct exec){.number = exec->number + 1,
                          .runs = true,
                          .rank = call->rank,
                          .started_ns = monotonic_clock_ns()};
    exec->kernel = plain_name(call->kernel);
    exec->arg_count = call->arg_count;
    exec->args = memory_new(call->arg_count, sizeof *exec->args);
    if (call->arg_count)
        memcpy(exec->args, call->args, call->arg_count * sizeof *exec->args);
    exec->result.exec = exec->number;
    kernels_begin(launcher, exec->number, call->kernel, dirs);
}

static bool is_alive(const struct launcher *launcher, uint32_t rank)
{
    enum member_status status = membership_status(launcher->members, rank);

    return status == MEMBER_LIVE || status == MEMBER_SLOW;
}

/* The first live node of that level. */
static uint32_t first_of_level(const struct launcher *launcher, enum level level)
{
    const struct topology *topology = launcher->options->topology;

    for (uint32_t i = 0; i < topology->count[level]; i++) {
        if (is_alive(launcher, topology->first_rank[level] + i))
            return topology->first_rank[level] + i;
    }
    return RANK_NONE;
}

/* -1 when it cannot run there. */
static int check_node(struct launcher *launcher, enum level level)
{
    const struct topology *topology = launcher->options->topology;
    struct exec *exec = &launcher->exec;
    char path[LIMIT_NODE_PATH];

    topology_path(topology, exec->rank, path, sizeof path);
    if (topology_level_of_rank(topology, exec->rank) != level)
        fail(launcher, EXIT_NODE, "kernel %s is for level L%d (%s), %s is not of that level",
             exec->kernel, level, level_name(level), path);
    else if (!is_alive(launcher, exec->rank))
        fail(launcher, EXIT_NODE, "kernel %s cannot run on %s, which is %s", exec->kernel, path,
             member_status_name(membership_status(launcher->members, exec->rank)));
    return exec->ended ? -1 : 0;
}

static int choose_node(struct launcher *launcher, const struct known_kernel *kernel)
{
    const struct topology *topology = launcher->options->topology;
    enum level level = (enum level)kernel->level;
    struct exec *exec = &launcher->exec;

    if (exec->rank == RANK_NONE)
        exec->rank = first_of_level(launcher, level);
    if (exec->rank != RANK_NONE)
        return check_node(launcher, level);
    fail(launcher, EXIT_NODE, "kernel %s is for level L%d (%s), of which %s", exec->kernel, level,
         level_name(level),
         topology->present[level] ? "no node is alive" : "this topology has no node");
    return -1;
}

static void call_task(struct launcher *launcher, uint64_t code)
{
    struct exec *exec = &launcher->exec;
    struct message message = {.type = MSG_CALL_TASK};
    struct wire_param *params = memory_new(exec->arg_count, sizeof *params);

    for (size_t i = 0; i < exec->arg_count; i++)
        params[i] = (struct wire_param){
            .type = LINQU_PARAM_SCALAR, .value = exec->args[i], .holder = coord_launcher()};
    message.call_task.task = (struct task_key){.exec = exec->number, .creator = coord_launcher()};
    message.call_task.code_hash = code;
    message.call_task.params.items = params;
    message.call_task.params.count = (uint32_t)exec->arg_count;
    message.call_task.spmd_size = 1;
    message.call_task.time_limit_ms = launcher->inherit.task_timeout_ms;
    message.call_task.kernel = wire_str_of(exec->kernel);
    tree_send(launcher, exec->rank, &message);
    free(params);
    exec->called = true;
}

void exec_entry_known(struct launcher *launcher, const struct known_kernel *kernel)
{
    struct exec *exec = &launcher->exec;

    if (!exec->runs || exec->ended)
        return;
    if (kernel->error)
        fail(launcher, EXIT_NODE, "kernel %s: %s", exec->kernel, kernel->error);
    else if (choose_node(launcher, kernel) == 0)
        call_task(launcher, kernel->hash);
}

void exec_on_task_complete(struct launcher *launcher, const struct message *message)
{
    const struct msg_task_complete *done = &message->task_complete;
    struct exec *exec = &launcher->exec;
    char error[LIMIT_CAUSE];

    if (!exec->called || exec->ended || done->task.exec != exec->number)
        return; // of an exec that has been given up
    if (done->status == TASK_STATUS_COMPLETED)
        end(launcher, EXIT_DONE);
    else
        fail(launcher, done->status == TASK_STATUS_DEADLOCK ? EXIT_DEADLOCK : EXIT_NODE, "%s",
             wire_str_copy(done->error, error, sizeof error));
}

void exec_lost(struct launcher *launcher, uint32_t rank, const char *cause)
{
    struct exec *exec = &launcher->exec;
    char path[LIMIT_NODE_PATH];

    if (!exec->called || exec->ended ||
        !topology_within(launcher->options->topology, exec->rank, rank))
        return;
    topology_path(launcher->options->topology, exec->rank, path, sizeof path);
    fail(launcher, EXIT_NODE, "kernel %s on %s is lost with its node: %s", exec->kernel, path,
         cause);
}

static void forget(struct launcher *launcher)
{
    struct exec *exec = &launcher->exec;

    kernels_end(launcher);
    free(exec->kernel);
    free(exec->args);
    exec->kernel = NULL;
    exec->args = NULL;
    exec->runs = exec->called = exec->ended = false;
}

void exec_turn(struct launcher *launcher)
{
    struct kernel_result result = launcher->exec.result;
    char error[LIMIT_CAUSE];

    if (!launcher->exec.ended)
        return;
    snprintf(error, sizeof error, "%s", launcher->exec.error);
    result.error = error;
    result.rank = launcher->exec.rank;
    forget(launcher);
    work_kernel_ended(launcher, &result);
}

void exec_abandon(struct launcher *launcher)
{
    if (launcher->exec.runs)
        forget(launcher);
}
