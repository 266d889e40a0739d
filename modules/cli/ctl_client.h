/* A tool's side of ctl.sock: one connection, one request, replies until the last. It blocks, but
 * never longer than it was told. */

#ifndef CLI_CTL_CLIENT_H
#define CLI_CTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/run_view.h"

struct ctl_client;

/* Connect to the launcher of a live run and greet it. NULL when it does not answer within
 * `timeout_ms`, with a sentence. */
struct ctl_client *ctl_client_open(const struct run_view *view, unsigned timeout_ms,
                                   struct error *err);
void ctl_client_close(struct ctl_client *client);

struct ctl_answer {
    int exit_code;
    json_t *object; // the last reply's; NULL when it was none; the caller drops it
};

/* Ask, and wait for the last reply, `timeout_ms` at most (0: forever). `progress` gets each earlier
 * reply's text; may be NULL. -1 with a sentence when the connection ends or time is over
 * (`*timed_out` then tells which). */
int ctl_client_ask(struct ctl_client *client, const char *command, const json_t *arguments,
                   uint64_t timeout_ms, void (*progress)(const char *text, size_t size),
                   struct ctl_answer *answer, bool *timed_out, struct error *err);

#endif
