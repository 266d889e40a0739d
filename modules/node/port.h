/* What the brain borrows from the body, or from the simulator: a clock, the code of kernels and the
 * memory of its buffer rings. All calls return at once, and none but carry_out() touches a link. */

#ifndef NODE_PORT_H
#define NODE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/task_key.h"
#include "node/effect.h"
#include "ops/linqu_orchestration_api.h"

/* A kernel that is loaded. Lives as long as the node. */
struct kernel {
    uint64_t hash; // XXH3-64 of its file
    uint8_t level;
    uint8_t role; // LinquRole
    void (*entry)(LinquRuntime *rt, uint64_t *args, int arg_count);
};

enum code_result { CODE_LOADED, CODE_MISSING, CODE_BROKEN };

/* What runs now, for those who watch from outside. */
struct running {
    const struct task_key *task;
    const char *kernel;     // its name
    uint64_t time_limit_ms; // 0: none
};

struct node_port {
    void *arg;

    /* Nanoseconds on the clock of event.now_ns. */
    uint64_t (*clock)(void *arg);

    /* Load the code of that hash, once: CODE_MISSING when its bytes are not at this node;
     * CODE_BROKEN and a sentence when it cannot be loaded, exports nothing, or is of an ABI from
     * the future. */
    enum code_result (*code_load)(void *arg, uint64_t hash, const struct kernel **kernel,
                                  struct error *err);
    /* Keep these bytes as the code of that hash, which they must have. */
    int (*code_store)(void *arg, uint64_t hash, const void *bytes, size_t size, struct error *err);
    /* The bytes of a code that is at this node, to give on; borrowed until the next call. NULL when
     * it is not here. */
    const void *(*code_bytes)(void *arg, uint64_t hash, size_t *size);

    /* This node's buffer rings, laid out as ring_layout.h says. Zero at first. */
    uint8_t *buffers;
    /* A ring has drained: what lies there is given back, and reads as zeros from now on. NULL: it
     * stays as it is. */
    void (*trim)(void *arg, size_t offset, size_t size);

    /* Data of that handle was registered here by another node: show its bytes in the node's
     * directory, until data_hide(). -1 and a sentence when that cannot be done, which hinders
     * nothing. NULL: data is shown nowhere. */
    int (*data_show)(void *arg, uint64_t handle, const void *bytes, size_t size, struct error *err);
    void (*data_hide)(void *arg, uint64_t handle);

    /* TRACE_AREA_SIZE bytes for the records of this node's tasks (node/trace_log.h), zero at first,
     * which can be read when the node has been killed; asked for once. NULL, or NULL from it: the
     * node takes memory of its own. */
    void *(*trace_area)(void *arg);

    /* Run on any processor, or (false) where the node belongs again: a large tensor is on its way
     * here, which one process copies out while this one copies it in. NULL: it makes no difference.
     */
    void (*roam)(void *arg, bool on);

    /* True when that sibling of the node is seen to be slow. NULL: nobody is. */
    bool (*is_slow)(void *arg, uint32_t rank);

    /* True when all that was sent over that connection of a visitor is out. NULL: it always is. */
    bool (*is_sent)(void *arg, uint32_t peer);

    /* Carry these out now, in the middle of a step, so that the parent finds what was sent to it
     * whatever comes: a kernel runs next, which may never return, or has logged. The brain is told
     * nothing meanwhile. NULL: all is carried out when the step has ended. */
    void (*carry_out)(void *arg, struct effects effects);

    /* Before a kernel's function is entered or resumed; NULL when it is left. */
    void (*running)(void *arg, const struct running *what);
};

#endif
