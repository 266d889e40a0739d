#include "rundir/state_map.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/beat.h"
#include "rundir/clock.h"
#include "rundir/process_stat.h"

#define STATE_MAP_NAME "state.map"

_Static_assert(sizeof(struct state_header) <= STATE_MAP_HEADER_SIZE, "the header has its room");

const char *run_phase_name(enum run_phase phase)
{
    static const char *const names[RUN_PHASE_COUNT] = {
        [RUN_STARTING] = "starting", [RUN_READY] = "ready", [RUN_WORKING] = "working",
        [RUN_STOPPING] = "stopping", [RUN_ENDED] = "ended",
    };

    return (unsigned)phase < RUN_PHASE_COUNT ? names[phase] : "unknown";
}

static size_t map_size(uint32_t node_count)
{
    return STATE_MAP_HEADER_SIZE + (size_t)node_count * STATE_MAP_RECORD_SIZE;
}

static void header_fill(struct state_header *header, const struct topology *topology)
{
    int length = topology_to_text(topology, header->topology, sizeof header->topology);

    assert(length > 0 && (size_t)length < sizeof header->topology);
    header->version = STATE_MAP_VERSION;
    header->record_size = STATE_MAP_RECORD_SIZE;
    header->node_count = topology->node_count;
    header->created_wall_ns = wall_clock_ns();
    header->beat_interval_ms = beat_interval_ms(topology->node_count);
    memcpy(header->logical_system, topology->settings.logical_system,
           sizeof topology->settings.logical_system);
    memcpy(header->physical_system, topology->settings.physical_system,
           sizeof topology->settings.physical_system);
    header->launcher_pid = getpid();
    header->launcher_start_ticks = process_start_ticks(getpid());
    header->magic = STATE_MAP_MAGIC;
}

static int map_file(int fd, size_t size, int protection, struct state_map *map, struct error *err)
{
    void *memory = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

    if (memory == MAP_FAILED)
        return error_set(err, "cannot map %zu bytes of " STATE_MAP_NAME ": %s", size,
                         strerror(errno));
    map->header = memory;
    map->records = (struct state_record *)((char *)memory + STATE_MAP_HEADER_SIZE);
    map->size = size;
    return 0;
}

int state_map_create(int dir_fd, const struct topology *topology, struct state_map *map,
                     struct error *err)
{
    size_t size = map_size(topology->node_count);
    int fd =
        openat(dir_fd, STATE_MAP_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int failed, result;

    if (fd < 0)
        return error_set(err, "cannot make " STATE_MAP_NAME ": %s", strerror(errno));
    failed = posix_fallocate(fd, 0, (off_t)size);
    result = failed ? error_set(err, "cannot allocate %zu bytes for " STATE_MAP_NAME ": %s", size,
                                strerror(failed))
                    : map_file(fd, size, PROT_READ | PROT_WRITE, map, err);
    close(fd);
    if (result < 0) {
        unlinkat(dir_fd, STATE_MAP_NAME, 0);
        return -1;
    }
    for (uint32_t rank = 0; rank < topology->node_count; rank++)
        map->records[rank].exit_status = -1;
    header_fill(map->header, topology);
    return 0;
}

static int header_check(const struct state_map *map, struct topology *topology, struct error *err)
{
    const struct state_header *header = map->header;

    if (header->magic != STATE_MAP_MAGIC)
        return error_set(err, STATE_MAP_NAME " is not a state map, or not finished");
    if (header->version != STATE_MAP_VERSION)
        return error_set(err, STATE_MAP_NAME " has version %u, this linqu reads version %d",
                         header->version, STATE_MAP_VERSION);
    if (header->record_size != STATE_MAP_RECORD_SIZE || map_size(header->node_count) != map->size)
        return error_set(err,
                         STATE_MAP_NAME " has %zu bytes, which do not fit %u nodes of %u bytes",
                         map->size, header->node_count, header->record_size);
    if (!memchr(header->topology, '\0', sizeof header->topology) ||
        !memchr(header->logical_system, '\0', sizeof header->logical_system) ||
        !memchr(header->physical_system, '\0', sizeof header->physical_system) ||
        !memchr(header->run, '\0', sizeof header->run))
        return error_set(err, STATE_MAP_NAME " has a text without an end in its header");
    if (topology_parse(header->topology, topology, err) < 0)
        return error_prefix(err, STATE_MAP_NAME);
    if (topology->node_count != header->node_count)
        return error_set(err, STATE_MAP_NAME " has %u nodes, its topology %s has %u",
                         header->node_count, header->topology, topology->node_count);
    return 0;
}

int state_map_open(int dir_fd, struct state_map *map, struct topology *topology, struct error *err)
{
    int fd = openat(dir_fd, STATE_MAP_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    int result;

    if (fd < 0)
        return error_set(err, "cannot open " STATE_MAP_NAME ": %s", strerror(errno));
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < STATE_MAP_HEADER_SIZE) {
        close(fd);
        return error_set(err, STATE_MAP_NAME " is no state map: it has no whole header");
    }
    result = map_file(fd, (size_t)st.st_size, PROT_READ, map, err);
    close(fd);
    if (result < 0)
        return -1;
    if (header_check(map, topology, err) < 0) {
        state_map_close(map);
        return -1;
    }
    return 0;
}

void state_map_close(struct state_map *map)
{
    if (map->header)
        munmap(map->header, map->size);
    *map = (struct state_map){0};
}

/* Unmap the whole pages between the bytes `from` and `to` of the file. */
static void unmap_between(const struct state_map *map, size_t from, size_t to)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    from = (from + page - 1) / page * page;
    to = to / page * page;
    if (from < to)
        munmap((char *)map->header + from, to - from);
}

static size_t record_offset(uint32_t rank)
{
    return STATE_MAP_HEADER_SIZE + (size_t)rank * STATE_MAP_RECORD_SIZE;
}

void state_map_keep(const struct state_map *map, struct record_range upper,
                    struct record_range lower)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), end = STATE_MAP_HEADER_SIZE;
    const struct record_range ranges[] = {upper, lower};

    for (int i = 0; i < 2; i++) {
        if (!ranges[i].count)
            continue;
        unmap_between(map, end, record_offset(ranges[i].first));
        end = record_offset(ranges[i].first + ranges[i].count);
    }
    unmap_between(map, end, (map->size + page - 1) / page * page);
}

void state_map_withhold(const struct state_map *map, struct record_range children)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t from = (STATE_MAP_HEADER_SIZE + page - 1) / page * page;
    size_t to = record_offset(children.first) / page * page;

    if (from < to)
        madvise((char *)map->header + from, to - from, MADV_DONTFORK); // of it what is mapped
}

#define SHOW(field, value) atomic_store_explicit(&(field), (value), memory_order_relaxed)
#define SEE(field) atomic_load_explicit(&(field), memory_order_relaxed)

/* The start is written last, so who sees it sees the rest. */
void state_record_begin_task(struct state_record *record, const struct state_task *task)
{
    uint64_t words[4];

    memcpy(words, task->kernel, sizeof words);
    SHOW(record->task_limit_ms, task->limit_ms);
    SHOW(record->task_exec, task->exec);
    SHOW(record->task_creator, task->creator);
    SHOW(record->task_id, task->id);
    SHOW(record->task_depth, task->depth);
    for (int i = 0; i < 4; i++)
        SHOW(record->task_kernel[i], words[i]);
    atomic_store_explicit(&record->task_started_ns, task->started_ns, memory_order_release);
}

void state_record_end_task(struct state_record *record)
{
    atomic_store_explicit(&record->task_started_ns, 0, memory_order_release);
    atomic_thread_fence(memory_order_release); // the next task's words come after this
}

/* What was read while another task began is read again. */
bool state_record_task(const struct state_record *record, struct state_task *task)
{
    uint64_t words[4], started_ns;

    do {
        started_ns = atomic_load_explicit(&record->task_started_ns, memory_order_acquire);
        if (started_ns == 0)
            return false;
        *task = (struct state_task){.started_ns = started_ns,
                                    .limit_ms = SEE(record->task_limit_ms),
                                    .exec = SEE(record->task_exec),
                                    .creator = SEE(record->task_creator),
                                    .id = SEE(record->task_id),
                                    .depth = SEE(record->task_depth)};
        for (int i = 0; i < 4; i++)
            words[i] = SEE(record->task_kernel[i]);
        atomic_thread_fence(memory_order_acquire);
    } while (SEE(record->task_started_ns) != started_ns);
    memcpy(task->kernel, words, sizeof words);
    task->kernel[sizeof task->kernel - 1] = '\0';
    return true;
}

bool state_record_process(const struct state_record *record, struct process_stat *stat)
{
    uint64_t start_ticks = record->start_ticks;

    if (!process_stat_read(record->pid, stat) || stat->state == 'Z' || stat->state == 'X')
        return false;
    return start_ticks == 0 || stat->start_ticks <= start_ticks;
}

bool state_record_alive(const struct state_record *record)
{
    struct process_stat stat;

    return state_record_process(record, &stat);
}
