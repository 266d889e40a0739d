#include "launch/kernels.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/kernel_file.h"
#include "kernels/kernel_hash.h"
#include "kernels/kernel_path.h"
#include "kernels/kernel_probe.h"
#include "launch/launcher.h"

#define PROBE_NS UINT64_C(10000000000)

/* The content of a file. What it says of itself stays known after the exec, its bytes do not. */
struct code {
    struct code *next;
    uint64_t hash;
    struct buffer bytes;
    bool known;
    uint8_t level, role;
    char *error;
    struct kernel_probe probe; // while it is not known
    bool abandoned;            // the probe was killed, for nobody wanted to know any more
    uint64_t probe_due_ns;     // when its process is killed
};

/* A name that was asked for in this exec. */
struct name {
    struct name *next;
    char *text;
    struct code *code; // NULL: there is no such file, `error` says why
    char *error;
    bool entry;           // the exec itself is to be told
    bool asked;           // the top is
    uint64_t correlation; // of its question
};

struct kernel_store {
    uint64_t exec; // 0: none runs
    struct kernel_path path;
    struct name *names;
    struct code *codes;
};

struct kernel_store *kernels_create(void)
{
    return memory_new(1, sizeof(struct kernel_store));
}

static void drop_names(struct kernel_store *store)
{
    while (store->names) {
        struct name *name = store->names;

        store->names = name->next;
        free(name->text);
        free(name->error);
        free(name);
    }
}

static void code_free(struct code *code)
{
    buffer_free(&code->bytes);
    free(code->error);
    free(code);
}

void kernels_destroy(struct kernel_store *store)
{
    if (!store)
        return;
    drop_names(store);
    kernel_path_free(&store->path);
    while (store->codes) {
        struct code *code = store->codes;

        store->codes = code->next;
        code_free(code);
    }
    free(store);
}

/* --- what a file is ------------------------------------------------------------------------- */

static void code_is_bad(struct code *code, const char *why)
{
    code->known = true;
    code->error = memory_string(why);
}

static void begin_probe(struct code *code)
{
    struct error err;

    code->probe_due_ns = monotonic_clock_ns() + PROBE_NS;
    if (kernel_probe_begin(&code->probe, code->bytes.data, code->bytes.size, &err) < 0)
        code_is_bad(code, err.text);
}

static struct code *find_code(const struct kernel_store *store, uint64_t hash)
{
    for (struct code *code = store->codes; code; code = code->next)
        if (code->hash == hash)
            return code;
    return NULL;
}

/* Takes the bytes over. */
static struct code *take_code(struct kernel_store *store, struct buffer *bytes)
{
    uint64_t hash = kernel_hash(bytes->data, bytes->size);
    struct code *code = find_code(store, hash);

    if (code) {
        buffer_free(&code->bytes);
        code->bytes = *bytes;
        return code;
    }
    code = memory_new(1, sizeof *code);
    *code = (struct code){
        .next = store->codes, .hash = hash, .bytes = *bytes, .probe = {.pid = -1, .fd = -1}};
    store->codes = code;
    begin_probe(code);
    return code;
}

static struct name *add_name(struct kernel_store *store, const char *text)
{
    struct name *name = memory_new(1, sizeof *name);

    *name = (struct name){.next = store->names, .text = memory_string(text)};
    store->names = name;
    return name;
}

static struct name *look_up(struct kernel_store *store, const char *text)
{
    struct name *name = add_name(store, text);
    struct buffer bytes = {0};
    char file[LIMIT_PATH];
    struct error err;
    int found = 0;

    if (strchr(text, '/'))
        snprintf(file, sizeof file, "%s", text);
    else
        found = kernel_path_find(&store->path, text, file, sizeof file, &err);
    if (found == 0)
        found = kernel_file_read(file, &bytes, &err);
    if (found == 0) {
        name->code = take_code(store, &bytes);
        return name;
    }
    buffer_free(&bytes);
    name->error = memory_string(err.text);
    return name;
}

bool kernels_reaped(struct launcher *launcher, pid_t pid, int wait_status)
{
    for (struct code *code = launcher->kernels->codes; code; code = code->next) {
        bool in_time = code->probe_due_ns != 0;
        struct error err;

        if (code->probe.pid != pid || pid <= 0)
            continue;
        if (kernel_probe_end(&code->probe, wait_status, &code->level, &code->role, &err) < 0 &&
            !code->abandoned)
            code_is_bad(code,
                        in_time ? err.text
                                : "loading it and calling linqu_orch_config took longer than 10 s");
        code->known = !code->abandoned;
        if (code->abandoned && code->bytes.size)
            begin_probe(code);
        code->abandoned = false;
        return true;
    }
    return false;
}

void kernels_tick(struct launcher *launcher)
{
    for (struct code *code = launcher->kernels->codes; code; code = code->next)
        if (code->probe.pid > 0 && code->probe_due_ns &&
            monotonic_clock_ns() > code->probe_due_ns) {
            code->probe_due_ns = 0;
            kill(code->probe.pid, SIGKILL);
        }
}

/* --- who wants to know ---------------------------------------------------------------------- */

static struct known_kernel known(const struct name *name)
{
    const struct code *code = name->code;

    if (!code)
        return (struct known_kernel){.error = name->error};
    return (struct known_kernel){
        .hash = code->hash, .level = code->level, .role = code->role, .error = code->error};
}

static void tell_top(struct launcher *launcher, const struct name *name)
{
    const struct known_kernel kernel = known(name);
    struct message message = {.type = MSG_RESOLVED, .correlation = name->correlation};

    message.resolved.exec = launcher->kernels->exec;
    message.resolved.name = wire_str_of(name->text);
    message.resolved.hash = kernel.hash;
    message.resolved.level = kernel.level;
    message.resolved.role = kernel.role;
    message.resolved.error = wire_str_of(kernel.error);
    tree_send(launcher, 0, &message);
}

static struct name *next_to_tell(const struct kernel_store *store)
{
    for (struct name *name = store->names; name; name = name->next)
        if ((name->asked || name->entry) && (!name->code || name->code->known))
            return name;
    return NULL;
}

void kernels_turn(struct launcher *launcher)
{
    struct name *name;

    while ((name = next_to_tell(launcher->kernels))) {
        const struct known_kernel kernel = known(name);
        bool entry = name->entry;

        if (name->asked)
            tell_top(launcher, name);
        name->asked = name->entry = false;
        if (entry)
            exec_entry_known(launcher, &kernel);
    }
}

static void add_folder_of(struct kernel_path *path, const char *file)
{
    const char *slash = strrchr(file, '/');
    char *folder = memory_string(file);

    folder[slash == file ? 1 : slash - file] = '\0';
    kernel_path_add_folder(path, folder);
    free(folder);
}

void kernels_begin(struct launcher *launcher, uint64_t exec, const char *entry, const char *dirs)
{
    struct kernel_store *store = launcher->kernels;

    store->exec = exec;
    if (strchr(entry, '/'))
        add_folder_of(&store->path, entry);
    if (dirs)
        kernel_path_add(&store->path, dirs);
    kernel_path_add_built_in(&store->path);
    look_up(store, entry)->entry = true;
}

/* Bytes go. What was of no use goes whole, for the reason may be gone next time. */
static void forget_codes(struct kernel_store *store)
{
    struct code **at = &store->codes;

    while (*at) {
        struct code *code = *at;

        buffer_free(&code->bytes);
        if (code->probe.pid > 0 && !code->abandoned) {
            code->abandoned = true;
            kill(code->probe.pid, SIGKILL);
        }
        if (!code->error) {
            at = &code->next;
            continue;
        }
        *at = code->next;
        code_free(code);
    }
}

void kernels_end(struct launcher *launcher)
{
    struct kernel_store *store = launcher->kernels;

    store->exec = 0;
    drop_names(store);
    kernel_path_free(&store->path);
    forget_codes(store);
}

static struct name *find_name(const struct kernel_store *store, const char *text)
{
    for (struct name *name = store->names; name; name = name->next)
        if (strcmp(name->text, text) == 0)
            return name;
    return NULL;
}

/* An exec that is over has no names any more. */
static void tell_too_late(struct launcher *launcher, const struct message *question)
{
    struct message message = {.type = MSG_RESOLVED, .correlation = question->correlation};

    message.resolved.exec = question->resolve.exec;
    message.resolved.name = question->resolve.name;
    message.resolved.error = wire_str_of("its exec is over");
    tree_send(launcher, 0, &message);
}

void kernels_on_resolve(struct launcher *launcher, const struct message *message)
{
    struct kernel_store *store = launcher->kernels;
    char text[LIMIT_KERNEL_NAME + 2];
    struct name *name;

    if (message->resolve.exec != store->exec || message->resolve.name.size >= sizeof text) {
        tell_too_late(launcher, message);
        return;
    }
    name = find_name(store, wire_str_copy(message->resolve.name, text, sizeof text));
    if (!name)
        name = look_up(store, text);
    name->asked = true;
    name->correlation = message->correlation;
}

static void send_chunk(struct launcher *launcher, const struct message *question,
                       const struct code *code, size_t offset)
{
    size_t left = code->bytes.size - offset;
    struct message message = {.type = MSG_REG_CODE, .correlation = question->correlation};

    message.reg_code.hash = code->hash;
    message.reg_code.total = code->bytes.size;
    message.reg_code.offset = offset;
    message.reg_code.bytes.data = code->bytes.data + offset;
    message.reg_code.bytes.size = (uint32_t)(left < CODE_CHUNK ? left : CODE_CHUNK);
    tree_send(launcher, 0, &message);
}

static void send_part(struct launcher *launcher, const struct message *question,
                      const struct code *code)
{
    uint64_t offset = question->retry_with_code.offset;

    for (unsigned i = 0; i < CODE_AT_ONCE / CODE_CHUNK && offset < code->bytes.size; i++) {
        send_chunk(launcher, question, code, offset);
        offset += CODE_CHUNK;
    }
}

void kernels_on_retry_with_code(struct launcher *launcher, const struct message *message)
{
    uint64_t hash = message->retry_with_code.hash;
    const struct code *code = find_code(launcher->kernels, hash);
    struct message answer = {.type = MSG_REG_CODE, .correlation = message->correlation};
    char error[80];

    if (code && code->bytes.size) {
        send_part(launcher, message, code);
        return;
    }
    snprintf(error, sizeof error, "no kernel of this exec has the hash %016" PRIx64, hash);
    answer.reg_code.hash = hash;
    answer.reg_code.error = wire_str_of(error);
    tree_send(launcher, 0, &answer);
}
