/* A connection over a named AF_UNIX socket: bufferevents below, whole frames above. */

#ifndef TRANSPORT_SOCKET_LINK_H
#define TRANSPORT_SOCKET_LINK_H

#include "transport/link.h"
#include "transport/socket.h"

struct event_base;

/* Take a connected, non-blocking stream socket (owned by the link from here on). `limit` is the
 * largest frame accepted, in bytes (LIMIT_FRAME_SOCKET). The process ignores SIGPIPE. */
struct link *socket_link_create(struct event_base *base, int fd, size_t limit,
                                const struct link_owner *owner_ops, void *owner);

#endif
