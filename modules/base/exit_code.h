/* What linqu exits with; see docs/formats.md. If several hold, the earliest cause wins. */

#ifndef BASE_EXIT_CODE_H
#define BASE_EXIT_CODE_H

enum exit_code {
    EXIT_DONE = 0,     // done, verified, nothing leaked
    EXIT_CHECK = 1,    // a scenario's check failed
    EXIT_USAGE = 2,    // the command line is wrong
    EXIT_MACHINE = 3,  // this machine cannot do it
    EXIT_START = 4,    // start-up failed
    EXIT_NODE = 5,     // a node or kernel failed and was not recovered, or work was cut off
    EXIT_DEADLOCK = 6, // deadlock or stall proven
    EXIT_LEAK = 7,     // something leaked
    EXIT_NO_RUN = 8,   // no such run
    EXIT_INTERNAL = 9, // a bug of linqu
    EXIT_ORPHANED = 10, // a node's own, when its parent's process has ended; never the launcher's
    EXIT_TIMEOUT = 124, // --timeout reached
    EXIT_SIGNAL = 128,  // + the signal that ended it
};

#endif
