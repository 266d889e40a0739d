#include "kernels/kernel_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/kernel_load.h"

/* What the probing process writes: one write, far below PIPE_BUF. */
struct answer {
    uint8_t level, role, failed;
    char error[512];
};

enum { KEEP_ANSWER = 3, KEEP_CODE = 4 };

/* What the code prints goes nowhere, and it sees no descriptor of ours. */
static void settle(int answer_fd, int code_fd)
{
    int high_answer = fcntl(answer_fd, F_DUPFD, 8), high_code = fcntl(code_fd, F_DUPFD, 8);
    int null = open("/dev/null", O_RDWR);
    sigset_t none;

    for (int fd = 0; fd <= 2; fd++)
        dup2(null, fd);
    dup2(high_answer, KEEP_ANSWER);
    dup2(high_code, KEEP_CODE);
    close_range(KEEP_CODE + 1, ~0U, 0);
    prctl(PR_SET_DUMPABLE, 0); // no core file for what is only asked
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void be_probe(pid_t parent, int answer_fd, int code_fd)
{
    struct answer answer = {0};
    struct kernel_exports exports = {0};
    struct error err;
    char path[32];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    settle(answer_fd, code_fd);
    snprintf(path, sizeof path, "/proc/self/fd/%d", KEEP_CODE);
    answer.failed = kernel_load(path, &exports, &err) < 0;
    if (answer.failed)
        snprintf(answer.error, sizeof answer.error, "%.500s", err.text);
    answer.level = exports.level;
    answer.role = exports.role;
    _exit(write(KEEP_ANSWER, &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : 1);
}

static int memory_file(const void *bytes, size_t size, struct error *err)
{
    int fd = memfd_create("kernel", MFD_CLOEXEC);
    const char *at = bytes;

    if (fd < 0)
        return error_set(err, "cannot make a file in memory: %s", strerror(errno));
    while (size > 0) {
        ssize_t done = write(fd, at, size);

        if (done <= 0 && errno != EINTR) {
            error_set(err, "cannot write a file in memory: %s", strerror(errno));
            close(fd);
            return -1;
        }
        if (done > 0) {
            at += done;
            size -= (size_t)done;
        }
    }
    return fd;
}

static int fork_probe(struct kernel_probe *probe, int code_fd, struct error *err)
{
    pid_t self = getpid();
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return error_set(err, "cannot make a pipe: %s", strerror(errno));
    fflush(NULL);
    probe->pid = fork();
    if (probe->pid == 0)
        be_probe(self, ends[1], code_fd);
    close(ends[1]);
    if (probe->pid < 0) {
        close(ends[0]);
        return error_set(err, "cannot fork a process to look at it: %s", strerror(errno));
    }
    probe->fd = ends[0];
    return 0;
}

int kernel_probe_begin(struct kernel_probe *probe, const void *bytes, size_t size,
                       struct error *err)
{
    int code_fd = memory_file(bytes, size, err);
    int result;

    *probe = (struct kernel_probe){.pid = -1, .fd = -1};
    if (code_fd < 0)
        return -1;
    result = fork_probe(probe, code_fd, err);
    close(code_fd);
    return result;
}

static int died(int wait_status, struct error *err)
{
    if (WIFSIGNALED(wait_status))
        return error_set(err, "loading it and calling linqu_orch_config ended in signal %d (%s)",
                         WTERMSIG(wait_status), sigdescr_np(WTERMSIG(wait_status)));
    return error_set(err,
                     "loading it and calling linqu_orch_config ended the process with status %d",
                     WEXITSTATUS(wait_status));
}

int kernel_probe_end(struct kernel_probe *probe, int wait_status, uint8_t *level, uint8_t *role,
                     struct error *err)
{
    struct answer answer;
    ssize_t got = read(probe->fd, &answer, sizeof answer);

    close(probe->fd);
    *probe = (struct kernel_probe){.pid = -1, .fd = -1};
    if (got != (ssize_t)sizeof answer)
        return died(wait_status, err);
    answer.error[sizeof answer.error - 1] = '\0';
    if (answer.failed)
        return error_set(err, "%s", answer.error);
    *level = answer.level;
    *role = answer.role;
    return 0;
}
