/* Named AF_UNIX stream sockets in a directory that is held open. Every descriptor is non-blocking
 * and close-on-exec. Who is on the other end is asked of the kernel: our own user or root, else
 * nobody. */

#ifndef TRANSPORT_SOCKET_H
#define TRANSPORT_SOCKET_H

#include <stdbool.h>

#include "base/error.h"

/* Bind and listen (backlog 4096) on `name` in the directory `dir_fd`, mode 0600. A path too long
 * for sun_path goes through /proc/self/fd. Returns the descriptor or -1. */
int socket_listen(int dir_fd, const char *name, struct error *err);
/* The same for who knows that `dir` is the way to `dir_fd`: the kernel takes longer to say it than
 * to make the socket. */
int socket_listen_in(int dir_fd, const char *dir, const char *name, struct error *err);

/* Connect to `name` in `dir_fd`. Returns the descriptor; or -1, with `*again` true when the backlog
 * is full and the caller should try again a little later. */
int socket_connect(int dir_fd, const char *name, bool *again, struct error *err);

/* Accept one connection: -1 when there is none. A stranger is closed at once and counted in
 * `*refused`; then -1 as well. */
int socket_accept(int listen_fd, unsigned *refused);

#endif
