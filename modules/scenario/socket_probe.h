/* Ask every named socket of a run for a heartbeat, some at a time. */

#ifndef SCENARIO_SOCKET_PROBE_H
#define SCENARIO_SOCKET_PROBE_H

#include <stdint.h>

#include "base/limits.h"
#include "topo/topology.h"

struct event_base;

struct probe_result {
    uint32_t asked, answered;
    char first_failure[LIMIT_CAUSE]; // empty when all answered
};

struct probe_config {
    struct event_base *base;
    const struct topology *topology; // borrowed, like all here
    int run_dir_fd;
    const char *logical_system;
    const char *physical_system;
    unsigned timeout_ms;                                        // for one socket
    void (*done)(void *arg, const struct probe_result *result); // once, from the loop
    void *arg;
};

struct socket_probe;
struct socket_probe *socket_probe_start(const struct probe_config *config);
void socket_probe_destroy(struct socket_probe *probe);

#endif
