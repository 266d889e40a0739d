/* `linqu run`: options become launch options; everything else is the launcher's. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/limits.h"
#include "base/number_text.h"
#include "base/printable.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/kernel_options.h"
#include "cli/preflight_print.h"
#include "cli/suggest.h"
#include "cli/topology_load.h"
#include "launch/launch.h"
#include "rundir/run_dir.h"
#include "scenario/scenario.h"

/* A starved machine takes longer for a larger tree; a node that hangs is found all the same. */
enum {
    SCENARIOS_MAX = 64,
    START_TIMEOUT_S = 60,
    NODES_PER_START_S = 100,
    STOP_TIMEOUT_S = 10,
    NODES_PER_STOP_S = 100,
    DFS_DIR_MOST = LIMIT_PATH - 32, // behind it goes "/L3_<index>/data.txt"
};

static const char *scenario_near(const char *typed)
{
    const char *names[SCENARIOS_MAX];
    size_t count;
    const struct scenario *const *all = scenario_all(&count);

    for (size_t i = 0; i < count && i < SCENARIOS_MAX; i++)
        names[i] = all[i]->name;
    return suggest(typed, names, count < SCENARIOS_MAX ? count : SCENARIOS_MAX);
}

int scenarios_check(const struct invocation *invocation, char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *near = scenario_near(names[i]);
        char shown[PRINTABLE_SIZE];

        if (scenario_find(names[i]))
            continue;
        printable(names[i], strlen(names[i]), shown);
        if (near)
            return cli_usage(invocation, "there is no scenario %s; did you mean %s?", shown, near);
        return cli_usage(invocation, "there is no scenario %s", shown);
    }
    return 0;
}

/* What would be made, without making it. */
static int dry_run(const struct invocation *invocation, const struct topology *topology)
{
    struct preflight preflight;
    char base[LIMIT_PATH], notice[LIMIT_PATH];
    struct error err;

    if (run_dir_base_look(invocation->text[OPTION_BASE], base, notice, &err) < 0)
        return cli_fail(EXIT_MACHINE, "%s", err.text);
    if (notice[0])
        cli_note("%s", notice);
    preflight_check(topology, base, invocation->text[OPTION_NAME], reservation_sum(base),
                    &preflight);
    if (invocation->given[OPTION_JSON])
        return cli_finish_json(plan_json(topology, base, invocation->text[OPTION_NAME], &preflight),
                               preflight_exit_code(&preflight));
    plan_print(topology, base, invocation->text[OPTION_NAME], &preflight);
    return cli_finish(preflight_exit_code(&preflight));
}

static unsigned start_timeout_s(const struct invocation *invocation,
                                const struct topology *topology)
{
    if (invocation->given[OPTION_START_TIMEOUT])
        return (unsigned)invocation->number[OPTION_START_TIMEOUT];
    return topology->settings.start_timeout_s
               ? topology->settings.start_timeout_s
               : START_TIMEOUT_S + topology->node_count / NODES_PER_START_S;
}

static unsigned stop_timeout_s(const struct invocation *invocation, const struct topology *topology)
{
    return invocation->given[OPTION_STOP_TIMEOUT]
               ? (unsigned)invocation->number[OPTION_STOP_TIMEOUT]
               : STOP_TIMEOUT_S + topology->node_count / NODES_PER_STOP_S;
}

static struct launch_options launch_options_of(const struct invocation *invocation,
                                               const struct topology *topology,
                                               const struct kernel_options *kernel,
                                               const char *dfs_dir)
{
    static const char *const usual[] = {"topology"};

    return (struct launch_options){
        .topology = topology,
        .base = invocation->text[OPTION_BASE],
        .name = invocation->text[OPTION_NAME],
        .logical_system = topology->settings.logical_system,
        .physical_system = topology->settings.physical_system,
        .command = invocation->line,
        .steps = kernel->count ? (const char *const *)kernel->steps : usual,
        .step_count = kernel->count ? kernel->count : 1,
        .kernel = kernel->kernel,
        .dfs_dir = dfs_dir,
        .task_timeout_s = (unsigned)invocation->number[OPTION_TASK_TIMEOUT],
        .seed = invocation->number[OPTION_SEED],
        .keep = (unsigned)invocation->number[OPTION_KEEP],
        .start_timeout_s = start_timeout_s(invocation, topology),
        .timeout_s = (unsigned)invocation->number[OPTION_TIMEOUT],
        .stop_timeout_s = stop_timeout_s(invocation, topology),
        .stall_after_s = (unsigned)invocation->number[OPTION_STALL_AFTER],
        .bind = invocation->number[OPTION_BIND],
        .hold = invocation->given[OPTION_HOLD] || invocation->given[OPTION_DETACH],
        .detach = invocation->given[OPTION_DETACH],
        .json = invocation->given[OPTION_JSON],
        .quiet = invocation->given[OPTION_QUIET],
        .verbose = invocation->given[OPTION_VERBOSE],
        .colour = cli_colour(stderr),
    };
}

/* --dfs-dir, else what the environment says, else NULL; as an absolute path, for kernels may be in
 * another folder. */
static int take_dfs_dir(const struct invocation *invocation, char path[LIMIT_PATH],
                        const char **dfs_dir)
{
    const char *dir = invocation->text[OPTION_DFS_DIR], *slash = "";
    char here[LIMIT_PATH] = "";

    if (!dir)
        dir = getenv("LINQU_DFS_BASE");
    *dfs_dir = dir ? path : NULL;
    if (!dir)
        return 0;
    if (dir[0] != '/') {
        slash = "/";
        if (!getcwd(here, sizeof here))
            return cli_fail(EXIT_MACHINE, "cannot tell the folder that %s is in: %s", dir,
                            strerror(errno));
    }
    if (strlen(here) + strlen(slash) + strlen(dir) > DFS_DIR_MOST)
        return cli_fail(EXIT_USAGE, "the path of --dfs-dir (or LINQU_DFS_BASE) is longer than %d "
                                    "bytes: %s%s%.64s...",
                        DFS_DIR_MOST, here, slash, dir);
    strcpy(stpcpy(stpcpy(path, here), slash), dir);
    return 0;
}

static int run_with(const struct invocation *invocation, const struct topology *topology,
                    const struct kernel_options *kernel)
{
    struct launch_options options;
    char path[LIMIT_PATH];
    const char *dfs_dir;
    struct error err;
    uint32_t rank;
    int wrong;

    if (kernel->kernel.at && topology_parse_path(topology, kernel->kernel.at, &rank, &err) < 0)
        return cli_usage(invocation, "--at: %s", err.text);
    if (invocation->given[OPTION_DRY_RUN])
        return dry_run(invocation, topology);
    wrong = take_dfs_dir(invocation, path, &dfs_dir);
    if (wrong)
        return wrong;
    options = launch_options_of(invocation, topology, kernel, dfs_dir);
    return launch_run(&options);
}

int run_command(const struct invocation *invocation)
{
    const char *name = invocation->text[OPTION_NAME];
    struct kernel_options kernel;
    static struct topology topology; // with the launcher, for the nodes
    struct error err;
    int wrong, result;

    launch_prepare();
    if (topology_load(invocation->text[OPTION_TOPOLOGY], &topology, &err) < 0 ||
        topology_take_capacities(&topology, invocation, &err) < 0 ||
        topology_name_systems(&topology, invocation->text[OPTION_PHYSICAL_SYSTEM], &err) < 0 ||
        (name && run_name_check(name, &err) < 0))
        return cli_fail(EXIT_USAGE, "%s", err.text);
    if (invocation->given[OPTION_QUIET] && invocation->given[OPTION_VERBOSE])
        return cli_usage(invocation, "either --quiet or --verbose");
    wrong =
        kernel_options_take(invocation, invocation->arguments, invocation->argument_count, &kernel);
    if (wrong)
        return wrong;
    result = run_with(invocation, &topology, &kernel);
    kernel_options_free(&kernel);
    return result;
}
