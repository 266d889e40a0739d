/* One function a command; each returns the exit code and has said on stderr what went wrong. */

#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stddef.h>

struct invocation;

/* 0 when each is the name of a scenario; else 2, said. */
int scenarios_check(const struct invocation *invocation, char *const *names, size_t count);

int run_command(const struct invocation *invocation);
int status_command(const struct invocation *invocation);
int discover_command(const struct invocation *invocation);
int logs_command(const struct invocation *invocation);
int exec_command(const struct invocation *invocation);
int shutdown_command(const struct invocation *invocation);
int rings_command(const struct invocation *invocation);
int bench_command(const struct invocation *invocation);
int doctor_command(const struct invocation *invocation);
int topology_command(const struct invocation *invocation);
int version_command(const struct invocation *invocation);
int help_command(const struct invocation *invocation);

#endif
