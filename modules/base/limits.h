/* Every limit that is a choice of ours, in one place. A limit that a user can meet is named in the
 * sentence that refuses. */

#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    LIMIT_NODES = (1 << 24) - 1,        // a rank has 24 bits in a tensor handle
    LIMIT_FRAME_RING = 64 * 1024,       // bytes of a whole frame on a tree edge, header included
    LIMIT_FRAME_SOCKET = 1024 * 1024,   // likewise on a named socket
    LIMIT_FRAME_DEPTH = 16,             // nested arrays in a frame's body
    LIMIT_SYSTEM_NAME = 64,             // bytes of a system's name, closing NUL included
    LIMIT_PATH = 1024,                  // bytes of any path we make, closing NUL included
    LIMIT_NODE_PATH = 96,               // bytes of "L7_0/L6_0/.../L2_65535", closing NUL included
    LIMIT_CAUSE = 512,                  // bytes of a cause of death or failure, closing NUL included
    LIMIT_LOG_LINE = 512,               // bytes of one log line, newline included
    LIMIT_KERNEL_NAME = 128,            // bytes of a kernel's name
    LIMIT_TASK_PARAMS = 1024,           // parameters of a task for another node: CALL_TASK is one frame
    LIMIT_KERNEL_ARGS = 256,            // scalars for a kernel that the command line runs
    LIMIT_KERNEL_SIZE = 64 * 1024 * 1024, // bytes of a kernel's file
    LIMIT_LOG_FILE = 4 * 1024 * 1024,   // bytes of a node's log before it is rotated
};

#endif
