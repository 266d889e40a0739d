// links: users
/* The world itself: it comes up, answers, loses nodes and goes down as a real tree does, and does
 * it again from its seed. */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../unit/suite.h"
#include "sim/world.h"

enum { EVENTS = 2000000 };

static struct world *world_from(const struct world_config *config)
{
    struct error err;
    struct world *world = world_create(config, &err);

    ck_assert_msg(world != NULL, "%s", world ? "" : err.text);
    return world;
}

static struct world *world_of(const char *topology, uint64_t seed)
{
    return world_from(&(struct world_config){
        .topology = topology, .seed = seed, .faults = {.spread = 40}, .story = true});
}

static void settle(struct world *world)
{
    ck_assert(world_run(world, EVENTS));
}

static uint32_t rank_at(const struct world *world, const char *path)
{
    struct error err;
    uint32_t rank = 0;

    ck_assert(topology_parse_path(world_topology(world), path, &rank, &err) == 0);
    return rank;
}

START_TEST(a_world_comes_up_and_goes_down_in_order)
{
    struct world *world = world_of("2x2x2x2", 1);
    uint32_t count = world_topology(world)->node_count;

    ck_assert(world_start(world));
    for (uint32_t rank = 0; rank < count; rank++)
        ck_assert_int_eq(node_life(world_node(world, rank)), NODE_READY);
    world_shutdown(world, true, 8000);
    settle(world);
    for (uint32_t rank = 0; rank < count; rank++) {
        ck_assert_ptr_null(world_node(world, rank));
        ck_assert_int_eq(world_exit_of(world, rank), 0);
    }
    world_destroy(world);
}
END_TEST

START_TEST(a_round_counts_every_node_and_leaves_files_at_hosts)
{
    struct world *world = world_of("2x2x2", 2);

    ck_assert(world_start(world));
    world_gather(world, 1);
    settle(world);
    ck_assert_uint_eq(world_heard(world)->gathered, 1);
    ck_assert_uint_eq(world_heard(world)->gathered_nodes, 15);
    ck_assert_uint_eq(world_heard(world)->gathered_missing, 0);
    ck_assert_ptr_nonnull(world_file(world, rank_at(world, "L5_1/L4_1/L3_1"), "identity.json"));
    ck_assert_ptr_null(world_file(world, rank_at(world, "L5_1/L4_1"), "identity.json"));
    world_destroy(world);
}
END_TEST

START_TEST(a_killed_node_takes_its_subtree_along_and_everybody_left_hears_of_it)
{
    struct world *world = world_of("2x2x2", 3);
    uint32_t victim, child, far;

    ck_assert(world_start(world));
    victim = rank_at(world, "L5_1/L4_0");
    child = rank_at(world, "L5_1/L4_0/L3_1");
    far = rank_at(world, "L5_0/L4_1/L3_1");
    world_kill(world, victim);
    settle(world);
    ck_assert_int_eq(world_exit_of(world, victim), 128 + 9);
    ck_assert_int_eq(world_exit_of(world, child), 10);
    ck_assert_int_eq(membership_status(node_membership(world_node(world, far)), child),
                     MEMBER_DEAD);
    world_gather(world, 0);
    settle(world);
    ck_assert_uint_eq(world_heard(world)->gathered_nodes, 12);
    ck_assert_uint_eq(world_heard(world)->gathered_missing, 3);
    world_destroy(world);
}
END_TEST

/* One life with everything in it, as a hash and as a text. */
static uint64_t live(uint64_t seed, struct buffer *story)
{
    struct world *world = world_of("2x2x3", seed);
    uint64_t digest;

    ck_assert(world_start(world));
    world_gather(world, 1);
    world_run_until(world, world_now(world) + 60 * 1000);
    world_kill(world, 4);
    settle(world);
    world_run_until(world, world_now(world) + UINT64_C(5000000000));
    world_shutdown(world, true, 1000);
    settle(world);
    digest = world_digest(world);
    buffer_append(story, world_story(world)->data, world_story(world)->size);
    world_destroy(world);
    return digest;
}

START_TEST(a_life_is_the_same_again_from_its_seed_and_another_from_another)
{
    struct buffer first = {0}, second = {0}, other = {0};
    uint64_t digest = live(7, &first);

    ck_assert(live(7, &second) == digest);
    ck_assert(live(8, &other) != digest);
    ck_assert_uint_gt(first.size, 1000);
    ck_assert_uint_eq(first.size, second.size);
    ck_assert(memcmp(first.data, second.data, first.size) == 0);
    ck_assert(first.size != other.size || memcmp(first.data, other.data, first.size) != 0);
    buffer_free(&first);
    buffer_free(&second);
    buffer_free(&other);
}
END_TEST

START_TEST(time_passes_in_an_idle_world_without_a_message)
{
    struct world *world = world_of("2x2x2", 5);
    uint64_t frames;

    ck_assert(world_start(world));
    settle(world);
    frames = world_counts(world)->frames;
    world_run_until(world, UINT64_C(60000000000));
    ck_assert_uint_eq(world_counts(world)->frames, frames);
    ck_assert_uint_gt(world_counts(world)->events, 15 * 50);
    world_destroy(world);
}
END_TEST

/* --- a machine of 1,105 nodes ----------------------------------------------------------------- */

enum { TASKS_A_HOST = 10, REAL_SECONDS_MOST = 10 };

static uint32_t worked; // workers that ran
static uint64_t summed; // by them

/* args: value */
static void count_work(LinquRuntime *rt, uint64_t *args, int count)
{
    (void)rt;
    (void)count;
    world_compute(20000);
    worked++;
    summed += args[0];
}

/* Ten numbered tasks on each host of the whole machine, in one activation. */
static void work_everywhere(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);

    (void)args;
    (void)count;
    for (int i = 0; i < TASKS_A_HOST * hosts.count; i++) {
        LinquParam number = linqu_make_scalar((uint64_t)i);

        linqu_submit_task(rt, hosts.peers[i % hosts.count], "count", &number, 1);
    }
    free(hosts.peers);
}

static const struct world_kernel wide_kernels[] = {
    {.name = "count", .level = LINQU_LEVEL_HOST, .role = LINQU_ROLE_WORKER, .entry = count_work},
    {.name = "everywhere", .level = LINQU_LEVEL_CLOS2, .entry = work_everywhere},
};

START_TEST(ten_tasks_on_each_of_1024_hosts_take_little_real_time)
{
    struct world *world = world_from(&(struct world_config){.topology = "16x4x16", .seed = 1});
    clock_t began = clock();
    uint64_t exec;

    for (size_t i = 0; i < sizeof wide_kernels / sizeof *wide_kernels; i++)
        world_add_kernel(world, &wide_kernels[i]);
    ck_assert(world_start(world));
    exec = world_exec(world, 0, "everywhere", NULL, 0);
    settle(world);
    ck_assert_msg(world_exec_of(world, exec)->done && !world_exec_of(world, exec)->failed, "%s",
                  world_exec_of(world, exec)->error);
    ck_assert_uint_eq(worked, 1024 * TASKS_A_HOST);
    ck_assert_uint_eq(summed, (uint64_t)worked * (worked - 1) / 2);
    ck_assert_uint_eq(world_heard(world)->code_sent, 2);
    printf("note %.2f s, %.3f simulated, %" PRIu64 " frames\n",
           (double)(clock() - began) / CLOCKS_PER_SEC, (double)world_now(world) / 1e9,
           world_counts(world)->frames);
    ck_assert((clock() - began) / CLOCKS_PER_SEC < REAL_SECONDS_MOST);
    world_destroy(world);
}
END_TEST

START_TEST(a_wrong_topology_is_a_sentence)
{
    struct error err = {""};

    ck_assert_ptr_null(world_create(&(struct world_config){.topology = "0x1"}, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "0x1"));
    ck_assert_ptr_null(
        world_create(&(struct world_config){.topology = "1x1x2", .ring_capacity = "task=0"}, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "task='0'"));
}
END_TEST

SUITE_MAIN("world", a_world_comes_up_and_goes_down_in_order,
           a_round_counts_every_node_and_leaves_files_at_hosts,
           a_killed_node_takes_its_subtree_along_and_everybody_left_hears_of_it,
           a_life_is_the_same_again_from_its_seed_and_another_from_another,
           time_passes_in_an_idle_world_without_a_message,
           ten_tasks_on_each_of_1024_hosts_take_little_real_time, a_wrong_topology_is_a_sentence)
