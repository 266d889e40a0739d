// links: users
// limit: 600 s
/* Random programs in whole worlds: what they make is what running their tasks one after the other
 * makes, whatever the delays, the lost connections and the repeated messages; and afterwards
 * nothing is left in any node. When nodes die, what depended on them fails with a sentence, and all
 * the rest is as it would have been. SEED= and SEEDS= choose the programs, STORY=1
 * tells what happened. */

#include <jansson.h>
#include <stdio.h>

#include "generate.h"
#include "random_accounts.h"
#include "random_kernels.h"

enum { SEEDS_USUAL = 1000, EVENTS = 3000000, TIMEOUT_S = 570 };

/* The story that runs now; every claim that does not hold names it. */
static uint64_t seed_now;
#define hold(condition, format, ...)                                                               \
    claim(condition, "seed %" PRIu64 " (%s): " format, seed_now, running.plan->spec, ##__VA_ARGS__)

static struct plan plan;

struct sums {
    uint64_t workers, activations, refusals, failed, contacts, cuts, repeats, deaths, sights;
};

static struct world *open_world(uint64_t seed, const struct world_faults *faults)
{
    char rings[64];
    struct error err;
    const struct world_config config = {.topology = plan.spec,
                                        .ring_capacity = rings,
                                        .seed = seed,
                                        .copy_budget = plan.copy_budget,
                                        .faults = *faults,
                                        .story = getenv("STORY")};
    struct world *world;

    snprintf(rings, sizeof rings, "task=%u,buffer=%u", plan.slots, plan.bytes);
    world = world_create(&config, &err);
    hold(world, "%s", err.text);
    add_kernels(world, &plan);
    hold(world_start(world), "it does not come up");
    return world;
}

static void check_accounts(const struct world *world)
{
    char left[160], path[LIMIT_NODE_PATH];

    for (uint32_t rank = 0; rank < plan.topology.node_count; rank++) {
        topology_path(&plan.topology, rank, path, sizeof path);
        hold(!node_has_left(world, rank, left, sizeof left), "%s: %s", path, left);
    }
}

/* STORY=1 shows what happened. */
static void tell_story(const struct world *world)
{
    const struct buffer *story = world_story(world);

    if (!getenv("STORY"))
        return;
    print_plan(&plan);
    fwrite(story->data, 1, story->size, stderr);
}

/* Where something was lost, more has failed; what has not is the reference's. */
static void compare_rest(const struct sights *seen, const struct sights *right)
{
    for (size_t i = 0; i < seen->count; i++) {
        const struct sight *a = &seen->list[i];
        const struct sight *b =
            right->count ? bsearch(a, right->list, right->count, sizeof *b, sight_order) : NULL;

        if (a->failed)
            continue;
        hold(b, "sight of key %016" PRIx64 ", which the reference has not", a->key);
        if (a->errors)
            hold(a->value >= b->value, "fewer errors than the reference has");
        else
            hold(!b->failed && a->value == b->value,
                 "key %016" PRIx64 " is %" PRIx64 ", the reference has %s %" PRIx64, a->key,
                 a->value, b->failed ? "failed" : "value", b->value);
    }
}

static void check_exec(const struct world *world, uint64_t number, bool well, bool lossy)
{
    const struct world_exec *exec = world_exec_of(world, number);

    if (!world_node(world, plan.roots[number - 1].rank)) // the launcher hears of that as a death
        return;
    hold(exec->done, "exec %" PRIu64 " never ends", number);
    hold(lossy || exec->failed == !well, "exec %" PRIu64 " %s, the reference %s: %s", number,
         exec->failed ? "fails" : "completes", well ? "completes" : "fails", exec->error);
    hold(well || exec->failed || plan.registers_much,
         "exec %" PRIu64 " completes, the reference fails", number);
    hold(!exec->failed || strstr(exec->error, ": "), "a failure without a sentence: '%s'",
         exec->error);
}

/* All execs, against the reference. */
static void compare(const struct world *world, bool lossy)
{
    struct reference reference = {.plan = &plan, .refusals = &running.refusals};
    bool well[ROOTS_MAX];
    char text[256];

    tell_story(world);
    for (unsigned i = 0; i < plan.root_count; i++)
        well[i] = reference_activation(&reference, plan.roots[i].program, plan.roots[i].rank,
                                       key_of(i + 1, 0, 1), NULL, NULL);
    sights_sort(&running.sights);
    sights_sort(&reference.sights);
    hold(!running.complaint[0], "%s", running.complaint);
    for (unsigned i = 0; i < plan.root_count; i++)
        check_exec(world, i + 1, well[i], lossy);
    if (lossy)
        compare_rest(&running.sights, &reference.sights);
    else
        hold(sights_agree(&running.sights, &reference.sights, text, sizeof text), "%s", text);
    free(reference.sights.list);
}

/* Those execs whose end was heard of ended as the reference says, or failed with a sentence. */
static void compare_done(const struct world *world)
{
    hold(!running.complaint[0], "%s", running.complaint);
    for (uint64_t i = 1; i <= plan.root_count; i++) {
        const struct world_exec *exec = world_exec_of(world, i);

        hold(!exec->done || !exec->failed || strstr(exec->error, ": "),
             "a failure without a sentence: '%s'", exec->error);
    }
}

static void begin_execs(struct world *world)
{
    for (unsigned i = 0; i < plan.root_count; i++) {
        const struct root *root = &plan.roots[i];
        uint64_t args[ARGS_OWN] = {[ARG_KEY] = i + 1};

        world_exec(world, root->rank, program_kernels[root->program].name, args, ARGS_OWN);
    }
}

static void begin_run(uint64_t seed)
{
    seed_now = seed;
    gen_plan(&plan, seed, false);
    free(running.sights.list);
    memset(&running, 0, sizeof running);
    running.plan = &plan;
}

static void add_up(struct sums *sums, struct world *world)
{
    const struct world_counts *counts = world_counts(world);

    sums->workers += running.workers;
    sums->activations += running.activations;
    sums->refusals += running.refusals.count;
    sums->sights += running.sights.count;
    sums->contacts += counts->contacts;
    sums->cuts += counts->cuts;
    sums->repeats += counts->repeats;
    for (uint64_t i = 1; i <= plan.root_count; i++)
        sums->failed += world_exec_of(world, i)->failed;
}

static void run_all(struct world *world)
{
    begin_execs(world);
    hold(world_run(world, EVENTS), "it does not come to an end");
}

static json_t *file_of(const struct world *world, uint32_t rank, const char *name)
{
    const struct buffer *file = world_file(world, rank, name);
    json_error_t error;
    json_t *root;

    if (!file)
        return NULL;
    root = json_loadb((const char *)file->data, file->size, 0, &error);
    hold(root, "%s of node %u: %s", name, rank, error.text);
    return root;
}

static long long number_in(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* Every task that a node ran is in its trace, and its profile says that what was claimed came back.
 */
static void check_files_of(const struct world *world, uint32_t rank)
{
    const struct node_counters *counters = node_counters(world_node(world, rank));
    json_t *trace = file_of(world, rank, "task_trace.json");
    json_t *profile = file_of(world, rank, "ring_profile.json"), *layer;
    size_t ran = counters->tasks_done + counters->tasks_failed, i;

    hold(!ran || trace, "node %u ran %zu tasks and has no trace", rank, ran);
    hold(json_array_size(json_object_get(trace, "tasks")) == ran,
         "node %u ran %zu tasks, its trace has %zu", rank, ran,
         json_array_size(json_object_get(trace, "tasks")));
    json_array_foreach(json_object_get(profile, "layers"), i, layer)
        hold(number_in(layer, "task_alloc_count") == number_in(layer, "task_retire_count"),
             "node %u, layer %zu: %lld tasks, %lld retired", rank, i,
             number_in(layer, "task_alloc_count"), number_in(layer, "task_retire_count"));
    json_decref(trace);
    json_decref(profile);
}

static void check_files(struct world *world)
{
    world_gather(world, 3);
    hold(world_run(world, EVENTS), "a round does not come to an end");
    hold(world_heard(world)->gathered == 1 && !world_heard(world)->gathered_missing &&
             !world_heard(world)->gathered_error[0],
         "%s", world_heard(world)->gathered_error);
    for (uint32_t rank = 0; rank < plan.topology.node_count; rank++)
        if (topology_level_of_rank(&plan.topology, rank) !=
            LEVEL_CHIP) // whose files lie at its host
            check_files_of(world, rank);
}

/* No frame was refused, and what came late is what came twice. */
static void check_counters(const struct world *world, const struct world_faults *faults)
{
    uint64_t late = 0;

    for (uint32_t rank = 0; rank < plan.topology.node_count; rank++) {
        const struct node_counters *counters = node_counters(world_node(world, rank));

        hold(counters->refused == 0, "node %u refused %" PRIu64 " frames", rank, counters->refused);
        late += counters->late;
    }
    for (uint64_t i = 1; i <= plan.root_count; i++)
        late += world_exec_of(world, i)->answers - 1;
    hold(faults->cut || late == world_counts(world)->repeats,
         "%" PRIu64 " were late, %" PRIu64 " came twice", late, world_counts(world)->repeats);
}

static void run_exact(uint64_t seed, const struct world_faults *faults, struct sums *sums)
{
    struct world *world;

    begin_run(seed);
    world = open_world(seed, faults);
    run_all(world);
    compare(world, false);
    check_accounts(world);
    check_counters(world, faults);
    check_files(world);
    add_up(sums, world);
    world_shutdown(world, true, 8000);
    hold(world_run(world, EVENTS), "it does not stop");
    for (uint32_t rank = 0; rank < plan.topology.node_count; rank++)
        hold(world_exit_of(world, rank) == 0, "node %u exits with %d", rank,
             world_exit_of(world, rank));
    world_destroy(world);
}

static void print_sums(const struct sums *sums)
{
    printf("note %" PRIu64 " workers, %" PRIu64 " activations, %" PRIu64 " sights, %" PRIu64
           " deadlocks, %" PRIu64 " failed execs, %" PRIu64 " connections, %" PRIu64
           " lost, %" PRIu64 " repeats, %" PRIu64 " deaths\n",
           sums->workers, sums->activations, sums->sights, sums->refusals, sums->failed,
           sums->contacts, sums->cuts, sums->repeats, sums->deaths);
}

#define each_seed(seed)                                                                            \
    uint64_t seed = seed_first(), seed##_end = seed + seed_count(SEEDS_USUAL);                     \
    seed < seed##_end;                                                                             \
    seed++

START_TEST(programs_give_the_sequential_result)
{
    struct sums sums = {0};

    for (each_seed(seed))
        run_exact(seed, &(struct world_faults){.spread = seed % 2 ? 40 : 0}, &sums);
    print_sums(&sums);
}
END_TEST

START_TEST(lost_connections_and_repeated_messages_change_no_result)
{
    struct sums sums = {0};

    for (each_seed(seed))
        run_exact(seed,
                  &(struct world_faults){.spread = 300, .cut = seed % 2 ? 20 : 0, .repeat = 100},
                  &sums);
    print_sums(&sums);
}
END_TEST

/* At some moment of the execs a node dies, or two do. */
static void run_with_deaths(uint64_t seed, struct sums *sums)
{
    const struct world_faults faults = {.spread = 60, .closed = seed % 3 ? 0 : 100};
    uint64_t random = seed;
    struct world *world;

    begin_run(seed);
    running.crashing = seed % 2;
    world = open_world(seed, &faults);
    begin_execs(world);
    for (unsigned deaths = 1 + random_below(&random, 2); deaths > 0; deaths--) {
        world_run_until(world, world_now(world) + 1000 * random_below(&random, 3000));
        world_kill(world, 1 + random_below(&random, plan.topology.node_count - 1));
        sums->deaths++;
    }
    hold(world_run(world, EVENTS), "it does not come to an end");
    compare(world, true);
    check_accounts(world);
    add_up(sums, world);
    world_destroy(world);
}

START_TEST(deaths_fail_what_depended_on_them_and_nothing_else)
{
    struct sums sums = {0};

    for (each_seed(seed))
        run_with_deaths(seed, &sums);
    print_sums(&sums);
}
END_TEST

/* Some work is under way when the end is asked for. */
static void run_and_stop(uint64_t seed, struct sums *sums)
{
    uint64_t random = seed;
    struct world *world;

    begin_run(seed);
    world = open_world(seed, &(struct world_faults){.spread = 60});
    begin_execs(world);
    world_run_until(world, world_now(world) + 1000 * random_below(&random, 2000));
    world_shutdown(world, random_below(&random, 2), 8000);
    hold(world_run(world, EVENTS), "it does not come to an end");
    for (uint32_t rank = 0; rank < plan.topology.node_count; rank++)
        hold(world_exit_of(world, rank) == 0, "node %u exits with %d", rank,
             world_exit_of(world, rank));
    compare_done(world);
    add_up(sums, world);
    world_destroy(world);
}

START_TEST(an_end_in_the_middle_of_work_is_an_end_in_order)
{
    struct sums sums = {0};

    for (each_seed(seed))
        run_and_stop(seed, &sums);
    print_sums(&sums);
}
END_TEST

static uint64_t digest_of(uint64_t seed)
{
    const struct world_faults faults = {.spread = 100, .cut = 20, .repeat = 50};
    struct world *world;
    uint64_t digest;

    begin_run(seed);
    world = open_world(seed, &faults);
    begin_execs(world);
    world_run_until(world, world_now(world) + 1000 * (seed % 2000));
    world_kill(world, 1);
    hold(world_run(world, EVENTS), "it does not come to an end");
    digest = world_digest(world);
    world_destroy(world);
    return digest;
}

START_TEST(a_run_is_the_same_again_from_its_seed)
{
    uint64_t seed = seed_first(), end = seed + seed_count(SEEDS_USUAL) / 10 + 1;

    for (uint64_t last = 0, digest; seed < end; seed++, last = digest) {
        digest = digest_of(seed);
        hold(digest_of(seed) == digest, "another run");
        hold(digest != last, "all runs are the same");
    }
}
END_TEST

SUITE_MAIN_OF("programs", NULL, NULL, getenv("SEEDS") ? 0 : TIMEOUT_S,
              programs_give_the_sequential_result,
              lost_connections_and_repeated_messages_change_no_result,
              deaths_fail_what_depended_on_them_and_nothing_else,
              an_end_in_the_middle_of_work_is_an_end_in_order,
              a_run_is_the_same_again_from_its_seed)
