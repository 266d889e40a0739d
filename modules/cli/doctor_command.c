/* `linqu doctor`: what a topology needs against what this machine gives. */

#include "base/exit_code.h"
#include "base/number_text.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/preflight_print.h"
#include "cli/topology_load.h"
#include "rundir/run_dir.h"

static void verdict_print(const struct topology *topology, const struct preflight *preflight)
{
    char shape[256];

    topology_to_text(topology, shape, sizeof shape);
    printf("\n%s, %s nodes: %s\n", shape, with_commas(topology->node_count),
           preflight->worst == PREFLIGHT_FAIL ? "this machine cannot hold it"
                                              : "this machine can hold it");
}

int doctor_command(const struct invocation *invocation)
{
    char base[LIMIT_PATH], notice[LIMIT_PATH];
    struct preflight preflight;
    struct topology topology;
    struct error err;

    if (topology_load(invocation->text[OPTION_TOPOLOGY], &topology, &err) < 0 ||
        topology_take_capacities(&topology, invocation, &err) < 0 ||
        topology_name_systems(&topology, NULL, &err) < 0)
        return cli_fail(EXIT_USAGE, "%s", err.text);
    if (run_dir_base_look(invocation->text[OPTION_BASE], base, notice, &err) < 0)
        return cli_fail(EXIT_MACHINE, "%s", err.text);
    if (notice[0])
        cli_note("%s", notice);
    preflight_check(&topology, base, NULL, reservation_sum(base), &preflight);
    if (invocation->given[OPTION_JSON])
        return cli_finish_json(preflight_json(&topology, base, &preflight),
                               preflight_exit_code(&preflight));
    preflight_print(&preflight);
    verdict_print(&topology, &preflight);
    return cli_finish(preflight_exit_code(&preflight));
}
