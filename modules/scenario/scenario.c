#include "scenario/scenario.h"

#include <string.h>

#include "scenario/dag_scenario.h"
#include "scenario/dfs_sum_scenario.h"
#include "scenario/ring_stress_scenario.h"
#include "scenario/topology_scenario.h"

static const struct scenario *const scenarios[] = {&topology_scenario, &dag_scenario,
                                                   &ring_stress_scenario, &dfs_sum_scenario};

enum { SCENARIO_COUNT = sizeof scenarios / sizeof scenarios[0] };

const struct scenario *scenario_find(const char *name)
{
    for (size_t i = 0; i < SCENARIO_COUNT; i++)
        if (strcmp(scenarios[i]->name, name) == 0)
            return scenarios[i];
    return NULL;
}

const struct scenario *const *scenario_all(size_t *count)
{
    *count = SCENARIO_COUNT;
    return scenarios;
}
