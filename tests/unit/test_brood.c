// links: body
/* The memory that a parent makes for its children before it forks them. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"
#include "topology_fixture.h"
#include "super/brood.h"
#include "topo/ring_layout.h"
#include "transport/ring_link.h"

enum { CHILDREN = 3 };

static struct topology topology;
static struct inherit_run run = {.topology = &topology};
static struct brood brood;
static struct inherit parent; // this process, as a node

static bool is_mapped(const void *address)
{
    unsigned char resident;

    return mincore((void *)((uintptr_t)address & ~(uintptr_t)4095), 1, &resident) == 0;
}

/* What a child does: exit status 0 when all is as it should be. */
static int child_life(const struct inherit *self, uint32_t number)
{
    uint8_t *buffers = self->buffers;
    const char *edges = (char *)self->edge - (size_t)RING_EDGE_SIZE * number;
    const char *all_rings = (char *)self->buffers - self->buffers_size * number;

    if (self->buffers_size != ring_layout_size(&topology, self->rank) || buffers[0] != 0)
        return 1;
    for (unsigned i = 0; i < CHILDREN; i++) {
        const char *edge = edges + i * RING_EDGE_SIZE;
        const char *rings = all_rings + i * self->buffers_size;

        if (is_mapped(edge) != (edge == self->edge) ||
            is_mapped(rings) != (rings == self->buffers) ||
            is_mapped(rings + self->buffers_size - 1) != (rings == self->buffers))
            return 2;
    }
    buffers[0] = (uint8_t)self->rank;
    buffers[self->buffers_size - 1] = (uint8_t)(self->rank + 100);
    if (is_mapped(parent.edge) || is_mapped(parent.buffers))
        return 4;
    raise(SIGKILL);
    return 3;
}

static void open_brood(const char *spec, uint32_t rank)
{
    struct inherit child;
    struct error err;
    uint32_t count;
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct brood_gift gift = {
        .run = &run, .parent = &parent, .bell_fd = fd, .dir_fd = fd, .run_dir_fd = fd};

    topology = topology_of(spec);
    parent.buffers_size = 1 << 20;
    parent.edge = mmap(NULL, RING_EDGE_SIZE + parent.buffers_size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    parent.buffers = (char *)parent.edge + RING_EDGE_SIZE;
    gift.first_rank = topology_children(&topology, rank, &count);
    ck_assert_uint_eq(count, CHILDREN);
    switch (brood_fork(&brood, CHILDREN, &gift, &child, &err)) {
    case BROOD_PARENT:
        break;
    case BROOD_CHILD:
        _exit(child_life(&child, child.rank - gift.first_rank));
    default:
        ck_abort_msg("%s", err.text);
    }
    close(fd);
}

START_TEST(what_a_killed_child_wrote_into_its_rings_is_still_there_and_only_it_could_reach_them)
{
    open_brood("2x3", 1);
    for (uint32_t i = 0; i < CHILDREN; i++) {
        const uint8_t *buffers = brood.children[i].buffers;
        int status;

        ck_assert_int_eq(waitpid(brood.children[i].pid, &status, 0), brood.children[i].pid);
        ck_assert_msg(WIFSIGNALED(status), "child %u: status %d", i, WEXITSTATUS(status));
        ck_assert_uint_eq(buffers[0], 3 + i);
        ck_assert_uint_eq(buffers[brood.buffers_size - 1], 103 + i);
        brood.children[i].pid = 0;
    }
    brood_destroy(&brood);
}
END_TEST

START_TEST(more_address_space_than_there_is_is_a_sentence)
{
    struct brood_gift gift = {.run = &run, .first_rank = 1};
    struct inherit child;
    struct error err;

    topology = topology_of("L4:1 L3:65536");
    for (unsigned level = 0; level < LEVEL_COUNT; level++)
        topology.settings.buffer_ring_bytes[level] = UINT64_C(64) << 30;
    ck_assert_int_eq(brood_fork(&brood, 65536, &gift, &child, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "--ring-capacity"));
    brood_destroy(&brood);
}
END_TEST

/* The memory and the doorbell take the last descriptors, so none is left to watch the child by. */
START_TEST(a_child_that_cannot_be_watched_is_ended)
{
    struct rlimit before, few;
    struct inherit child;
    struct error err;
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC), result;
    struct brood_gift gift = {.run = &run, .first_rank = 2, .bell_fd = fd, .dir_fd = fd};

    ck_assert_int_eq(topology_parse("2x3", &topology, &err), 0);
    gift.run_dir_fd = fd;
    getrlimit(RLIMIT_NOFILE, &before);
    few = before;
    few.rlim_cur = (rlim_t)fd + 3;
    setrlimit(RLIMIT_NOFILE, &few);
    result = brood_fork(&brood, CHILDREN, &gift, &child, &err);
    setrlimit(RLIMIT_NOFILE, &before);
    if (result == BROOD_CHILD)
        pause();
    ck_assert_int_eq(result, -1);
    ck_assert_str_eq(err.text, "cannot watch child 0: Too many open files");
    for (uint32_t i = 0; i < CHILDREN; i++)
        ck_assert_int_eq(brood.children[i].pid, 0);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    ck_assert_ptr_null(brood_child(&brood, CHILDREN));
    brood_destroy(&brood);
    close(fd);
}
END_TEST

SUITE_MAIN("brood", a_child_that_cannot_be_watched_is_ended,
           what_a_killed_child_wrote_into_its_rings_is_still_there_and_only_it_could_reach_them,
           more_address_space_than_there_is_is_a_sentence)
