#include "actor/node_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rundir/file.h"
#include "topo/node_files.h"

static int open_dir(int parent_fd, const char *name, struct error *err)
{
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return error_set(err, "cannot open the directory %s: %s", name, strerror(errno));
    return fd;
}

static int make_dir(int parent_fd, const char *name, struct error *err)
{
    if (mkdirat(parent_fd, name, 0700) < 0)
        return error_set(err, "cannot make the directory %s: %s", name, strerror(errno));
    return open_dir(parent_fd, name, err);
}

static int make_pid_file(int dir_fd, struct error *err)
{
    char text[16];
    int size = snprintf(text, sizeof text, "%d\n", (int)getpid());

    return file_make(dir_fd, "daemon.pid", text, (size_t)size, err);
}

/* "L5_3": the last part of the node's path. */
static const char *own_name(const struct topology *topology, uint32_t rank, char *path, size_t size)
{
    const char *slash;

    topology_path(topology, rank, path, size);
    slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int node_dir_make(struct node_dir *dir, const struct topology *topology, uint32_t rank,
                  int parent_fd, struct error *err)
{
    char path[LIMIT_NODE_PATH];

    *dir = (struct node_dir){.fd = parent_fd, .logs_fd = -1, .own = !node_is_chip(topology, rank)};
    if (!dir->own) {
        dir->logs_fd = open_dir(parent_fd, "logs", err);
        return dir->logs_fd < 0 ? -1 : 0;
    }
    dir->fd = make_dir(parent_fd, own_name(topology, rank, path, sizeof path), err);
    if (dir->fd < 0)
        return -1;
    dir->logs_fd = make_dir(dir->fd, "logs", err);
    return dir->logs_fd < 0 ? -1 : make_pid_file(dir->fd, err);
}

void node_dir_log_name(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    char path[LIMIT_NODE_FILE];

    node_log(topology, rank, path, sizeof path);
    snprintf(out, size, "%s", strrchr(path, '/') + 1);
}
