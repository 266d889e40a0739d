#include "launch/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json_text.h"
#include "launch/launcher.h"
#include "report/json_file.h"

/* What the launcher tells the process that waits. */
struct detach_news {
    int exit_code;
    int launcher_pid;
    char run[256];
    char path[LIMIT_PATH];
};

static void announce(const struct launcher *launcher, const struct detach_news *news)
{
    json_t *json;

    if (news->exit_code != EXIT_DONE)
        return;
    if (!launcher->options->json) {
        if (!launcher->options->quiet)
            printf("%s\n", news->run);
        return;
    }
    json = json_pack("{s:s, s:s, s:o, s:i}", "schema", "linqu.detach/1", "run", news->run, "path",
                     json_text(news->path), "launcher_pid", news->launcher_pid);
    json_print(stdout, json);
    json_decref(json);
}

static int wait_for_news(const struct launcher *launcher, int fd, pid_t pid)
{
    struct detach_news news;
    int wait_status;

    if (read(fd, &news, sizeof news) == (ssize_t)sizeof news) {
        announce(launcher, &news);
        if (news.exit_code != EXIT_DONE) // it has ended: take its place
            waitpid(pid, &wait_status, 0);
        return news.exit_code;
    }
    waitpid(pid, &wait_status, 0);
    fprintf(stderr, "linqu: the launcher in the background ended before the run was ready\n");
    return EXIT_START;
}

bool detach(struct launcher *launcher, int *exit_code)
{
    int pipe_fds[2];
    pid_t pid;

    fflush(NULL);
    if (pipe2(pipe_fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
        fprintf(stderr, "linqu: cannot go to the background: %s\n", strerror(errno));
        *exit_code = EXIT_MACHINE;
        return true;
    }
    if (pid > 0) {
        close(pipe_fds[1]);
        *exit_code = wait_for_news(launcher, pipe_fds[0], pid);
        close(pipe_fds[0]);
        return true;
    }
    close(pipe_fds[0]);
    setsid();
    launcher->detach_fd = pipe_fds[1];
    return false;
}

/* What is said from now on goes to launcher.log. */
static void leave_terminal(const struct launcher *launcher)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log_fd = launcher->dir.fd < 0
                     ? -1
                     : openat(launcher->dir.fd, "launcher.log",
                              O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);

    fflush(NULL);
    if (null_fd >= 0) {
        dup2(null_fd, STDIN_FILENO);
        close(null_fd);
    }
    if (log_fd >= 0) {
        dup2(log_fd, STDOUT_FILENO);
        dup2(log_fd, STDERR_FILENO);
        close(log_fd);
    }
}

void detach_tell(struct launcher *launcher, int exit_code)
{
    struct detach_news news = {.exit_code = exit_code, .launcher_pid = getpid()};
    int fd = launcher->detach_fd;

    if (fd < 0)
        return;
    launcher->detach_fd = -1;
    snprintf(news.run, sizeof news.run, "%s", launcher->dir.name);
    snprintf(news.path, sizeof news.path, "%s", launcher->dir.path);
    if (exit_code == EXIT_DONE)
        leave_terminal(launcher);
    if (write(fd, &news, sizeof news) < 0)
        launcher->detach_fd = -1; // nobody waits any more; the run goes on
    close(fd);
    launcher->descriptors_before--; // it was counted as there before the run
}
