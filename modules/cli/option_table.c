#include "cli/option_table.h"

#include <string.h>

#include "cli/commands.h"

#define ON(command) (UINT32_C(1) << COMMAND_##command)
#define ON_EVERY ((UINT32_C(1) << COMMAND_COUNT) - 1)
#define ON_CONTROL (ON(EXEC) | ON(SHUTDOWN))

/* For completion, what a command's own arguments can be. */
#define OFFER(what) (UINT32_C(1) << COMPLETE_##what)

#define DAY_S (UINT64_C(24) * 3600)

const struct command_row command_table[COMMAND_COUNT] = {
    [COMMAND_RUN] =
        {COMMAND_RUN, "run", "[SCENARIO|KERNEL...]", OFFER(SCENARIO) | OFFER(FILE), 64, 0,
         "bring a machine hierarchy up and run scenarios or kernels on it",
         "Forks the whole hierarchy, every node a process, waits until all are ready, runs the "
         "scenarios and kernels one after the other, "
         "stops the tree from the leaves up and accounts for everything it made.\n\n"
         "Without a scenario it runs `topology`: a message goes down to every leaf and the answers "
         "are checked. "
         "A kernel is a shared object, named by its file (./hello.so) or, without a slash, looked "
         "for in "
         "the kernel path (hello.so); docs/kernels.md says how to write one.\n\n"
         "With --hold the hierarchy stays up until Ctrl-C or `linqu shutdown`.\n\n"
         "One Ctrl-C stops the run in order, a second one at once; both leave nothing behind.",
         run_command},
    [COMMAND_STATUS] = {COMMAND_STATUS, "status", "[RUN]", OFFER(RUN), 1, 0,
                        "show how the nodes of a run are",
                        "Per level: how many nodes there are, are ready, slow, dead; restarts, "
                        "messages and memory; then the worst nodes, with "
                        "the reason. It reads what the nodes wrote down about themselves, so it "
                        "answers also when they are stopped or dead, "
                        "or the launcher is gone.\n\n"
                        "Memory is the proportional set size of a sample of the nodes; how many "
                        "were sampled is said.",
                        status_command},
    [COMMAND_DISCOVER] =
        {COMMAND_DISCOVER, "discover", "[RUN]", OFFER(RUN), 1, 0, "list the runs on this machine",
         "A run is live while its launcher holds its lock, dead when it ended, stale when its "
         "launcher was killed. "
         "A live run is asked to write its discovery.json files anew.\n\n"
         "With --clean, dead and stale runs of this user (or the one that is named) are removed, "
         "and nothing else.",
         discover_command},
    [COMMAND_LOGS] = {COMMAND_LOGS, "logs", "[RUN]", OFFER(RUN), 1, 0,
                      "show the logs of all nodes, merged by time",
                      "A node is named by its path, which may leave out L6_0 and contain sets: "
                      "`L5_3/L4_1`, `L5_[0-3,8]`, "
                      "`L5_0,L5_7/L4_[1-2]`. A node stands for its whole subtree.\n\n"
                      "With --errors equal messages are counted and shown once, with the nodes "
                      "that wrote them; numbers within a message do "
                      "not make it another.",
                      logs_command},
    [COMMAND_EXEC] = {COMMAND_EXEC, "exec", "[RUN] SCENARIO|KERNEL...",
                      OFFER(RUN) | OFFER(SCENARIO) | OFFER(FILE), 64, 1,
                      "run scenarios or kernels on a live run",
                      "Asks the launcher of a run that was started with --hold or --detach to run "
                      "scenarios and kernels on the tree that is up. "
                      "The first argument is the run unless it names a scenario or a kernel.",
                      exec_command},
    [COMMAND_SHUTDOWN] = {COMMAND_SHUTDOWN, "shutdown", "[RUN]", OFFER(RUN), 1, 0,
                          "stop a live run",
                          "Asks the launcher to stop the tree from the leaves up and returns when "
                          "the run has ended, with the run's exit "
                          "code. A run that is still at work has not passed then.\n\n"
                          "With --force the tree is killed at once; a launcher that does not "
                          "answer is killed too, and with it the whole "
                          "run.",
                          shutdown_command},
    [COMMAND_RINGS] =
        {COMMAND_RINGS, "rings", "[RUN|FILE]", OFFER(RUN) | OFFER(FILE), 1, 0,
         "how full the rings of a run were, and how large they should be",
         "For each layer of task slots and bytes: its capacity, the most that was used, how often "
         "somebody had to wait, and the capacity where nobody would (the peak and a quarter). Then "
         "a "
         "verdict that a CI can stop on: with --baseline against the profile of an earlier run of "
         "the "
         "same work. Exits with 1 when a check fails.\n\n"
         "A FILE is a ring_profile.json, with a slash in its path; one of a single node will do.",
         rings_command},
    [COMMAND_BENCH] = {COMMAND_BENCH, "bench", "[BENCH]", OFFER(BENCH), 1, 0,
                       "measure this machine, beside bare C programs",
                       "Measures `startup`, `round`, `pingpong`, `tasks`, `chain`, `tensor`, "
                       "`memory`, or all of them, each in turn with a bare C "
                       "program of the same shape that this program contains: forks that make the "
                       "same files, blocking sockets, memcpy. The ratio of the two is what "
                       "counts; the rest depends on the machine and what else it does.\n\n"
                       "`startup`, `round`, `memory` and the tasks of a whole tree are about "
                       "--topology, with what its file sets, all others about one pod of 16 hosts. "
                       "docs/performance.md "
                       "says what each figure means.",
                       bench_command},
    [COMMAND_DOCTOR] = {COMMAND_DOCTOR, "doctor", "", 0, 0, 0,
                        "say whether this machine can hold a topology",
                        "What the topology needs against what the machine gives, line by line: ok, "
                        "warn or FAIL, with the command that mends "
                        "it. Exits with 3 when a line fails. `linqu run` checks the same before it "
                        "forks anything.",
                        doctor_command},
    [COMMAND_TOPOLOGY] = {COMMAND_TOPOLOGY, "topology", "show|check SPEC",
                          OFFER(TOPOLOGY) | OFFER(FILE), 2, 2, "print or check a topology",
                          "`show` prints the levels with counts and, for the node named with "
                          "--node (else for the first of each level), "
                          "coordinate, index, address and the paths of its files. `check` only "
                          "says whether SPEC is right.\n\n"
                          "SPEC is fan-outs below L6 (`16x4x16`), levels (`L6:2 L5:16 L4:4 "
                          "L3:16`), or a file that ends in .topo or "
                          "whose path has a slash.",
                          topology_command},
    [COMMAND_VERSION] = {COMMAND_VERSION, "version", "", 0, 0, 0, "print the version", "",
                         version_command},
    [COMMAND_HELP] = {COMMAND_HELP, "help", "[COMMAND]", OFFER(COMMAND), 1, 0, "explain a command",
                      "Without a command, the list of all. --man prints the manual page, "
                      "--completion the completion for "
                      "bash.",
                      help_command},
};

const struct option_row option_table[] = {
    {OPTION_TOPOLOGY, "topology", 't', OPTION_TEXT, "SPEC", "16x4x16", 0, 0, COMPLETE_FILE,
     ON(RUN) | ON(DOCTOR) | ON(BENCH), "Shape",
     "the hierarchy: fan-outs below L6 (16x4x16, 16x4x16x16), levels (\"L6:2 L5:16 L4:4 L3:16\"), "
     "or a .topo file"},
    {OPTION_NAME, "name", 'n', OPTION_TEXT, "NAME", NULL, 0, 0, COMPLETE_RUN, ON(RUN), "Shape",
     "name of the run and of its directory; refused while such a run lives. Without it: <logical "
     "system>-<short id>"},
    {OPTION_PHYSICAL_SYSTEM, "physical-system", 0, OPTION_TEXT, "NAME", NULL, 0, 0,
     COMPLETE_NOTHING, ON(RUN), "Shape",
     "name of the machine that is simulated; default: the topology file's, else this host's name"},
    {OPTION_RING_CAPACITY, "ring-capacity", 0, OPTION_TEXT, "CAPACITY", NULL, 0, 0,
     COMPLETE_NOTHING, ON(RUN) | ON(DOCTOR), "Shape",
     "slots of each task ring and bytes of each buffer ring, of all levels (task=8,buffer=32K) or "
     "of "
     "the scopes of one (L4:task=4,buffer=16K); may come several times. Default: the topology "
     "file's, "
     "else task=1024,buffer=128M, of which only what is used takes memory"},
    {OPTION_SEED, "seed", 0, OPTION_NUMBER, "N", "1", 0, UINT64_MAX, COMPLETE_NOTHING, ON(RUN),
     "Shape", "where all that is random in a scenario comes from; it stands in run.json"},
    {OPTION_BIND, "bind", 0, OPTION_SWITCH, "on|off", "on", 0, 0, COMPLETE_SWITCH, ON(RUN), "Shape",
     "keep each subtree of the highest level that has at least as many nodes as there are "
     "processors on one of them, evenly; off: every node runs where there is room"},

    {OPTION_HOLD, "hold", 'H', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(RUN), "Life",
     "stay up after the scenarios until Ctrl-C or `linqu shutdown`"},
    {OPTION_DETACH, "detach", 'd', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(RUN), "Life",
     "return when all nodes are ready; the run goes on in the background (as with --hold)"},
    {OPTION_DRY_RUN, "dry-run", 0, OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(RUN), "Life",
     "say what would be made, and make nothing"},
    {OPTION_START_TIMEOUT, "start-timeout", 0, OPTION_SECONDS, "TIME", NULL, 1, DAY_S,
     COMPLETE_NOTHING, ON(RUN), "Life",
     "how long the tree may take until all nodes are ready; default: 60 s, and 1 s more for each "
     "100 nodes"},
    {OPTION_STOP_TIMEOUT, "stop-timeout", 0, OPTION_SECONDS, "TIME", NULL, 1, DAY_S,
     COMPLETE_NOTHING, ON(RUN), "Life",
     "how long the tree may take to stop in order, then it is killed; default: 10 s, and 1 s more "
     "for each 100 nodes"},
    {OPTION_TIMEOUT, "timeout", 0, OPTION_SECONDS, "TIME", "0", 0, 365 * DAY_S, COMPLETE_NOTHING,
     ON(RUN), "Life", "end the whole run after this time with exit code 124; 0: never"},
    {OPTION_STALL_AFTER, "stall-after", 0, OPTION_SECONDS, "TIME", "10", 0, DAY_S, COMPLETE_NOTHING,
     ON(RUN), "Life",
     "when nothing has gone on for so long, say who waits for whom; 0: never. A kernel that "
     "computes within its time limit "
     "goes on"},
    {OPTION_KEEP, "keep", 0, OPTION_NUMBER, "N", "5", 0, 1000000, COMPLETE_NOTHING, ON(RUN), "Life",
     "how many dead runs of this user stay; older ones are removed in the background"},

    {OPTION_AT, "at", 0, OPTION_TEXT, "PATH", NULL, 0, 0, COMPLETE_NOTHING, ON(RUN) | ON(EXEC),
     "Kernels",
     "the node that runs the kernel, as in L5_3/L4_1; default: the first live one of the kernel's "
     "level"},
    {OPTION_ARG, "arg", 0, OPTION_TEXT, "N", NULL, 0, 0, COMPLETE_NOTHING, ON(RUN) | ON(EXEC),
     "Kernels", "a scalar argument of the kernel (42, -1, 0x2A); may come several times, in order"},
    {OPTION_KERNEL_PATH, "kernel-path", 0, OPTION_TEXT, "DIRS", NULL, 0, 0, COMPLETE_DIRECTORY,
     ON(RUN) | ON(EXEC), "Kernels",
     "folders with the kernels that kernels submit, separated by colons; may come several times. "
     "They come after the folder of the kernel itself and before linqu's own"},
    {OPTION_TASK_TIMEOUT, "task-timeout", 0, OPTION_SECONDS, "TIME", "0", 0, 365 * DAY_S,
     COMPLETE_NOTHING, ON(RUN), "Kernels",
     "end a node whose kernel computes longer than this without a pause; time in a queue or in "
     "wait_all does not count. 0: never"},
    {OPTION_DFS_DIR, "dfs-dir", 0, OPTION_TEXT, "DIR", NULL, 0, 0, COMPLETE_DIRECTORY, ON(RUN),
     "Kernels",
     "where the hosts find the files that dfs-sum adds up, L3_<index>/data.txt; what is missing is "
     "made. Default: LINQU_DFS_BASE, else the folder dfs in the run's directory"},

    {OPTION_BY, "by", 0, OPTION_TEXT, "LEVEL", NULL, 0, 0, COMPLETE_LEVEL, ON(STATUS), "Selection",
     "a row for each node of this level with its subtree, as in --by L5"},
    {OPTION_WATCH, "watch", 'w', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(STATUS),
     "Selection", "show it again every second until the run ends"},
    {OPTION_BASELINE, "baseline", 0, OPTION_TEXT, "FILE", NULL, 0, 0, COMPLETE_FILE, ON(RINGS),
     "Selection", "the ring_profile.json of a run of the same work when all was well"},
    {OPTION_WHY, "why", 0, OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(STATUS), "Selection",
     "also who waits for whom, from the first task down to the one that all wait for"},

    {OPTION_CLEAN, "clean", 0, OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(DISCOVER),
     "Selection", "remove what is this user's and not live"},

    {OPTION_NODE, "node", 'N', OPTION_TEXT, "NODES", NULL, 0, 0, COMPLETE_NOTHING, ON(LOGS),
     "Selection", "only these subtrees: L5_3/L4_1, L5_[0-3], or a list with commas"},
    {OPTION_ALL, "all", 'a', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(TOPOLOGY),
     "Selection", "show every node, also of a large tree"},
    {OPTION_RUN, "run", 'r', OPTION_TEXT, "RUN", NULL, 0, 0, COMPLETE_RUN, ON(EXEC), "Selection",
     "the run; all arguments are then scenarios"},
    {OPTION_NODE, "node", 'N', OPTION_TEXT, "PATH", NULL, 0, 0, COMPLETE_NOTHING, ON(TOPOLOGY),
     "Selection", "the paths of this node: L5_3/L4_1"},
    {OPTION_LEVEL, "level", 'l', OPTION_TEXT, "LEVELS", NULL, 0, 0, COMPLETE_LEVEL, ON(LOGS),
     "Selection", "only nodes of these levels: L3, or L5,L4"},
    {OPTION_PRIORITY, "priority", 'p', OPTION_TEXT, "LEVEL", NULL, 0, 0, COMPLETE_PRIORITY,
     ON(LOGS), "Selection",
     "only lines at least as urgent: error, warn, info, debug; default: all, with --errors: error"},
    {OPTION_FOLLOW, "follow", 'f', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(LOGS),
     "Selection",
     "go on with what is written, until the run ends; begins with the last 10 lines unless -n says "
     "otherwise"},
    {OPTION_LINES, "lines", 'n', OPTION_NUMBER, "N", NULL, 0, 1000000, COMPLETE_NOTHING, ON(LOGS),
     "Selection", "only the last N lines"},
    {OPTION_SINCE, "since", 'S', OPTION_TEXT, "TIME", NULL, 0, 0, COMPLETE_NOTHING, ON(LOGS),
     "Selection",
     "only lines from then on: 30s, 5m, 2h ago, or 2026-11-23, 2026-11-23T08:07, "
     "2026-11-23T08:07:19.5Z (UTC)"},
    {OPTION_GREP, "grep", 'g', OPTION_TEXT, "REGEX", NULL, 0, 0, COMPLETE_NOTHING, ON(LOGS),
     "Selection", "only lines that match this extended regular expression"},
    {OPTION_ERRORS, "errors", 'e', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(LOGS),
     "Selection", "count equal errors and show each once with its nodes"},

    {OPTION_FORCE, "force", 'f', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(SHUTDOWN),
     "Life", "kill at once instead of stopping in order"},
    {OPTION_TIMEOUT, "timeout", 0, OPTION_SECONDS, "TIME", NULL, 1, DAY_S, COMPLETE_NOTHING,
     ON(SHUTDOWN), "Life",
     "how long the tree may take to stop in order; then it is killed. Default: the run's own "
     "--stop-timeout"},
    {OPTION_TIMEOUT, "timeout", 0, OPTION_SECONDS, "TIME", "0", 0, 365 * DAY_S, COMPLETE_NOTHING,
     ON(EXEC), "Life", "stop waiting for the answer after this time with exit code 124; 0: never"},

    {OPTION_REPEAT, "repeat", 0, OPTION_NUMBER, "N", "5", 1, 1000, COMPLETE_NOTHING, ON(BENCH),
     "Selection", "how often each figure and its bare program are measured, in turn"},
    {OPTION_COMPARE, "compare", 0, OPTION_TEXT, "FILE", NULL, 0, 0, COMPLETE_FILE, ON(BENCH),
     "Selection", "show beside it what this file of an earlier --json on this machine says"},

    {OPTION_MAN, "man", 0, OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(HELP), "Output",
     "print the manual page (roff)"},
    {OPTION_COMPLETION, "completion", 0, OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(HELP),
     "Output", "print the completion for bash"},
    {OPTION_BASE, "base", 'b', OPTION_TEXT, "DIR", NULL, 0, 0, COMPLETE_DIRECTORY,
     ON_EVERY & ~ON(HELP), "Output",
     "the folder that holds the runs; default: LINQU_BASE, else /tmp/linqu"},
    {OPTION_JSON, "json", 'j', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING,
     ON_EVERY & ~ON(HELP), "Output", "print JSON on stdout and nothing else there"},
    {OPTION_QUIET, "quiet", 'q', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING,
     ON(RUN) | ON_CONTROL | ON(DISCOVER), "Output", "say only what went wrong"},
    {OPTION_VERBOSE, "verbose", 'v', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON(RUN),
     "Output", "say more, and let the nodes log at level debug"},
    {OPTION_HELP, "help", 'h', OPTION_FLAG, NULL, NULL, 0, 0, COMPLETE_NOTHING, ON_EVERY, "Output",
     "explain this command"},
};
const size_t option_table_count = sizeof option_table / sizeof *option_table;

const struct term_row environment_table[] = {
    {"LINQU_BASE", "the folder that holds the runs, unless --base says otherwise"},
    {"LINQU_SYSTEM", "name of the logical system (LINQU_LOGICAL_SYSTEM is the same)"},
    {"LINQU_PHYSICAL_SYSTEM",
     "name of the physical system, unless --physical-system says otherwise"},
    {"LINQU_LEVEL, LINQU_L0 ... LINQU_L6",
     "set by each node for its kernels: its level and its indices"},
    {"LINQU_RUN", "set by each node for its kernels: the directory of the run"},
    {"LINQU_DFS_BASE",
     "where dfs-sum finds its files, unless --dfs-dir says otherwise; kernels see it"},
    {"NO_COLOR", "when set and not empty, nothing is coloured"},
};
const size_t environment_table_count = sizeof environment_table / sizeof *environment_table;

const struct term_row exit_table[] = {
    {"0", "done, verified, nothing leaked"},
    {"1", "a check of a scenario did not hold"},
    {"2", "the command line is wrong"},
    {"3", "this machine cannot do it"},
    {"4", "the start failed"},
    {"5", "a node or kernel failed and was not recovered, or the work was cut off"},
    {"6", "a deadlock or stall was proven"},
    {"7", "something leaked"},
    {"8", "no such run"},
    {"9", "internal error"},
    {"124", "--timeout was reached"},
    {"128+n", "ended by signal n (Ctrl-C on a --hold that is ready and well is 0)"},
};
const size_t exit_table_count = sizeof exit_table / sizeof *exit_table;

const struct term_row file_table[] = {
    {"/tmp/linqu", "the default base: one directory a run, and `latest`, a link to the newest"},
    {"<run>/run.json", "what the run did: shape, phases, checks, result, account"},
    {"<run>/events.jsonl", "what happened, a JSON object a line"},
    {"<run>/state.map", "a record a node, read by `linqu status`"},
    {"<run>/L6_0/.../logs/daemon.log", "the log of a node; a chip's lies with its host"},
};
const size_t file_table_count = sizeof file_table / sizeof *file_table;

const struct command_row *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(command_table[i].name, name) == 0)
            return &command_table[i];
    return NULL;
}

bool option_applies(const struct option_row *row, enum command_id command)
{
    return row->commands >> command & 1;
}

const struct option_row *option_find(enum command_id command, enum option_id id)
{
    for (size_t i = 0; i < option_table_count; i++)
        if (option_table[i].id == id && option_applies(&option_table[i], command))
            return &option_table[i];
    return NULL;
}
