/* A connection over a named AF_UNIX socket: bufferevents below, whole frames above. */

#ifndef TRANSPORT_SOCKET_LINK_H
#define TRANSPORT_SOCKET_LINK_H

#include <sys/types.h>

#include "base/error.h"
#include "transport/link.h"

struct event_base;

/* Take a connected, non-blocking stream socket (owned by the link from here on). `limit` is the
 * largest frame accepted, in bytes (LIMIT_FRAME_SOCKET). The process ignores SIGPIPE. */
struct link *socket_link_create(struct event_base *base, int fd, size_t limit,
                                const struct link_owner *owner_ops, void *owner);

/* Bind and listen (backlog 4096) on `name` in the directory `dir_fd`, mode 0600; a path too long
 * for sun_path goes through /proc/self/fd. Returns the non-blocking close-on-exec descriptor or -1.
 */
int socket_listen(int dir_fd, const char *name, struct error *err);

/* Connect to `name` in `dir_fd`, non-blocking close-on-exec. Returns the descriptor; or -1, with
 * `*again` true when the backlog is full and the caller should try again a little later. A listener
 * whose uid is neither ours nor root's is refused. */
int socket_connect(int dir_fd, const char *name, bool *again, struct error *err);

/* Accept one connection, non-blocking close-on-exec: -1 when there is none. A peer whose uid is
 * neither ours nor root's is closed at once and counted in `*refused`; then -1 as well. */
int socket_accept(int listen_fd, unsigned *refused);

#endif
