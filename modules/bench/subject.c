#include "bench/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "report/run_json.h"
#include "rundir/clock.h"
#include "rundir/run_dir.h"
#include "rundir/state_map.h"

enum { ARGS_MOST = 16, SAID_MOST = 600 };
#define LIFE_MOST_S "7200" // a run whose bench was killed does not stay for ever

extern char **environ;
static volatile sig_atomic_t interrupt_signal;

static void on_interrupt(int signal)
{
    interrupt_signal = signal;
}

void interruptions_watch(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int interrupted(void)
{
    return interrupt_signal;
}

/* --- a command of ours */

/* In a group of its own: Ctrl-C at the terminal is ours to pass on. */
static pid_t spawn(char *const *argv, int said_fd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid = -1;
    int wrong;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, said_fd, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    wrong = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    errno = wrong;
    return wrong ? -1 : pid;
}

/* An interruption ends what may be ended in the middle, an exec: its run is stopped in order then.
 */
static int wait_for(pid_t pid, bool may_end)
{
    int status = -1;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        if (interrupted() && may_end)
            kill(pid, SIGTERM);
    return status;
}

/* What it said last on stderr is why it failed. */
static int say_why(const char *command, int said_fd, int status, struct error *err)
{
    char said[SAID_MOST + 1];
    off_t size = lseek(said_fd, 0, SEEK_END);
    ssize_t got = pread(said_fd, said, SAID_MOST, size > SAID_MOST ? size - SAID_MOST : 0);
    char *line;

    if (interrupted())
        return error_set(err, "interrupted");
    said[got > 0 ? got : 0] = '\0';
    while ((line = strrchr(said, '\n')) && !line[1])
        *line = '\0';
    line = line ? line + 1 : said;
    if (strncmp(line, "linqu: ", 7) == 0)
        line += 7;
    if (WIFSIGNALED(status))
        return error_set(err, "linqu %s was ended by signal %d", command, WTERMSIG(status));
    return error_set(err, "linqu %s failed with %d: %s", command, WEXITSTATUS(status), line);
}

static int run_command(char *const *argv, bool may_end, struct error *err)
{
    int said_fd = memfd_create("said", MFD_CLOEXEC);
    pid_t pid = said_fd < 0 ? -1 : spawn(argv, said_fd);
    int result = 0, status;

    if (pid < 0) {
        result = error_set(err, "cannot start linqu %s: %s", argv[1], strerror(errno));
    } else {
        status = wait_for(pid, may_end);
        if (status != 0)
            result = say_why(argv[1], said_fd, status, err);
    }
    if (said_fd >= 0)
        close(said_fd);
    return result;
}

/* --- a run */

/* posix_spawn() takes words that may be changed, and changes none. */
#define WORD(text) ((char *)(uintptr_t)(text))

/* A run that ends with a failure has said why in its run.json. */
static int say_cause(const struct subject *subject, struct error *err)
{
    char path[LIMIT_PATH + 64], *cause;

    snprintf(path, sizeof path, "%s/%s/run.json", subject->base, subject->name);
    cause = run_report_read_cause(AT_FDCWD, path);
    if (cause)
        error_set(err, "the run that was measured failed: %s", cause);
    free(cause);
    return -1;
}

int subject_stop(struct subject *subject, double *took_s, struct error *err)
{
    char *const argv[] = {WORD("linqu"),       WORD("shutdown"), WORD("--base"),
                          WORD(subject->base), subject->name,    NULL};
    double begun = monotonic_clock_s();

    if (!subject->up)
        return 0;
    subject->up = false;
    if (run_command(argv, false, err) < 0)
        return say_cause(subject, err);
    if (took_s)
        *took_s = monotonic_clock_s() - begun;
    return 0;
}

/* It works when it has only just started, and a run that is ended at work has failed. What is asked
 * of it now comes after that. */
static int settle(struct subject *subject, struct error *err)
{
    char *const argv[] = {WORD("linqu"), WORD("exec"),  WORD("--base"),         WORD(subject->base),
                          WORD("--run"), subject->name, WORD("bench_start.so"), NULL};

    return run_command(argv, true, err);
}

int subject_start(struct subject *subject, const char *base, const char *name, const char *topology,
                  double *took_s, struct error *err)
{
    char *const argv[] = {WORD("linqu"),
                          WORD("run"),
                          WORD("--detach"),
                          WORD("--base"),
                          WORD(base),
                          WORD("--name"),
                          WORD(name),
                          WORD("--topology"),
                          WORD(topology),
                          WORD("--timeout"),
                          WORD(LIFE_MOST_S),
                          WORD("--keep"), // what is removed meanwhile is measured, too
                          WORD("1000"),
                          WORD("--stall-after"),
                          WORD("0"),
                          WORD("--stop-timeout"),
                          WORD("120"),
                          WORD("bench_start.so"),
                          NULL};
    double begun = monotonic_clock_s();
    struct error ignored;

    *subject = (struct subject){.base = base};
    snprintf(subject->name, sizeof subject->name, "%s", name);
    if (run_command(argv, false, err) < 0)
        return -1;
    subject->up = true;
    *took_s = monotonic_clock_s() - begun;
    if (settle(subject, err) == 0)
        return 0;
    subject_stop(subject, NULL, &ignored);
    return -1;
}

/* --- kernels */

static int samples_open(const struct subject *subject, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s/%s", subject->base, subject->name, name);
    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static int take_samples(const struct subject *subject, const char *kernel, uint64_t **samples,
                        size_t *count, struct error *err)
{
    char path[LIMIT_PATH + 64];
    int fd = samples_open(subject, "bench.samples", path, sizeof path);
    struct stat st = {0};
    int result = 0;

    *samples = NULL;
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof **samples) {
        result = error_set(err, "the kernel %s has noted nothing in %s", kernel, path);
    } else {
        *count = (size_t)st.st_size / sizeof **samples;
        *samples = memory_new(*count, sizeof **samples);
        if (read(fd, *samples, *count * sizeof **samples) != (ssize_t)(*count * sizeof **samples))
            result = error_set(err, "cannot read %s: %s", path, strerror(errno));
    }
    if (fd >= 0)
        close(fd);
    unlink(path);
    return result;
}

int subject_exec(const struct subject *subject, const char *kernel, const uint64_t *args,
                 size_t arg_count, uint64_t **samples, size_t *count, struct error *err)
{
    char numbers[ARGS_MOST / 2][24], file[64];
    char *argv[8 + ARGS_MOST] = {WORD("linqu"),       WORD("exec"),  WORD("--base"),
                                 WORD(subject->base), WORD("--run"), WORD(subject->name)};
    size_t at = 6;

    snprintf(file, sizeof file, "%s.so", kernel);
    argv[at++] = file;
    for (size_t i = 0; i < arg_count && i < ARGS_MOST / 2; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%" PRIu64, args[i]);
        argv[at++] = WORD("--arg");
        argv[at++] = numbers[i];
    }
    *samples = NULL;
    if (run_command(argv, true, err) < 0)
        return -1;
    if (take_samples(subject, kernel, samples, count, err) == 0)
        return 0;
    free(*samples);
    *samples = NULL;
    return -1;
}

int subject_exec_one(const struct subject *subject, const char *kernel, const uint64_t *args,
                     size_t arg_count, uint64_t *sample, struct error *err)
{
    uint64_t *samples;
    size_t count;

    if (subject_exec(subject, kernel, args, arg_count, &samples, &count, err) < 0)
        return -1;
    *sample = samples[0];
    free(samples);
    return 0;
}

/* --- memory */

int subject_memory(const struct subject *subject, struct memory_use *use, struct error *err)
{
    struct topology topology;
    struct state_map map;
    struct run_dir dir;
    int result;

    if (run_dir_open(subject->base, subject->name, &dir, err) < 0)
        return -1;
    result = state_map_open(dir.fd, &map, &topology, err);
    if (result == 0) {
        for (uint32_t rank = 0; rank < topology.node_count; rank++)
            memory_use_add(use, (unsigned)(topology.top - topology_level_of_rank(&topology, rank)),
                           map.records[rank].pid);
        state_map_close(&map);
    }
    run_dir_close(&dir);
    return result;
}
