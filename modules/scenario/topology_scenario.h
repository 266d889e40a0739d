/* The scenario `topology`: a message goes down to every leaf and the answers come up counted by
 * level; every host writes who it is and whom it sees; every named socket answers. Checks T1..T8 of
 * docs/scenarios.md. */

#ifndef SCENARIO_TOPOLOGY_SCENARIO_H
#define SCENARIO_TOPOLOGY_SCENARIO_H

#include "scenario/scenario.h"

extern const struct scenario topology_scenario;

#endif
