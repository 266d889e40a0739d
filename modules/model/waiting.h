/* What a node waits for, as its brain knows it and state.map shows it. */

#ifndef MODEL_WAITING_H
#define MODEL_WAITING_H

enum waiting {
    WAITS_FOR_NOTHING,
    WAITS_FOR_TASK, // its activation for the end of a task that another node runs
    WAITS_FOR_ROOM, // its activation for room in a ring, until that task has ended and been retired
    WAITS_FOR_NAME, // its activation for what a kernel's name means
    WAITS_FOR_DATA, // its activation for the bytes of a tensor that the other node has
    WAITS_FOR_INPUT, // a task that came for an input that the other node has
    WAITS_FOR_CODE,  // a task that came for its kernel's code, from the parent
    WAITING_COUNT,
};

#endif
