#include "scenario/traced_exec.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/memory.h"
#include "rundir/clock.h"

struct traced_exec {
    struct scenario_host host;
    struct traced_order order;
    uint64_t number, started_us, took_us;
    int exit_code;
    char error[LIMIT_CAUSE];
    char gather_error[LIMIT_CAUSE];
    struct evidence_reader *reader;
};

struct traced_exec *traced_exec_start(const struct scenario_host *host,
                                      const struct traced_order *order)
{
    struct traced_exec *exec = memory_new(1, sizeof *exec);
    char name[64];

    exec->host = *host;
    exec->order = *order;
    exec->started_us = monotonic_clock_ns() / 1000;
    if (order->exactly)
        snprintf(name, sizeof name, "%s", order->kernel);
    else
        snprintf(name, sizeof name, "%s_l%u", order->kernel, host->topology->top);
    exec->number =
        host->run_kernel(host->launcher, name, order->rank, order->scalars, order->count);
    return exec;
}

void traced_exec_kernel_done(struct traced_exec *exec, int exit_code, const char *error)
{
    exec->exit_code = exit_code;
    exec->took_us = monotonic_clock_ns() / 1000 - exec->started_us;
    snprintf(exec->error, sizeof exec->error, "%s", error);
    exec->host.gather(exec->host.launcher, GATHER_RECORDS);
}

static void evidence_read_done(void *arg)
{
    struct traced_exec *exec = arg;

    exec->order.done(exec->order.arg);
}

void traced_exec_gathered(struct traced_exec *exec, const struct gather_result *result)
{
    const struct evidence_source source = {.base = exec->host.base,
                                           .topology = exec->host.topology,
                                           .run_dir_fd = exec->host.run_dir_fd,
                                           .exec = exec->number,
                                           .since_us = exec->started_us,
                                           .done = evidence_read_done,
                                           .arg = exec};

    snprintf(exec->gather_error, sizeof exec->gather_error, "%s", result->error);
    if (result->missing && !exec->gather_error[0])
        snprintf(exec->gather_error, sizeof exec->gather_error,
                 "%u nodes could not be asked what they did", result->missing);
    exec->reader = evidence_read(&source);
}

void traced_exec_destroy(struct traced_exec *exec)
{
    if (!exec)
        return;
    evidence_reader_destroy(exec->reader);
    free(exec);
}

const struct evidence *traced_exec_evidence(const struct traced_exec *exec)
{
    return evidence_of(exec->reader);
}

int traced_exec_exit_code(const struct traced_exec *exec)
{
    return exec->exit_code;
}

const char *traced_exec_error(const struct traced_exec *exec)
{
    return exec->error;
}

uint64_t traced_exec_took_us(const struct traced_exec *exec)
{
    return exec->took_us;
}

bool found(struct finding *finding, bool holds, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(finding->text, sizeof finding->text, format, args);
    va_end(args);
    return holds;
}

static bool completed(const struct traced_exec *exec, struct finding *finding)
{
    const struct evidence *evidence = traced_exec_evidence(exec);

    if (exec->error[0])
        return found(finding, false, "%s", exec->error);
    if (exec->gather_error[0])
        return found(finding, false, "%s", exec->gather_error);
    if (evidence->problem[0])
        return found(finding, false, "%s", evidence->problem);
    if (evidence->lost)
        return found(finding, false, "%ju trace records were lost", (uintmax_t)evidence->lost);
    return found(finding, true, "%zu tasks on the nodes, %.1f ms", evidence->task_count,
                 (double)exec->took_us / 1000);
}

void traced_exec_report(const struct traced_exec *exec, struct report_scenario *report,
                        const struct exec_check *checks, size_t count, const void *subject)
{
    struct finding finding = {.text = ""};

    report_check(report, "completed", completed(exec, &finding), "%s", finding.text);
    for (size_t i = 0; i < count; i++) {
        finding.text[0] = '\0';
        report_check(report, checks[i].name, checks[i].holds(subject, &finding), "%s",
                     finding.text);
    }
}

bool scenario_has_pods(const struct scenario_host *host)
{
    const struct topology *topology = host->topology;

    if (topology->present[LEVEL_HOST] && topology->top > LEVEL_HOST)
        return true;
    report_check(host->report, "hosts", false,
                 "this scenario needs hosts (L3) and a level above them");
    host->finished(host->launcher);
    return false;
}

bool result_number(int run_dir_fd, const char *name, const char *key, int64_t *number)
{
    int fd = openat(run_dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    char word[64];
    long long value;
    bool there = false;

    while (file && !there && fscanf(file, "%63s %lld", word, &value) == 2)
        there = strcmp(word, key) == 0;
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    *number = there ? value : 0;
    return there;
}
