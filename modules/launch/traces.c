/* The records of the tasks of nodes that were killed. Every node keeps its records in a part of one
 * memory that the launcher made (node/trace_log.h); who leaves in order writes them itself, and for
 * who does not the launcher does. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "launch/launcher.h"
#include "node/trace_log.h"
#include "rundir/file.h"
#include "topo/node_files.h"

void traces_open(struct launcher *launcher)
{
    off_t size = (off_t)launcher->options->topology->node_count * TRACE_AREA_SIZE;
    int fd = memfd_create("linqu-traces", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, size) < 0) { // only address space: nothing is written yet
        say(launcher, "a node that is killed will leave no task_trace.json: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return;
    }
    launcher->traces_fd = fd;
    launcher->inherit.keeps_traces = true;
}

void traces_close(struct launcher *launcher)
{
    if (launcher->traces_fd >= 0)
        close(launcher->traces_fd);
    launcher->traces_fd = -1;
}

uint64_t traces_count(const struct launcher *launcher)
{
    uint64_t count = 0;

    for (uint32_t rank = 0; rank < launcher->options->topology->node_count; rank++) {
        uint8_t head[TRACE_HEAD_SIZE];

        if (pread(launcher->traces_fd, head, sizeof head, (off_t)rank * TRACE_AREA_SIZE) ==
            sizeof head)
            count += trace_log_peek(head);
    }
    return count;
}

static int write_file(struct launcher *launcher, uint32_t rank, const struct buffer *text,
                      struct error *err)
{
    const struct topology *topology = launcher->options->topology;
    char dir[LIMIT_NODE_FILE], logs[LIMIT_NODE_FILE + 8], name[64];
    int fd, done;

    node_directory(topology, rank, dir, sizeof dir);
    snprintf(logs, sizeof logs, "%s/logs", dir);
    node_tasks_file_name(topology, rank, "task_trace.json", name, sizeof name);
    fd = openat(launcher->dir.fd, logs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, "cannot open %s: %s", logs, strerror(errno));
    done = file_replace(fd, name, text->data, text->size, err);
    close(fd);
    return done;
}

static int write_area(struct launcher *launcher, uint32_t rank, const void *area, struct error *err)
{
    struct trace_log *log = trace_log_open(area, TRACE_AREA_SIZE);
    struct buffer text = {0};
    int done;

    if (!log)
        return 0;
    trace_log_append(&text, log, launcher->options->topology, rank,
                     launcher->options->logical_system);
    done = write_file(launcher, rank, &text, err);
    buffer_free(&text);
    trace_log_destroy(log);
    return done;
}

/* Whether anything lies in that node's part, without a page of its own for it. */
static bool has_records(const struct launcher *launcher, off_t at)
{
    uint64_t first = 0;

    return pread(launcher->traces_fd, &first, sizeof first, at) == sizeof first && first;
}

/* One that is still dying of its parent's death may write yet: its turn is at the end of the run. */
static int write_node(struct launcher *launcher, uint32_t rank, struct error *err)
{
    const struct state_record *record = &launcher->inherit.state.records[rank];
    off_t at = (off_t)rank * TRACE_AREA_SIZE;
    void *area;
    int done;

    if (atomic_load(&record->life) == NODE_STOPPED || !has_records(launcher, at) ||
        state_record_alive(record))
        return 0;
    area = mmap(NULL, TRACE_AREA_SIZE, PROT_READ, MAP_SHARED, launcher->traces_fd, at);
    if (area == MAP_FAILED)
        return error_set(err, "cannot look at the records of a killed node: %s", strerror(errno));
    done = write_area(launcher, rank, area, err);
    munmap(area, TRACE_AREA_SIZE);
    return done;
}

void traces_write(struct launcher *launcher, uint32_t rank)
{
    const struct topology *topology = launcher->options->topology;
    struct error err;

    if (launcher->traces_fd < 0)
        return;
    for (int level = 0; level < LEVEL_COUNT; level++) {
        uint32_t count, first = topology_subtree(topology, rank, (enum level)level, &count);

        for (uint32_t i = 0; i < count; i++) {
            if (write_node(launcher, first + i, &err) == 0)
                continue;
            say(launcher, "%s; there may be more of that kind", err.text);
            return;
        }
    }
}
