/* What a brain borrows: a clock that only computing moves, code from a table, and memory that
 * exists when it is touched. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "sim/world_internal.h"
#include "topo/ring_layout.h"

/* FNV-1a */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    while (*text)
        hash = (hash ^ (uint8_t)*text++) * UINT64_C(0x100000001B3);
    return hash;
}

/* --- code ------------------------------------------------------------------------------------- */

void world_add_kernel(struct world *world, const struct world_kernel *source)
{
    struct world_code *code = memory_new(1, sizeof *code);
    size_t name_size = strlen(source->name) + 1;

    code->source = source;
    code->kernel = (struct kernel){.hash = hash_of(source->name),
                                   .level = source->level,
                                   .role = source->role,
                                   .entry = source->entry};
    code->image_size = source->code_size > name_size ? source->code_size : name_size;
    code->image = memory_new(code->image_size, 1);
    for (size_t i = 0; i < code->image_size; i++)
        code->image[i] = (uint8_t)source->name[i % name_size];
    code->next = world->codes;
    world->codes = code;
}

struct world_code *code_named(const struct world *world, const char *name, size_t size)
{
    struct world_code *code = world->codes;

    while (code && (strlen(code->source->name) != size || memcmp(code->source->name, name, size)))
        code = code->next;
    return code;
}

struct world_code *code_hashed(const struct world *world, uint64_t hash)
{
    struct world_code *code = world->codes;

    while (code && code->kernel.hash != hash)
        code = code->next;
    return code;
}

void codes_free(struct world *world)
{
    while (world->codes) {
        struct world_code *code = world->codes;

        world->codes = code->next;
        free(code->image);
        free(code);
    }
}

/* A chip has the code cache of its host. */
static struct process *code_owner(struct process *process)
{
    struct world *world = process->world;

    if (topology_level_of_rank(&world->topology, process->rank) == LEVEL_CHIP && process->rank > 0)
        return &world->processes[topology_parent(&world->topology, process->rank)];
    return process;
}

static struct world_code *code_at(struct process *process, uint64_t hash)
{
    return u64_map_find(&code_owner(process)->codes, hash);
}

static enum code_result port_code_load(void *arg, uint64_t hash, const struct kernel **kernel,
                                       struct error *err)
{
    struct world_code *code = code_at(arg, hash);

    if (!code)
        return CODE_MISSING;
    if (code->source->broken) {
        error_set(err, "%s exports no linqu_orch_entry", code->source->name);
        return CODE_BROKEN;
    }
    *kernel = &code->kernel;
    return CODE_LOADED;
}

static int port_code_store(void *arg, uint64_t hash, const void *bytes, size_t size,
                           struct error *err)
{
    struct process *process = arg;
    struct world_code *code = code_hashed(process->world, hash);

    if (!code || size != code->image_size || memcmp(bytes, code->image, size) != 0)
        return error_set(err, "what came as the code of %llx has another hash",
                         (unsigned long long)hash);
    if (!code_at(process, hash))
        u64_map_put(&code_owner(process)->codes, hash, code);
    return 0;
}

static const void *port_code_bytes(void *arg, uint64_t hash, size_t *size)
{
    struct world_code *code = code_at(arg, hash);

    if (!code)
        return NULL;
    *size = code->image_size;
    return code->image;
}

/* --- clock and memory ------------------------------------------------------------------------- */

static uint64_t port_clock(void *arg)
{
    return ((const struct process *)arg)->clock_ns;
}

static void port_trim(void *arg, size_t offset, size_t size)
{
    struct process *process = arg;

    assert(offset <= process->buffers_size && size <= process->buffers_size - offset);
    memset(process->buffers + offset, 0, size);
}

static void port_carry_out(void *arg, struct effects effects)
{
    struct process *process = arg;

    if (process->crashed)
        return;
    effects_apply(process->world, process->rank, effects);
    process->up_before = process->up;
}

static void port_running(void *arg, const struct running *what)
{
    struct process *process = arg;
    char key[160];

    if (!what) {
        process->left_ns = process->clock_ns;
        return;
    }
    process->work =
        (struct child_work){.started_ns = process->clock_ns, .limit_ms = what->time_limit_ms};
    snprintf(process->work.kernel, sizeof process->work.kernel, "%s", what->kernel);
    if (!process->world->config.story)
        return;
    task_key_to_text(what->task, "linqu", true, key, sizeof key);
    story_line(process->world, process->clock_ns, process->rank, "runs %s for %s", what->kernel,
               key);
}

void port_init(struct process *process, struct node_port *port)
{
    *port = (struct node_port){.arg = process,
                               .clock = port_clock,
                               .code_load = port_code_load,
                               .code_store = port_code_store,
                               .code_bytes = port_code_bytes,
                               .trim = port_trim,
                               .carry_out = port_carry_out,
                               .running = port_running};
    process->buffers_size = ring_layout_size(&process->world->topology, process->rank);
    process->buffers = mmap(NULL, process->buffers_size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (process->buffers == MAP_FAILED)
        memory_short(1, process->buffers_size);
    port->buffers = process->buffers;
}

void port_free(struct process *process)
{
    if (process->buffers)
        munmap(process->buffers, process->buffers_size);
    process->buffers = NULL;
    u64_map_free(&process->codes);
}
