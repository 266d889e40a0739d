#ifndef SCENARIO_DFS_SUM_SCENARIO_H
#define SCENARIO_DFS_SUM_SCENARIO_H

#include "scenario/scenario.h"

extern const struct scenario dfs_sum_scenario;

#endif
