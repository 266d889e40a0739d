// links: users
/* Many siblings: one reads what all others have made, and all others read what one has made. A node
 * keeps only so many connections, so some are closed for others. */

#include <stdio.h>
#include <string.h>

#include "../unit/suite.h"
#include "random_accounts.h"
#include "random_values.h"
#include "sim/world.h"

enum { HOSTS = 100, SIZE = 20 * 1024, EVENTS = 2000000 };

static uint64_t sum; // of what the last reader read
static uint32_t readers;
static bool torn; // a tensor held what nobody wrote

static uint64_t value_in(LinquRuntime *rt, uint64_t handle)
{
    size_t size;
    const uint8_t *bytes = linqu_tensor_data(rt, handle, &size);
    uint64_t value = 0;

    torn |= !bytes || size != SIZE || !read_value(bytes, size, &value);
    return value;
}

/* args: value, out */
static void make(LinquRuntime *rt, uint64_t *args, int count)
{
    size_t size;
    uint8_t *bytes = linqu_tensor_data(rt, args[1], &size);

    torn |= count != 2 || !bytes;
    if (bytes)
        write_value(bytes, size, args[0]);
}

/* args: in ... */
static void read_all(LinquRuntime *rt, uint64_t *args, int count)
{
    sum = 0;
    for (int i = 0; i < count; i++)
        sum += value_in(rt, args[i]);
    readers++;
}

static uint64_t make_at(LinquRuntime *rt, LinquCoordinate_C host, uint64_t value)
{
    LinquParam params[2] = {linqu_make_scalar(value),
                            linqu_make_output(linqu_alloc_tensor(rt, host, SIZE))};

    linqu_submit_task(rt, host, "make", params, 2);
    return params[1].handle;
}

static void many_to_one(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    LinquParam params[HOSTS];

    (void)args;
    (void)count;
    for (int i = 0; i < hosts.count; i++)
        params[i] = linqu_make_input(make_at(rt, hosts.peers[i], (uint64_t)i + 1));
    linqu_submit_task(rt, hosts.peers[0], "read", params, hosts.count);
    free(hosts.peers);
}

static void one_to_many(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    LinquParam made = linqu_make_input(make_at(rt, hosts.peers[0], 7));

    (void)args;
    (void)count;
    for (int i = 0; i < hosts.count; i++)
        linqu_submit_task(rt, hosts.peers[i], "read", &made, 1);
    free(hosts.peers);
}

/* More than a window at each host, more than all windows together; and a reader of each. */
static void to_many(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    size_t size = 600 * 1024;
    uint8_t *bytes = malloc(size);

    (void)args;
    (void)count;
    for (int i = 0; i < hosts.count; i++) {
        LinquParam in;

        write_value(bytes, size, (uint64_t)i);
        in = linqu_make_input(linqu_reg_data(rt, hosts.peers[i], bytes, size));
        linqu_submit_task(rt, hosts.peers[i], "see", &in, 1);
        linqu_free_tensor(rt, in.handle);
    }
    free(bytes);
    free(hosts.peers);
}

/* args: in */
static void see(LinquRuntime *rt, uint64_t *args, int count)
{
    size_t size;
    const uint8_t *bytes = linqu_tensor_data(rt, args[0], &size);
    uint64_t value = 0;

    torn |= count != 1 || !bytes || !read_value(bytes, size, &value);
    sum += value;
    readers++;
}

static const struct world_kernel kernels[] = {
    {.name = "make", .level = LINQU_LEVEL_HOST, .role = LINQU_ROLE_WORKER, .entry = make},
    {.name = "read", .level = LINQU_LEVEL_HOST, .role = LINQU_ROLE_WORKER, .entry = read_all},
    {.name = "see", .level = LINQU_LEVEL_HOST, .role = LINQU_ROLE_WORKER, .entry = see},
    {.name = "to many", .level = LINQU_LEVEL_POD, .entry = to_many},
    {.name = "many to one", .level = LINQU_LEVEL_POD, .entry = many_to_one},
    {.name = "one to many", .level = LINQU_LEVEL_POD, .entry = one_to_many},
};

static struct world *open_pod(uint64_t seed, uint32_t cut)
{
    const struct world_config config = {
        .topology = "L4:1 L3:100", .seed = seed, .faults = {.spread = 100, .cut = cut}};
    struct error err;
    struct world *world = world_create(&config, &err);

    ck_assert_msg(world != NULL, "%s", world ? "" : err.text);
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        world_add_kernel(world, &kernels[i]);
    ck_assert(world_start(world));
    sum = readers = 0;
    torn = false;
    return world;
}

static void check_end(struct world *world)
{
    char left[160];

    ck_assert(world_run(world, EVENTS));
    ck_assert(!torn);
    for (uint32_t rank = 0; rank <= HOSTS; rank++)
        ck_assert_msg(!node_has_left(world, rank, left, sizeof left), "node %u: %s", rank, left);
}

START_TEST(one_host_reads_from_more_siblings_than_it_may_be_connected_with)
{
    uint64_t cuts = 0;

    for (uint64_t seed = seed_first(), end = seed + seed_count(10); seed < end; seed++) {
        struct world *world = open_pod(seed, 5);
        uint64_t exec = world_exec(world, 0, "many to one", NULL, 0);

        check_end(world);
        ck_assert_msg(!world_exec_of(world, exec)->failed, "seed %" PRIu64 ": %s", seed,
                      world_exec_of(world, exec)->error);
        ck_assert_uint_eq(sum, HOSTS * (HOSTS + 1) / 2);
        cuts += world_counts(world)->cuts;
        world_destroy(world);
    }
    ck_assert(cuts > 0 || seed_count(10) < 10);
}
END_TEST

START_TEST(all_siblings_read_from_one_host)
{
    struct world *world = open_pod(1, 0);
    uint64_t exec = world_exec(world, 0, "one to many", NULL, 0);

    check_end(world);
    ck_assert_msg(!world_exec_of(world, exec)->failed, "%s", world_exec_of(world, exec)->error);
    ck_assert_uint_eq(readers, HOSTS);
    ck_assert_uint_eq(sum, 7);
    world_destroy(world);
}
END_TEST

/* Whoever it is, wherever the reader stands: one failed task, one sentence that names the dead. */
START_TEST(one_of_many_holders_dies_and_nothing_is_left_of_the_reader)
{
    uint64_t failed = 0;

    for (uint64_t seed = seed_first(), end = seed + seed_count(30); seed < end; seed++) {
        struct world *world = open_pod(seed, 5);
        uint64_t exec = world_exec(world, 0, "many to one", NULL, 0), random = seed;
        uint32_t victim = 2 + random_below(&random, HOSTS - 1);
        char name[32];

        snprintf(name, sizeof name, "L4_0/L3_%u", victim - 1);
        world_run_until(world, world_now(world) + 1000 * random_below(&random, 3000));
        world_kill(world, victim);
        check_end(world);
        ck_assert(world_exec_of(world, exec)->done);
        ck_assert_msg(
            !world_exec_of(world, exec)->failed || strstr(world_exec_of(world, exec)->error, name),
            "seed %" PRIu64 ": %s is dead: %s", seed, name, world_exec_of(world, exec)->error);
        ck_assert(readers == 1 || world_exec_of(world, exec)->failed);
        failed += world_exec_of(world, exec)->failed;
        world_destroy(world);
    }
    ck_assert(failed > 0 || seed_count(30) < 30); // some die too late to be missed
}
END_TEST

START_TEST(one_registers_at_all)
{
    struct world *world = open_pod(1, 0);
    uint64_t exec = world_exec(world, 0, "to many", NULL, 0);

    check_end(world);
    ck_assert_msg(!world_exec_of(world, exec)->failed, "%s", world_exec_of(world, exec)->error);
    ck_assert_uint_eq(readers, HOSTS);
    ck_assert_uint_eq(sum, HOSTS * (HOSTS - 1) / 2);
    world_destroy(world);
}
END_TEST

/* Whenever it dies, the others get what was registered at them, and the failure names the dead. */
START_TEST(one_of_many_at_which_data_is_registered_dies)
{
    for (uint64_t seed = seed_first(), end = seed + seed_count(5); seed < end; seed++) {
        struct world *world = open_pod(seed, 0);
        uint64_t exec = world_exec(world, 0, "to many", NULL, 0), random = seed;
        uint32_t victim = 1 + random_below(&random, HOSTS);
        char name[32];

        snprintf(name, sizeof name, "L4_0/L3_%u", victim - 1);
        world_run_until(world, world_now(world) + 1000 * random_below(&random, 5000));
        world_kill(world, victim);
        check_end(world);
        ck_assert(world_exec_of(world, exec)->done);
        ck_assert_msg(
            !world_exec_of(world, exec)->failed || strstr(world_exec_of(world, exec)->error, name),
            "seed %" PRIu64 ": %s is dead: %s", seed, name, world_exec_of(world, exec)->error);
        ck_assert_uint_ge(readers, HOSTS - 1);
        ck_assert(readers == HOSTS || world_exec_of(world, exec)->failed);
        world_destroy(world);
    }
}
END_TEST

SUITE_MAIN("wide", one_registers_at_all, one_of_many_at_which_data_is_registered_dies,
           one_host_reads_from_more_siblings_than_it_may_be_connected_with,
           all_siblings_read_from_one_host,
           one_of_many_holders_dies_and_nothing_is_left_of_the_reader)
