#include "transport/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"

enum {
    BACKLOG = 4096,
    SOCKET_ROOM = 512 * 1024, // bytes that a connection takes before the other side reads: two chunks
};

static int name_too_long(const char *name, struct error *err)
{
    return error_set(err,
                     "the socket name %s has %zu bytes; with the way to its directory it must fit "
                     "into the %zu of a socket address",
                     name, strlen(name), sizeof((struct sockaddr_un *)0)->sun_path - 1);
}

/* The way through the descriptor: it is short, and leads to the directory that is held whatever
 * happened to its path. */
static int address_through_fd(struct sockaddr_un *address, int dir_fd, const char *name,
                              struct error *err)
{
    int length;

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    length =
        snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", dir_fd, name);
    return length < (int)sizeof address->sun_path ? 0 : name_too_long(name, err);
}

/* The path itself where it fits, because `ss -x` and /proc/net/unix show it to people. */
static int address_to_show(struct sockaddr_un *address, int dir_fd, const char *dir,
                           const char *name, struct error *err)
{
    int length;

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    length = snprintf(address->sun_path, sizeof address->sun_path, "%s/%s", dir, name);
    if (dir[0] && length < (int)sizeof address->sun_path)
        return 0;
    return address_through_fd(address, dir_fd, name, err);
}

/* What the system does not allow is left at what it allows. */
static void make_roomy(int fd)
{
    const int room = SOCKET_ROOM;

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

static int socket_new(struct error *err)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    return fd < 0 ? error_set(err, "cannot make a socket: %s", strerror(errno)) : fd;
}

static int close_with(int fd)
{
    close(fd);
    return -1;
}

int socket_listen_in(int dir_fd, const char *dir, const char *name, struct error *err)
{
    struct sockaddr_un address;
    int fd;

    if (address_to_show(&address, dir_fd, dir, name, err) < 0)
        return -1;
    fd = socket_new(err);
    if (fd < 0)
        return -1;
    // Linux gives the file the mode of the socket, so there is no moment in which others may
    // connect
    if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(fd, BACKLOG) < 0) {
        error_set(err, "cannot listen on %s: %s", address.sun_path, strerror(errno));
        return close_with(fd);
    }
    return fd;
}

int socket_listen(int dir_fd, const char *name, struct error *err)
{
    char link[32], dir[LIMIT_PATH];
    ssize_t size;

    snprintf(link, sizeof link, "/proc/self/fd/%d", dir_fd);
    size = readlink(link, dir, sizeof dir - 1);
    dir[size > 0 ? size : 0] = '\0';
    return socket_listen_in(dir_fd, dir, name, err);
}

/* For a connection that we made, the credentials are those of who called listen(). */
static bool peer_is_ours(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

int socket_connect(int dir_fd, const char *name, bool *again, struct error *err)
{
    struct sockaddr_un address;
    int fd;

    *again = false;
    if (address_through_fd(&address, dir_fd, name, err) < 0)
        return -1;
    fd = socket_new(err);
    if (fd < 0)
        return -1;
    make_roomy(fd);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        *again = errno == EAGAIN;
        error_set(err, "cannot connect to %s: %s", name, strerror(errno));
        return close_with(fd);
    }
    if (!peer_is_ours(fd)) {
        error_set(err, "%s belongs to another user", name);
        return close_with(fd);
    }
    return fd;
}

int socket_accept(int listen_fd, unsigned *refused)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return fd;
    if (!peer_is_ours(fd)) {
        ++*refused;
        return close_with(fd);
    }
    make_roomy(fd);
    return fd;
}
