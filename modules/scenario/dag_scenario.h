#ifndef SCENARIO_DAG_SCENARIO_H
#define SCENARIO_DAG_SCENARIO_H

#include "scenario/scenario.h"

extern const struct scenario dag_scenario;

#endif
