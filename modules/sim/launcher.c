/* What the launcher does, as far as the tree can tell: it starts execs, answers for the kernel
 * path, and hears what comes up. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/world_internal.h"

static void send_down(struct world *world, const struct coord *target, struct message *message)
{
    struct process *top = &world->processes[0];
    struct happening *happening = happening_new(HAPPEN_TELL, 0);
    enum message_queue queue = message_queue_of(message->type);

    message->sender = coord_launcher();
    message->target = *target;
    buffer_clear(&world->packed);
    message_pack(&world->packed, message);
    happening->event = (struct event){.type = EVENT_FRAME, .peer = PEER_PARENT};
    happening->size = world->packed.size;
    happening->frame = memory_new(world->packed.size, 1);
    memcpy(happening->frame, world->packed.data, world->packed.size);
    world_put(world, channel_arrival(world, &top->down, world->now_ns, queue), happening);
}

/* --- what is asked ---------------------------------------------------------------------------- */

static void answer_resolve(struct world *world, const struct message *question)
{
    struct message answer = {.type = MSG_RESOLVED, .correlation = question->correlation};
    wire_str name = question->resolve.name;
    const struct world_code *code = code_named(world, name.text, name.size);
    char error[2 * LIMIT_CAUSE];
    char text[LIMIT_CAUSE];

    world->heard.resolved++;
    answer.resolved.exec = question->resolve.exec;
    answer.resolved.name = name;
    if (code) {
        answer.resolved.hash = code->kernel.hash;
        answer.resolved.level = code->kernel.level;
        answer.resolved.role = code->kernel.role;
    } else {
        snprintf(error, sizeof error, "kernel %s is not in the kernel path",
                 wire_str_copy(name, text, sizeof text));
        answer.resolved.error = wire_str_of(error);
    }
    send_down(world, &question->sender, &answer);
}

static void send_code(struct world *world, const struct message *question)
{
    uint64_t hash = question->retry_with_code.hash;
    const struct world_code *code = code_hashed(world, hash);
    struct message answer = {.type = MSG_REG_CODE, .correlation = question->correlation};
    uint64_t at = question->retry_with_code.offset, end = at + CODE_AT_ONCE;

    answer.reg_code.hash = hash;
    if (!code || code->source->lost) {
        answer.reg_code.error = wire_str_of("its file is gone");
        send_down(world, &question->sender, &answer);
        return;
    }
    world->heard.code_sent += at == 0;
    answer.reg_code.total = code->image_size;
    while (at < code->image_size && at < end) {
        size_t piece = code->image_size - at < CODE_CHUNK ? code->image_size - at : CODE_CHUNK;

        answer.reg_code.offset = at;
        answer.reg_code.bytes = (wire_bin){code->image + at, (uint32_t)piece};
        send_down(world, &question->sender, &answer);
        at += piece;
    }
}

/* --- what is told ----------------------------------------------------------------------------- */

static void task_complete(struct world *world, const struct msg_task_complete *complete)
{
    struct world_exec *exec;

    if (complete->task.exec == 0 || complete->task.exec > world->exec_count)
        return;
    exec = world->execs[complete->task.exec - 1];
    if (exec->answers++ > 0)
        return;
    exec->done = true;
    exec->failed = complete->status != TASK_STATUS_COMPLETED;
    exec->run_time_ns = complete->run_time_ns;
    wire_str_copy(complete->error, exec->error, sizeof exec->error);
}

static void gathered(struct world *world, const struct msg_gathered *answer)
{
    struct world_heard *heard = &world->heard;

    heard->gathered++;
    heard->gathered_nodes = 0;
    for (uint32_t i = 0; i < answer->counts.count; i++)
        heard->gathered_nodes += answer->counts.items[i].count;
    heard->gathered_missing = answer->missing;
    wire_str_copy(answer->error, heard->gathered_error, sizeof heard->gathered_error);
}

void launcher_hear(struct world *world, const uint8_t *frame, size_t size)
{
    struct message message;
    enum frame_fault fault;

    story_frame(world, RANK_NONE, frame, size);
    fault = message_read(world->reader, frame, size, &message);
    assert(fault == FRAME_OK);
    (void)fault;
    switch (message.type) {
    case MSG_READY:
        world->heard.ready = true;
        break;
    case MSG_FAILED:
        world->heard.failed = true;
        wire_str_copy(message.failed.cause, world->heard.cause, sizeof world->heard.cause);
        break;
    case MSG_GATHERED:
        gathered(world, &message.gathered);
        break;
    case MSG_RESOLVE:
        answer_resolve(world, &message);
        break;
    case MSG_RETRY_WITH_CODE:
        send_code(world, &message);
        break;
    case MSG_TASK_COMPLETE:
        task_complete(world, &message.task_complete);
        break;
    default:
        break;
    }
}

/* --- what is wanted --------------------------------------------------------------------------- */

uint64_t world_exec(struct world *world, uint32_t rank, const char *kernel, const uint64_t *args,
                    uint32_t count)
{
    const struct coord target = topology_coord(&world->topology, rank);
    const struct world_code *code = code_named(world, kernel, strlen(kernel));
    struct message message = {.type = MSG_CALL_TASK};
    struct wire_param *params = memory_new(count + 1, sizeof *params);
    uint64_t number = ++world->exec_count;

    assert(code && code->kernel.level == target.level);
    world->execs = memory_resize(world->execs, number, sizeof(struct world_exec *));
    world->execs[number - 1] = memory_new(1, sizeof(struct world_exec));
    for (uint32_t i = 0; i < count; i++)
        params[i] = (struct wire_param){.type = LINQU_PARAM_SCALAR, .value = args[i]};
    message.call_task.task = (struct task_key){.exec = number, .creator = coord_launcher()};
    message.call_task.code_hash = code->kernel.hash;
    message.call_task.params.items = params;
    message.call_task.params.count = count;
    message.call_task.spmd_size = 1;
    message.call_task.time_limit_ms = world->config.task_timeout_ms;
    message.call_task.kernel = wire_str_of(kernel);
    send_down(world, &target, &message);
    free(params);
    return number;
}

const struct world_exec *world_exec_of(const struct world *world, uint64_t number)
{
    return number > 0 && number <= world->exec_count ? world->execs[number - 1] : NULL;
}

void world_gather(struct world *world, enum gather_purpose purpose)
{
    const struct coord top = topology_coord(&world->topology, 0);
    struct message message = {.type = MSG_GATHER, .correlation = ++world->round};

    message.gather.round = world->round;
    message.gather.purpose = (uint8_t)purpose;
    send_down(world, &top, &message);
}

void world_shutdown(struct world *world, bool graceful, uint64_t deadline_ms)
{
    const struct coord top = topology_coord(&world->topology, 0);
    struct message message = {.type = MSG_SHUTDOWN};

    message.shutdown.graceful = graceful;
    message.shutdown.deadline_ms = deadline_ms;
    send_down(world, &top, &message);
}
