/* The life of one node, as it says itself (state.map, titles, HEARTBEAT).
 *
 *   ABSENT -> FORKED -> STARTING -> READY -> DRAINING -> STOPPED
 *                   \         \______________^
 *                    \________ FAILED -> DRAINING
 */

#ifndef MODEL_LIFE_H
#define MODEL_LIFE_H

#include <stdbool.h>

enum node_life {
    NODE_ABSENT,   // not forked yet
    NODE_FORKED,   // its process runs and forks its children
    NODE_STARTING, // waits for its children
    NODE_READY,    // its whole subtree is up
    NODE_DRAINING, // asked to stop, waits for its children
    NODE_STOPPED,  // left in order
    NODE_FAILED,   // could not start
    NODE_LIFE_COUNT,
};

/* "absent", "forked", "starting", "ready", "draining", "stopped", "failed"; "unknown" beyond. */
const char *node_life_name(enum node_life life);

/* Whether the picture above has that arrow. */
bool node_life_may_become(enum node_life from, enum node_life to);

#endif
