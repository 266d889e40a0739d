#ifndef SCENARIO_RING_STRESS_SCENARIO_H
#define SCENARIO_RING_STRESS_SCENARIO_H

#include "scenario/scenario.h"

extern const struct scenario ring_stress_scenario;

#endif
