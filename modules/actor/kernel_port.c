/* What the brain borrows to run kernels: a clock, their code from code_cache/, and a place to write
 * down what runs. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor/actor_internal.h"
#include "base/memory.h"
#include "kernels/code_cache.h"
#include "kernels/kernel_load.h"
#include "node/trace_log.h"
#include "rundir/clock.h"
#include "rundir/file.h"
#include "rundir/run_dir.h"
#include "super/pages.h"

static uint64_t port_clock(void *arg)
{
    (void)arg;
    return monotonic_clock_ns();
}

static void set_number(const char *name, unsigned number)
{
    char text[16];

    snprintf(text, sizeof text, "%u", number);
    setenv(name, text, 1);
}

/* Before the first kernel is loaded, not before: most nodes of a large tree never run one. */
static void set_environment(struct actor *actor)
{
    struct coord coord = topology_coord(actor->run->topology, actor->self.rank);
    char name[16];

    if (actor->environment_set)
        return;
    actor->environment_set = true;
    set_number("LINQU_LEVEL", coord.level);
    for (unsigned level = 0; level <= LEVEL_CLOS2; level++) {
        snprintf(name, sizeof name, "LINQU_L%u", level);
        set_number(name, coord.index[level]);
    }
    setenv("LINQU_RUN", actor->run->run_path, 1);
}

static int code_file(const struct actor *actor, uint64_t hash, char *out, size_t size,
                     struct error *err)
{
    char dir[LIMIT_PATH], name[CODE_CACHE_NAME_SIZE];
    int length;

    run_dir_node_path(actor->run->topology, actor->self.rank, dir, sizeof dir);
    code_cache_name(hash, name);
    length = snprintf(out, size, "%s/%s/%s", actor->run->run_path, dir, name);
    if (length < 0 || (size_t)length >= size)
        return error_set(err, "the path of %s is longer than %zu bytes", name, size);
    return 0;
}

static enum code_result load(struct actor *actor, uint64_t hash, const struct kernel **kernel,
                             struct error *err)
{
    struct kernel_exports exports;
    struct kernel *loaded;
    char path[4096];

    set_environment(actor);
    if (code_file(actor, hash, path, sizeof path, err) < 0 || kernel_load(path, &exports, err) < 0)
        return CODE_BROKEN;
    loaded = memory_new(1, sizeof *loaded);
    *loaded = (struct kernel){
        .hash = hash, .level = exports.level, .role = exports.role, .entry = exports.entry};
    u64_map_put(&actor->kernels, hash, loaded);
    *kernel = loaded;
    return CODE_LOADED;
}

static enum code_result port_code_load(void *arg, uint64_t hash, const struct kernel **kernel,
                                       struct error *err)
{
    struct actor *actor = arg;

    *kernel = u64_map_find(&actor->kernels, hash);
    if (*kernel)
        return CODE_LOADED;
    if (!code_cache_has(actor->dir.fd, hash))
        return CODE_MISSING;
    return load(actor, hash, kernel, err);
}

static int port_code_store(void *arg, uint64_t hash, const void *bytes, size_t size,
                           struct error *err)
{
    struct actor *actor = arg;

    return code_cache_store(actor->dir.fd, hash, bytes, size, err);
}

static void unmap_code(struct code_view *view)
{
    if (view->bytes)
        munmap(view->bytes, view->size);
    *view = (struct code_view){0};
}

static void map_code(struct code_view *view, int fd, uint64_t hash)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || st.st_size <= 0)
        return;
    view->bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (view->bytes == MAP_FAILED) {
        view->bytes = NULL;
        return;
    }
    view->hash = hash;
    view->size = (size_t)st.st_size;
}

static const void *port_code_bytes(void *arg, uint64_t hash, size_t *size)
{
    struct actor *actor = arg;
    struct code_view *view = &actor->code_view;
    char name[CODE_CACHE_NAME_SIZE];
    int fd;

    if (!view->bytes || view->hash != hash) {
        unmap_code(view);
        code_cache_name(hash, name);
        fd = openat(actor->dir.fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return NULL;
        map_code(view, fd, hash);
        close(fd);
    }
    *size = view->size;
    return view->bytes;
}

/* As snprintf() does, of which every wake-up for a task would touch eight pages. A name that is cut
 * shows it. */
static void copy_name(char *to, size_t size, const char *name)
{
    size_t length = 0;

    for (; length + 1 < size && name[length]; length++)
        to[length] = name[length];
    to[length] = '\0';
    if (name[length])
        memset(to + length - 3, '.', 3);
}

static void port_running(void *arg, const struct running *what)
{
    struct actor *actor = arg;
    const struct topology *topology = actor->run->topology;
    struct state_task task = {.started_ns = port_clock(actor)};

    if (!what) {
        state_record_end_task(actor->record);
        return;
    }
    task.limit_ms = what->time_limit_ms;
    task.exec = what->task->exec;
    task.creator = topology_has(topology, &what->task->creator)
                       ? topology_rank(topology, &what->task->creator)
                       : RANK_LAUNCHER;
    task.id = what->task->id;
    task.depth = what->task->depth;
    copy_name(task.kernel, sizeof task.kernel, what->kernel);
    state_record_begin_task(actor->record, &task);
}

static void port_trim(void *arg, size_t offset, size_t size)
{
    const struct actor *actor = arg;

    pages_give_back((char *)actor->self.buffers + offset, size);
}

static int data_file(uint64_t handle, char *out, size_t size)
{
    return snprintf(out, size, "data_cache/%" PRIu64 ".bin", handle);
}

static int port_data_show(void *arg, uint64_t handle, const void *bytes, size_t size,
                          struct error *err)
{
    const struct actor *actor = arg;
    char name[48];

    if (mkdirat(actor->dir.fd, "data_cache", 0700) < 0 && errno != EEXIST)
        return error_set(err, "cannot make data_cache: %s", strerror(errno));
    data_file(handle, name, sizeof name);
    return file_make(actor->dir.fd, name, bytes, size, err);
}

static void port_data_hide(void *arg, uint64_t handle)
{
    const struct actor *actor = arg;
    char name[48];

    data_file(handle, name, sizeof name);
    unlinkat(actor->dir.fd, name, 0);
}

static void *port_trace_area(void *arg)
{
    const struct actor *actor = arg;
    void *area;

    if (!actor->run->keeps_traces)
        return NULL;
    area = mmap(NULL, TRACE_AREA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                KEEP_TRACES, (off_t)actor->self.rank * TRACE_AREA_SIZE);
    return area == MAP_FAILED ? NULL : area;
}

static void port_roam(void *arg, bool on)
{
    struct actor *actor = arg;

    if (on)
        placement_leave(&actor->run->placement, &actor->home);
    else
        placement_return(&actor->run->placement, &actor->home);
}

static bool port_is_sent(void *arg, uint32_t peer)
{
    const struct guest *guest = guest_of(arg, peer);

    return !guest || !guest->link || link_queued(guest->link) == 0;
}

static void port_carry_out(void *arg, struct effects effects)
{
    struct actor *actor = arg;
    struct link *up = actor->edges[PEER_PARENT].link;

    actor_apply(actor, effects);
    if (up)
        link_show(up);
}

struct node_port kernel_port(struct actor *actor)
{
    return (struct node_port){
        .arg = actor,
        .clock = port_clock,
        .code_load = port_code_load,
        .code_store = port_code_store,
        .code_bytes = port_code_bytes,
        .buffers = actor->self.buffers,
        .trim = port_trim,
        .trace_area = port_trace_area,
        .data_show = port_data_show,
        .data_hide = port_data_hide,
        .roam = port_roam,
        .is_sent = port_is_sent,
        .carry_out = port_carry_out,
        .running = port_running,
        .is_slow = sibling_is_slow,
    };
}
