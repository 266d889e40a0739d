/* A preflight and a plan for people and for tools: `linqu doctor` and `linqu run --dry-run`. */

#ifndef CLI_PREFLIGHT_PRINT_H
#define CLI_PREFLIGHT_PRINT_H

#include <jansson.h>

#include "rundir/preflight.h"

/* 3 when a line fails, else 0. */
int preflight_exit_code(const struct preflight *preflight);

/* A line for each check: ok, warn or FAIL, need, limit, and below it what mends it. */
void preflight_print(const struct preflight *preflight);
/* The members of linqu.doctor/1. */
json_t *preflight_json(const struct topology *topology, const char *base,
                       const struct preflight *preflight);

/* What `linqu run` would make; `name` is --name or NULL. */
void plan_print(const struct topology *topology, const char *base, const char *name,
                const struct preflight *preflight);
json_t *plan_json(const struct topology *topology, const char *base, const char *name,
                  const struct preflight *preflight);

#endif
