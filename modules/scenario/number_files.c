#include "scenario/number_files.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "rundir/file.h"

enum { FILES_A_TURN = 8, NUMBER_MAX = 1000000, FILE_PATH_SIZE = 64 };

struct number_files {
    struct number_files_config config;
    int dir_fd;
    uint32_t next, made;
    int64_t sums[NUMBER_COLUMNS];
    struct event *turn;
};

static void path_of(uint32_t host, char path[FILE_PATH_SIZE])
{
    snprintf(path, FILE_PATH_SIZE, "L3_%" PRIu32 "/data.txt", host);
}

/* splitmix64: the same seed gives the same files. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int make_file(struct number_files *files, uint32_t host, const char *path, struct error *err)
{
    uint64_t state = files->config.seed * UINT64_C(0x9E3779B97F4A7C15) + host;
    struct buffer text = {0};
    char dir[FILE_PATH_SIZE];
    int result;

    snprintf(dir, sizeof dir, "L3_%" PRIu32, host);
    if (mkdirat(files->dir_fd, dir, 0700) < 0 && errno != EEXIST)
        return error_set(err, "cannot make %s/%s: %s", files->config.dir, dir, strerror(errno));
    for (unsigned i = 0; i < NUMBER_COLUMNS; i++) {
        int64_t number = (int64_t)(next_random(&state) % NUMBER_MAX);

        files->sums[i] += number;
        buffer_printf(&text, "%" PRId64 "\n", number);
    }
    result = file_make(files->dir_fd, path, text.data, text.size, err);
    buffer_free(&text);
    files->made++;
    return result;
}

static int read_file(struct number_files *files, int fd, const char *path, struct error *err)
{
    FILE *file = fdopen(fd, "r");
    int64_t number;
    unsigned count = 0;

    if (!file) {
        close(fd);
        return error_set(err, "cannot read %s: %s", path, strerror(errno));
    }
    while (count < NUMBER_COLUMNS && fscanf(file, "%" SCNd64, &number) == 1)
        files->sums[count++] += number;
    fclose(file);
    return count == NUMBER_COLUMNS ? 0
                                   : error_set(err, "%s/%s has %u numbers instead of %d",
                                               files->config.dir, path, count, NUMBER_COLUMNS);
}

static int prepare_one(struct number_files *files, uint32_t host, struct error *err)
{
    char path[FILE_PATH_SIZE];
    int fd;

    path_of(host, path);
    fd = openat(files->dir_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        return read_file(files, fd, path, err);
    if (errno != ENOENT)
        return error_set(err, "cannot read %s/%s: %s", files->config.dir, path, strerror(errno));
    return make_file(files, host, path, err);
}

static int open_dir(struct number_files *files, struct error *err)
{
    const char *dir = files->config.dir;

    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return error_set(err, "cannot make the directory %s: %s", dir, strerror(errno));
    files->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->dir_fd < 0)
        return error_set(err, "cannot open the directory %s: %s", dir, strerror(errno));
    return 0;
}

static int prepare_some(struct number_files *files, struct error *err)
{
    if (files->dir_fd < 0 && open_dir(files, err) < 0)
        return -1;
    for (int i = 0; i < FILES_A_TURN && files->next < files->config.hosts; i++)
        if (prepare_one(files, files->next++, err) < 0)
            return -1;
    return 0;
}

static void files_turn(evutil_socket_t fd, short what, void *arg)
{
    struct number_files *files = arg;
    struct error err;

    (void)fd;
    (void)what;
    if (prepare_some(files, &err) < 0)
        files->config.done(files->config.arg, err.text);
    else if (files->next < files->config.hosts)
        event_active(files->turn, EV_TIMEOUT, 0);
    else
        files->config.done(files->config.arg, NULL);
}

struct number_files *number_files_prepare(const struct number_files_config *config)
{
    struct number_files *files = memory_new(1, sizeof *files);

    files->config = *config;
    files->dir_fd = -1;
    files->turn = event_new(config->base, -1, EV_PERSIST, files_turn, files);
    event_active(files->turn, EV_TIMEOUT, 0);
    return files;
}

void number_files_destroy(struct number_files *files)
{
    if (!files)
        return;
    if (files->dir_fd >= 0)
        close(files->dir_fd);
    event_free(files->turn);
    free(files);
}

int64_t number_files_sum(const struct number_files *files, unsigned column)
{
    return files->sums[column];
}

uint32_t number_files_made(const struct number_files *files)
{
    return files->made;
}

bool number_files_identity(const struct number_files *files, uint32_t host, uint64_t *device,
                           uint64_t *inode)
{
    char path[FILE_PATH_SIZE];
    struct stat st;

    path_of(host, path);
    if (fstatat(files->dir_fd, path, &st, 0) < 0)
        return false;
    *device = st.st_dev;
    *inode = st.st_ino;
    return true;
}
