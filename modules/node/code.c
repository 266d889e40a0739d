/* Names and code of kernels. A name is asked for once per exec, a code once: each question goes to
 * the parent, and whoever asks meanwhile is answered when the answer comes. So code flows once over
 * each edge: a part at a time, of which the next is asked for when no more than one is to come. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/u64_map.h"
#include "node/runtime.h"

/* A child that waits for an answer. */
struct asker {
    uint32_t peer;
    uint64_t correlation;
    uint64_t offset; // of code: from where on
};

struct askers {
    struct asker *items;
    uint32_t count, capacity;
};

/* One name in one exec. */
struct name {
    struct name *next;
    uint64_t exec;
    bool known;  // answered
    bool wanted; // by this node's own activations
    struct askers askers;
    struct resolved resolved;
};

/* Code that this node has asked for, or that cannot be had. */
struct code {
    uint64_t hash;
    bool asked;    // RETRY_WITH_CODE has gone up, REG_CODE is to come
    bool wanted;   // by a task of this node
    uint64_t exec; // in which `error` was said
    char error[LIMIT_CAUSE];
    struct buffer bytes; // as far as they have come
    uint64_t total;
    uint64_t to_come; // bytes asked for, from the beginning
    struct askers askers;
};

struct code_state {
    struct name *names;   // the one used last is the first
    struct u64_map codes; // by hash
};

struct code_state *code_state_create(void)
{
    return memory_new(1, sizeof(struct code_state));
}

static void name_free(struct name *name)
{
    free(name->resolved.name);
    free(name->resolved.error);
    free(name->askers.items);
    free(name);
}

static void code_free(struct code *code)
{
    buffer_free(&code->bytes);
    free(code->askers.items);
    free(code);
}

void code_state_destroy(struct code_state *state)
{
    struct code *code;
    size_t at = 0;

    if (!state)
        return;
    while (state->names) {
        struct name *name = state->names;

        state->names = name->next;
        name_free(name);
    }
    while ((code = u64_map_next(&state->codes, &at)))
        code_free(code);
    u64_map_free(&state->codes);
    free(state);
}

static void add_asker(struct askers *askers, struct asker asker)
{
    if (askers->count == askers->capacity) {
        askers->capacity = askers->capacity ? 2 * askers->capacity : 4;
        askers->items = memory_resize(askers->items, askers->capacity, sizeof *askers->items);
    }
    askers->items[askers->count++] = asker;
}

/* --- names ---------------------------------------------------------------------------------- */

/* What an older exec called a name nobody asks any more. */
static void forget_before(struct code_state *state, uint64_t exec)
{
    struct name **at = &state->names;

    while (*at) {
        struct name *name = *at;

        if (name->exec >= exec || !name->known) {
            at = &name->next;
            continue;
        }
        *at = name->next;
        name_free(name);
    }
}

static struct name *find_name(struct code_state *state, uint64_t exec, const char *text)
{
    for (struct name **at = &state->names; *at; at = &(*at)->next) {
        struct name *name = *at;

        if (name->exec != exec || strcmp(name->resolved.name, text) != 0)
            continue;
        *at = name->next;
        name->next = state->names;
        state->names = name;
        return name;
    }
    return NULL;
}

/* The exec whose names are still in use, or the new one. An exec that runs elsewhere at the same
 * time asks by way of this node. */
static uint64_t oldest_exec(const struct node *node, uint64_t exec)
{
    const struct task_graph *graph = node->runtime->graph;
    struct activation_view view;

    return graph && task_graph_top(graph, &view) && view.exec < exec ? view.exec : exec;
}

static struct name *add_name(struct node *node, uint64_t exec, const char *text)
{
    struct code_state *state = node->runtime->code;
    struct name *name = memory_new(1, sizeof *name);

    if (!state->names || state->names->exec < exec)
        forget_before(state, oldest_exec(node, exec));
    name->exec = exec;
    name->resolved.name = memory_string(text);
    name->next = state->names;
    state->names = name;
    return name;
}

static void ask_for_name(struct node *node, const struct name *name)
{
    struct message message = {.type = MSG_RESOLVE};

    message.resolve.exec = name->exec;
    message.resolve.name = wire_str_of(name->resolved.name);
    want_message(node, PEER_PARENT, &message);
}

static bool is_file_name(const char *text)
{
    return text[0] && text[0] != '.' && !strchr(text, '/') && strlen(text) <= LIMIT_KERNEL_NAME;
}

/* A name that cannot be one is answered here. */
static void check_name(struct name *name)
{
    struct error err;

    if (is_file_name(name->resolved.name))
        return;
    error_set(
        &err,
        "%.128s cannot be a kernel's name, which is a file name without a slash or a dot in front",
        name->resolved.name);
    name->resolved.error = memory_string(err.text);
    name->known = true;
}

static struct name *name_of(struct node *node, uint64_t exec, const char *text)
{
    struct code_state *state = node->runtime->code;
    struct name *name = find_name(state, exec, text);

    if (name)
        return name;
    name = add_name(node, exec, text);
    check_name(name);
    if (!name->known)
        ask_for_name(node, name);
    return name;
}

const struct resolved *code_resolve(struct node *node, uint64_t exec, const char *text)
{
    struct name *name = name_of(node, exec, text);

    if (name->known)
        return &name->resolved;
    name->wanted = true;
    return NULL;
}

static void answer_name(struct node *node, const struct name *name, const struct asker *asker)
{
    const struct resolved *resolved = &name->resolved;
    struct message message = {.type = MSG_RESOLVED, .correlation = asker->correlation};

    message.resolved.exec = name->exec;
    message.resolved.name = wire_str_of(resolved->name);
    message.resolved.hash = resolved->hash;
    message.resolved.level = resolved->level;
    message.resolved.role = resolved->role;
    message.resolved.error = wire_str_of(resolved->error);
    want_message(node, asker->peer, &message);
}

static bool take_text(wire_str str, char *out, size_t size)
{
    wire_str_copy(str, out, size);
    return str.size < size;
}

void on_resolve(struct node *node, uint32_t peer, const struct message *message)
{
    char text[LIMIT_KERNEL_NAME + 2]; // a longer one is seen to be too long
    const struct asker asker = {.peer = peer, .correlation = message->correlation};
    struct name *name;

    take_text(message->resolve.name, text, sizeof text);
    name = name_of(node, message->resolve.exec, text);
    if (name->known)
        answer_name(node, name, &asker);
    else
        add_asker(&name->askers, asker);
}

void on_resolved(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_resolved *answer = &message->resolved;
    char text[LIMIT_KERNEL_NAME + 2], error[LIMIT_CAUSE];
    struct name *name = NULL;

    (void)peer;
    if (take_text(answer->name, text, sizeof text))
        name = find_name(node->runtime->code, answer->exec, text);
    if (!name || name->known) {
        refuse(node, FRAME_UNEXPECTED, "RESOLVED");
        return;
    }
    name->known = true;
    name->resolved.hash = answer->hash;
    name->resolved.level = answer->level;
    name->resolved.role = answer->role;
    if (answer->error.size)
        name->resolved.error = memory_string(wire_str_copy(answer->error, error, sizeof error));
    for (uint32_t i = 0; i < name->askers.count; i++)
        answer_name(node, name, &name->askers.items[i]);
    free(name->askers.items);
    name->askers = (struct askers){0};
    if (name->wanted)
        activation_resolved(node);
}

/* --- code ----------------------------------------------------------------------------------- */

static struct code *code_of(struct code_state *state, uint64_t hash)
{
    struct code *code = u64_map_find(&state->codes, hash);

    if (!code) {
        code = memory_new(1, sizeof *code);
        code->hash = hash;
        u64_map_put(&state->codes, hash, code);
    }
    return code;
}

static void forget_code(struct code_state *state, struct code *code)
{
    u64_map_remove(&state->codes, code->hash);
    code_free(code);
}

static void ask_for_part(struct node *node, struct code *code)
{
    struct message message = {.type = MSG_RETRY_WITH_CODE};

    message.retry_with_code.hash = code->hash;
    message.retry_with_code.offset = code->to_come;
    code->to_come += CODE_AT_ONCE;
    want_message(node, PEER_PARENT, &message);
}

static void ask_for_code(struct node *node, struct code *code)
{
    if (code->asked)
        return;
    code->asked = true;
    code->to_come = 0;
    ask_for_part(node, code);
}

/* What could not be had is asked for again in the next exec. */
static bool is_known_bad(const struct node *node, const struct code *code)
{
    return code && !code->asked && code->error[0] && code->exec == node->runtime->exec;
}

enum code_result code_want(struct node *node, uint64_t hash, const struct kernel **kernel,
                           struct error *err)
{
    struct runtime *runtime = node->runtime;
    struct code *code = u64_map_find(&runtime->code->codes, hash);
    enum code_result result;

    if (is_known_bad(node, code)) {
        error_set(err, "%s", code->error);
        return CODE_BROKEN;
    }
    result = runtime->port.code_load(runtime->port.arg, hash, kernel, err);
    if (result != CODE_MISSING)
        return result;
    code = code_of(runtime->code, hash);
    code->wanted = true;
    ask_for_code(node, code);
    return CODE_MISSING;
}

static void send_chunk(struct node *node, const struct asker *asker, uint64_t hash,
                       const uint8_t *bytes, size_t total, size_t offset)
{
    struct message message = {.type = MSG_REG_CODE, .correlation = asker->correlation};
    size_t left = total - offset;

    message.reg_code.hash = hash;
    message.reg_code.total = total;
    message.reg_code.offset = offset;
    message.reg_code.bytes.data = bytes + offset;
    message.reg_code.bytes.size = (uint32_t)(left < CODE_CHUNK ? left : CODE_CHUNK);
    want_message(node, asker->peer, &message);
}

static void send_code(struct node *node, const struct asker *asker, uint64_t hash,
                      const uint8_t *bytes, size_t size)
{
    size_t at = asker->offset, end = size;

    if (at >= size) {
        refuse(node, FRAME_UNEXPECTED, "RETRY_WITH_CODE");
        return;
    }
    if (size - at > CODE_AT_ONCE)
        end = at + CODE_AT_ONCE;
    for (; at < end; at += CODE_CHUNK)
        send_chunk(node, asker, hash, bytes, size, at);
}

static void send_no_code(struct node *node, const struct asker *asker, const struct code *code)
{
    struct message message = {.type = MSG_REG_CODE, .correlation = asker->correlation};

    message.reg_code.hash = code->hash;
    message.reg_code.error = wire_str_of(code->error);
    want_message(node, asker->peer, &message);
}

void on_retry_with_code(struct node *node, uint32_t peer, const struct message *message)
{
    const struct node_port *port = &node->runtime->port;
    const struct asker asker = {peer, message->correlation, message->retry_with_code.offset};
    uint64_t hash = message->retry_with_code.hash;
    struct code *code = u64_map_find(&node->runtime->code->codes, hash);
    size_t size;
    const void *bytes = port->code_bytes(port->arg, hash, &size);

    if (bytes) {
        send_code(node, &asker, hash, bytes, size);
    } else if (is_known_bad(node, code)) {
        send_no_code(node, &asker, code);
    } else {
        code = code_of(node->runtime->code, hash);
        add_asker(&code->askers, asker);
        ask_for_code(node, code);
    }
}

/* The answer is whole, or there is none (code->error): all who wait hear of it. */
static void code_came(struct node *node, struct code *code)
{
    uint64_t hash = code->hash;
    bool wanted = code->wanted;

    for (uint32_t i = 0; i < code->askers.count; i++)
        if (code->error[0])
            send_no_code(node, &code->askers.items[i], code);
        else
            send_code(node, &code->askers.items[i], hash, code->bytes.data, code->bytes.size);
    code->askers.count = 0;
    code->asked = code->wanted = false;
    code->exec = node->runtime->exec;
    buffer_free(&code->bytes);
    if (code->error[0] == '\0')
        forget_code(node->runtime->code, code);
    if (wanted)
        call_code_came(node, hash);
}

static void code_whole(struct node *node, struct code *code)
{
    const struct node_port *port = &node->runtime->port;
    struct error err;

    if (port->code_store(port->arg, code->hash, code->bytes.data, code->bytes.size, &err) < 0)
        snprintf(code->error, sizeof code->error, "%.*s", LIMIT_CAUSE - 1, err.text);
    code_came(node, code);
}

/* When a part of it was to be had, nothing is wrong with it: the exec is over in which it was asked
 * for, and the next may ask again. */
static void code_not_to_be_had(struct node *node, struct code *code, wire_str error)
{
    bool had_begun = code->bytes.size > 0;

    wire_str_copy(error, code->error, sizeof code->error);
    if (code->error[0] == '\0')
        snprintf(code->error, sizeof code->error, "its code is not to be had");
    code_came(node, code);
    if (had_begun && !code->asked)
        forget_code(node->runtime->code, code);
}

/* Chunks come in order, the first says how many bytes there are. */
static bool chunk_fits(const struct code *code, const struct msg_reg_code *chunk)
{
    if (!code || !code->asked || chunk->total > LIMIT_KERNEL_SIZE ||
        chunk->offset != code->bytes.size)
        return false;
    if (chunk->offset && chunk->total != code->total)
        return false;
    return chunk->bytes.size && chunk->bytes.size <= chunk->total - chunk->offset;
}

void on_reg_code(struct node *node, uint32_t peer, const struct message *message)
{
    const struct msg_reg_code *chunk = &message->reg_code;
    struct code *code = u64_map_find(&node->runtime->code->codes, chunk->hash);

    (void)peer;
    if (code && code->asked && chunk->total == 0) {
        code_not_to_be_had(node, code, chunk->error);
        return;
    }
    if (!chunk_fits(code, chunk)) {
        refuse(node, FRAME_UNEXPECTED, "REG_CODE");
        return;
    }
    if (chunk->offset == 0) {
        code->total = chunk->total;
        code->error[0] = '\0';
    }
    buffer_append(&code->bytes, chunk->bytes.data, chunk->bytes.size);
    if (code->bytes.size == code->total)
        code_whole(node, code);
    else if (code->to_come < code->total && code->to_come <= code->bytes.size + CODE_AT_ONCE)
        ask_for_part(node, code);
}
