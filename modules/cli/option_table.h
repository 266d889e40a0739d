/* The one table of commands and options. It drives parsing, help, the man page, the completion and
 * "did you mean": what is not in it does not exist, and what is in it is documented. */

#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command_id {
    COMMAND_RUN,
    COMMAND_STATUS,
    COMMAND_DISCOVER,
    COMMAND_LOGS,
    COMMAND_EXEC,
    COMMAND_SHUTDOWN,
    COMMAND_RINGS,
    COMMAND_BENCH,
    COMMAND_DOCTOR,
    COMMAND_TOPOLOGY,
    COMMAND_VERSION,
    COMMAND_HELP,
    COMMAND_COUNT,
};

enum option_id {
    OPTION_TOPOLOGY,
    OPTION_NAME,
    OPTION_PHYSICAL_SYSTEM,
    OPTION_SEED,
    OPTION_BIND,
    OPTION_DFS_DIR,
    OPTION_RING_CAPACITY,
    OPTION_HOLD,
    OPTION_DETACH,
    OPTION_DRY_RUN,
    OPTION_START_TIMEOUT,
    OPTION_STOP_TIMEOUT,
    OPTION_TIMEOUT,
    OPTION_STALL_AFTER,
    OPTION_KEEP,
    OPTION_AT,
    OPTION_ARG,
    OPTION_KERNEL_PATH,
    OPTION_TASK_TIMEOUT,
    OPTION_BY,
    OPTION_WATCH,
    OPTION_WHY,
    OPTION_BASELINE,
    OPTION_CLEAN,
    OPTION_ALL,
    OPTION_RUN,
    OPTION_NODE,
    OPTION_LEVEL,
    OPTION_PRIORITY,
    OPTION_FOLLOW,
    OPTION_LINES,
    OPTION_SINCE,
    OPTION_GREP,
    OPTION_ERRORS,
    OPTION_FORCE,
    OPTION_REPEAT,
    OPTION_COMPARE,
    OPTION_MAN,
    OPTION_COMPLETION,
    OPTION_BASE,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_HELP,
    OPTION_COUNT,
};

enum option_kind {
    OPTION_FLAG,    // no argument
    OPTION_TEXT,    // any text; what it means is checked by the command
    OPTION_NUMBER,  // a whole number from `least` to `most`
    OPTION_SECONDS, // likewise, with an optional unit: 30, 30s, 5m, 2h
    OPTION_SWITCH,  // `on` or `off`, as the numbers 1 and 0
};

/* What an argument is, for the completion: of an option, or one of a command's own. */
enum completion {
    COMPLETE_NOTHING,
    COMPLETE_FILE,
    COMPLETE_DIRECTORY,
    COMPLETE_RUN,
    COMPLETE_LEVEL,
    COMPLETE_PRIORITY,
    COMPLETE_SWITCH,
    COMPLETE_SCENARIO,
    COMPLETE_BENCH,
    COMPLETE_TOPOLOGY, // what `linqu topology` does
    COMPLETE_COMMAND,
    COMPLETE_COUNT,
};

/* A row serves the commands in `commands` (a set of 1 << command_id). An option may have several
 * rows, one for each way to explain it, but only one for a command. */
struct option_row {
    enum option_id id;
    const char *name;
    char letter; // 0: none
    enum option_kind kind;
    const char *argument; // what stands in help for it; NULL for a flag
    const char *fallback; // the default as typed; NULL: none
    uint64_t least, most;
    enum completion completion;
    uint32_t commands;
    const char *group;
    const char *help; // a phrase without a period, or sentences
};

struct invocation;

struct command_row {
    enum command_id id;
    const char *name;
    const char *arguments; // as in "[RUN] SCENARIO..."; empty: none
    uint32_t offers;       // what these can be: a set of 1 << enum completion
    size_t most_arguments;
    size_t least_arguments;
    const char *summary; // a phrase
    const char *text;    // paragraphs, separated by blank lines
    int (*main)(const struct invocation *invocation);
};

/* A word and what it means: environment variables, files, exit codes. */
struct term_row {
    const char *term, *meaning;
};

extern const struct command_row command_table[COMMAND_COUNT]; // by id
extern const struct option_row option_table[];
extern const size_t option_table_count;
extern const struct term_row environment_table[];
extern const size_t environment_table_count;
extern const struct term_row exit_table[];
extern const size_t exit_table_count;
extern const struct term_row file_table[];
extern const size_t file_table_count;

/* NULL when there is no such command. */
const struct command_row *command_find(const char *name);
/* The row of an option for a command; NULL when that command does not take it. */
const struct option_row *option_find(enum command_id command, enum option_id id);
bool option_applies(const struct option_row *row, enum command_id command);

#endif
