#include "super/brood.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/number_text.h"
#include "topo/ring_layout.h"
#include "transport/ring_link.h"

/* Memory of which each child maps its part: so it need not have all, and unmap what is the others'.
 * -1 where there is none, as under `ulimit -f`. */
static int memory_file(size_t size)
{
    int fd = size > (size_t)INT64_MAX ? -1 : memfd_create("linqu-brood", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, (off_t)size) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Only address space: what nobody writes to costs nothing. NULL when there is not so much. `fd` is
 * -1 or the memory, and then no child has what is mapped here. */
static void *map_all(int fd, size_t offset, size_t size)
{
    int flags = MAP_SHARED | MAP_NORESERVE | (fd < 0 ? MAP_ANONYMOUS : 0);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, (off_t)offset);

    if (memory == MAP_FAILED)
        return NULL;
    if (fd >= 0)
        madvise(memory, size, MADV_DONTFORK);
    return memory;
}

static size_t edges_size(const struct brood *brood)
{
    return (size_t)brood->count * RING_EDGE_SIZE;
}

/* Edges, which every wake-up touches, lie close to the other mappings; buffer rings need terabytes.
 */
static int make_memory(struct brood *brood, const struct brood_gift *gift, struct error *err)
{
    size_t size, all;

    brood->buffers_size = ring_layout_size(gift->run->topology, gift->first_rank);
    if (__builtin_mul_overflow(brood->count, brood->buffers_size, &size) ||
        __builtin_add_overflow(size, edges_size(brood), &all))
        size = all = SIZE_MAX; // which nobody has
    brood->memory_fd = memory_file(all);
    brood->edges = map_all(brood->memory_fd, 0, edges_size(brood));
    if (brood->edges)
        brood->buffers = map_all(brood->memory_fd, edges_size(brood), size);
    if (brood->edges && brood->buffers)
        return 0;
    return error_set(err,
                     "cannot map %s of address space for the edges and buffer rings of %u "
                     "children: %s; --ring-capacity buffer=... makes them smaller",
                     with_unit(size), brood->count, strerror(errno));
}

/* Move what the child keeps to its fixed numbers and close the rest. Sources that are in the way go
 * up first. */
static void settle_descriptors(const struct brood_gift *gift, int own_bell)
{
    int from[] = {own_bell, gift->bell_fd, gift->dir_fd, gift->run_dir_fd, gift->traces_fd};
    int count = KEEP_END - KEEP_BELL - !gift->run->keeps_traces;

    for (int i = 0; i < count; i++)
        if (from[i] < KEEP_END && from[i] != KEEP_BELL + i)
            from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, KEEP_END);
    for (int i = 0; i < count; i++)
        if (from[i] != KEEP_BELL + i && dup3(from[i], KEEP_BELL + i, O_CLOEXEC) < 0)
            _exit(EXIT_START);
    close_range((unsigned)(KEEP_BELL + count), ~0U, 0);
}

/* Of the parts of `size` bytes of all children only that one stays mapped. */
static void keep_part(char *parts, uint32_t count, size_t size, uint32_t number)
{
    if (number > 0)
        munmap(parts, number * size);
    if (number + 1 < count)
        munmap(parts + (number + 1) * size, (count - number - 1) * size);
}

/* Without memory there is no way to tell the parent more than an exit code: the sentence goes to
 * the run's stderr.log. */
static _Noreturn void leave_without_memory(const struct inherit *self)
{
    char path[LIMIT_NODE_PATH];
    const char *cause = strerror(errno);

    topology_path(self->run->topology, self->rank, path, sizeof path);
    dprintf(STDERR_FILENO,
            "linqu: %s: cannot map its edge and its buffer rings: %s; a smaller --ring-capacity "
            "or a larger `ulimit -v` helps\n",
            path, cause);
    _exit(EXIT_START);
}

/* At the place where the parent has it: it is free here. */
static void map_part(const struct inherit *self, int fd, size_t offset, void *place, size_t size)
{
    if (mmap(place, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd,
             (off_t)offset) == MAP_FAILED)
        leave_without_memory(self);
}

/* Only our own edge and buffer rings are mapped. */
static void settle_memory(const struct brood *brood, uint32_t number, const struct inherit *self)
{
    if (brood->memory_fd < 0) {
        keep_part(brood->edges, brood->count, RING_EDGE_SIZE, number);
        keep_part(brood->buffers, brood->count, brood->buffers_size, number);
        return;
    }
    map_part(self, brood->memory_fd, (size_t)number * RING_EDGE_SIZE, self->edge, RING_EDGE_SIZE);
    map_part(self, brood->memory_fd, edges_size(brood) + number * brood->buffers_size,
             self->buffers, self->buffers_size);
}

/* What is between this process and its parent is not for its children. */
static void withhold_memory(const struct inherit *self)
{
    if (!self)
        return;
    madvise(self->edge, RING_EDGE_SIZE, MADV_DONTFORK);
    madvise(self->buffers, self->buffers_size, MADV_DONTFORK);
}

/* Now, in the ticks of field 22 of /proc/PID/stat: this process began no later, and one that takes
 * its pid when it has ended begins later. Without the cost of reading the file. */
static uint64_t boot_ticks(uint64_t ticks_a_second)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * ticks_a_second +
           (uint64_t)now.tv_nsec / (UINT64_C(1000000000) / ticks_a_second);
}

static void become_child(const struct brood *brood, uint32_t number, const struct brood_gift *gift,
                         struct inherit *child)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != child->parent_pid)
        _exit(EXIT_ORPHANED);
    child->start_ticks = boot_ticks(brood->ticks_a_second);
    placement_take(&gift->run->placement, child->rank);
    settle_memory(brood, number, child);
    settle_descriptors(gift, brood->children[number].bell_fd);
}

static void give_memory(struct brood *brood, uint32_t number, struct inherit *child)
{
    struct brood_child *entry = &brood->children[number];

    entry->edge = child->edge = (char *)brood->edges + (size_t)number * RING_EDGE_SIZE;
    entry->buffers = child->buffers = (char *)brood->buffers + number * brood->buffers_size;
    child->buffers_size = brood->buffers_size;
}

/* Whose end nobody would hear of must not live. */
static void give_up(struct brood_child *child)
{
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    child->pid = 0;
}

static int fork_one(struct brood *brood, uint32_t number, const struct brood_gift *gift,
                    struct inherit *child, struct error *err)
{
    struct brood_child *entry = &brood->children[number];
    pid_t pid;

    give_memory(brood, number, child);
    entry->bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (entry->bell_fd < 0)
        return error_set(err, "cannot make a doorbell for child %u: %s", number, strerror(errno));
    pid = _Fork(); // there are no threads whose locks fork() would have to see to
    if (pid < 0)
        return error_set(err, "cannot fork child %u of %u: %s", number, brood->count,
                         strerror(errno));
    if (pid == 0) {
        become_child(brood, number, gift, child);
        return BROOD_CHILD;
    }
    entry->pid = pid;
    entry->pid_fd = pidfd_open(pid, 0);
    if (entry->pid_fd >= 0)
        return BROOD_PARENT;
    error_set(err, "cannot watch child %u: %s", number, strerror(errno));
    give_up(entry);
    return -1;
}

static void close_memory(struct brood *brood)
{
    if (brood->memory_fd >= 0)
        close(brood->memory_fd);
    brood->memory_fd = -1;
}

static void start_empty(struct brood *brood, uint32_t count)
{
    *brood = (struct brood){
        .count = count, .memory_fd = -1, .ticks_a_second = (uint64_t)sysconf(_SC_CLK_TCK)};
    brood->children = memory_new(count, sizeof *brood->children);
    for (uint32_t i = 0; i < count; i++)
        brood->children[i].pid_fd = brood->children[i].bell_fd = -1;
}

int brood_fork(struct brood *brood, uint32_t count, const struct brood_gift *gift,
               struct inherit *child, struct error *err)
{
    pid_t self = getpid();
    int side = BROOD_PARENT;

    start_empty(brood, count);
    if (count == 0)
        return BROOD_PARENT;
    if (make_memory(brood, gift, err) < 0) {
        close_memory(brood);
        return -1;
    }
    withhold_memory(gift->parent);
    fflush(NULL);
    for (uint32_t i = 0; i < count && side == BROOD_PARENT; i++) {
        *child =
            (struct inherit){.run = gift->run, .rank = gift->first_rank + i, .parent_pid = self};
        side = fork_one(brood, i, gift, child, err);
    }
    if (side != BROOD_CHILD)
        close_memory(brood);
    return side;
}

static void forget(struct brood_child *child)
{
    child->pid = 0;
    if (child->pid_fd >= 0)
        close(child->pid_fd);
    child->pid_fd = -1;
}

bool brood_reap(struct brood *brood, uint32_t number, int *wait_status)
{
    struct brood_child *child = &brood->children[number];

    if (child->pid == 0 || waitpid(child->pid, wait_status, WNOHANG) != child->pid)
        return false;
    forget(child);
    return true;
}

void brood_destroy(struct brood *brood)
{
    for (uint32_t i = 0; i < brood->count; i++) {
        forget(&brood->children[i]);
        if (brood->children[i].bell_fd >= 0)
            close(brood->children[i].bell_fd);
    }
    if (brood->edges)
        munmap(brood->edges, edges_size(brood));
    if (brood->buffers)
        munmap(brood->buffers, brood->count * brood->buffers_size);
    free(brood->children);
    *brood = (struct brood){0};
}
