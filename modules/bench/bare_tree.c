/* A node of the bare tree has no loop, no frames, no checks. Its two kinds of edge: a socket pair,
 * or a cell in shared memory with an eventfd that is rung only for a sleeper. */

#include "bench/bare_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rundir/clock.h"

/* Level 0 is the launcher with its one child, level 1 the top, level 4 a host, level 5 a chip. */
enum { LEVELS = 6, HOST = 4, FANOUT_MAX = 1024 };
enum { WORD_LEAVE = UINT32_MAX };

/* One node in the memory that all share, for shared edges. */
struct cell {
    _Atomic uint32_t told;     // the last word from above
    _Atomic uint32_t answered; // the last word that its whole subtree has had
    _Atomic uint32_t asleep;   // whoever changes something for it rings its bell
    int bell;
    _Atomic int pid;
    unsigned depth; // below the top
    char apart[40]; // a cache line each
};

struct node {
    unsigned level;
    uint32_t id;
    uint32_t parent;
    uint32_t first_child;
    unsigned child_count;
    int up;               // socket edges: to the parent
    int down[FANOUT_MAX]; // and to the children
};

static struct {
    unsigned fanout[LEVELS]; // children of a node of that level
    uint32_t first[LEVELS];  // id of a level's first node
    uint32_t nodes;          // the launcher not counted
    bool shared;             // edges
    const char *files;       // directory to make, or NULL
    unsigned rounds;
    struct cell *cells;
} tree;

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "linqu: bare tree: %s: %s\n", what, strerror(errno));
    _exit(1);
}

/* --- edges ------------------------------------------------------------------------------------ */

static void wake(uint32_t id)
{
    struct cell *cell = &tree.cells[id];

    if (atomic_exchange(&cell->asleep, 0))
        must(eventfd_write(cell->bell, 1) == 0, "ring a bell");
}

static bool all_answered(const struct node *node, uint32_t word)
{
    for (unsigned i = 0; i < node->child_count; i++)
        if (atomic_load(&tree.cells[node->first_child + i].answered) != word)
            return false;
    return true;
}

static bool told_more(const struct node *node, uint32_t word)
{
    return atomic_load(&tree.cells[node->id].told) != word;
}

/* Sleep until `ready`, which is asked again after each bell and once more after saying "asleep". */
static void sleep_until(bool (*ready)(const struct node *, uint32_t), const struct node *node,
                        uint32_t word)
{
    struct cell *cell = &tree.cells[node->id];
    eventfd_t rings;

    while (!ready(node, word)) {
        atomic_store(&cell->asleep, 1);
        if (ready(node, word))
            break;
        must(eventfd_read(cell->bell, &rings) == 0, "hear a bell");
    }
    atomic_store(&cell->asleep, 0);
}

static void tell_child(const struct node *node, unsigned child, uint32_t word)
{
    if (!tree.shared) {
        must(write(node->down[child], &word, sizeof word) == sizeof word, "tell a child");
        return;
    }
    atomic_store(&tree.cells[node->first_child + child].told, word);
    wake(node->first_child + child);
}

static void hear_children(const struct node *node, uint32_t word)
{
    uint32_t answer;

    if (tree.shared) {
        sleep_until(all_answered, node, word);
        return;
    }
    for (unsigned i = 0; i < node->child_count; i++)
        must(read(node->down[i], &answer, sizeof answer) == sizeof answer, "hear a child");
}

static void answer_parent(const struct node *node, uint32_t word)
{
    if (!tree.shared) {
        must(write(node->up, &word, sizeof word) == sizeof word, "answer");
        return;
    }
    atomic_store(&tree.cells[node->id].answered, word);
    wake(node->parent);
}

/* The next word from above after `word`. */
static uint32_t hear_parent(const struct node *node, uint32_t word)
{
    if (!tree.shared) {
        if (read(node->up, &word, sizeof word) != sizeof word)
            _exit(1); // it was killed, and the death signal is on its way
        return word;
    }
    sleep_until(told_more, node, word);
    return atomic_load(&tree.cells[node->id].told);
}

static void tell_all(const struct node *node, uint32_t word)
{
    for (unsigned i = 0; i < node->child_count; i++)
        tell_child(node, i, word);
}

/* --- a node's files --------------------------------------------------------------------------- */

static const char SOCKET[] = "daemon.sock";

static void write_file(const char *name, const char *text)
{
    int fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);

    must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), name);
}

static void bind_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", name);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
             listen(fd, 4096) == 0,
         name);
}

/* Down to the hosts a directory with a log, a pid file and a socket; a chip has a log in its host's
 * `logs`. The log and the socket stay open, as a real node's do. */
static void make_files(const struct node *node, unsigned number)
{
    static const char line[] =
        "ts=2026-11-23T08:07:19.412345678Z lvl=info node=L6_0/L5_3/L4_1/L3_7 pid=20190 comp=life "
        "msg=\"the node has started, with all of its children\" level=3\n";
    char name[64];

    if (node->level > HOST) {
        snprintf(name, sizeof name, "logs/L2_%u.log", number);
        write_file(name, line);
        return;
    }
    snprintf(name, sizeof name, "n%u", number);
    must(mkdir(name, 0700) == 0 && chdir(name) == 0 && mkdir("logs", 0700) == 0, name);
    write_file("logs/daemon.log", line);
    write_file("daemon.pid", "20190\n");
    bind_socket(SOCKET);
}

/* --- the tree --------------------------------------------------------------------------------- */

static void node_live(struct node *node);

static struct node node_of(const struct node *parent, unsigned number)
{
    unsigned level = parent->level + 1;
    uint32_t id = parent->first_child + number;
    unsigned children = level < LEVELS ? tree.fanout[level] : 0;

    return (struct node){
        .level = level,
        .id = id,
        .parent = parent->id,
        .first_child = children ? tree.first[level + 1] + (id - tree.first[level]) * children : 0,
        .child_count = children,
        .up = -1,
    };
}

/* A child keeps its own edge and what is shared; the parent's other descriptors are closed. */
static void child_begin(const struct node *parent, struct node *child, unsigned number,
                        pid_t parent_pid)
{
    must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "arm the death signal");
    if (getppid() != parent_pid)
        _exit(1);
    for (unsigned i = 0; !tree.shared && i <= number; i++)
        close(parent->down[i]);
    if (!tree.shared && parent->up >= 0)
        close(parent->up);
    atomic_store(&tree.cells[child->id].pid, getpid());
    tree.cells[child->id].depth = child->level - 1;
    if (tree.files)
        make_files(child, number);
    node_live(child);
    _exit(0);
}

static pid_t fork_child(struct node *node, unsigned number)
{
    struct node child = node_of(node, number);
    pid_t parent_pid = getpid();
    int pair[2] = {-1, -1};
    pid_t pid;

    if (tree.shared)
        tree.cells[child.id].bell = eventfd(0, EFD_CLOEXEC);
    else
        must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "make an edge");
    node->down[number] = pair[0];
    pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        child.up = pair[1];
        child_begin(node, &child, number, parent_pid);
    }
    if (!tree.shared)
        close(pair[1]);
    return pid;
}

static void node_live(struct node *node)
{
    uint32_t word = 0;

    for (unsigned i = 0; i < node->child_count; i++)
        fork_child(node, i);
    hear_children(node, 1);
    answer_parent(node, 1);
    for (;;) {
        word = hear_parent(node, word);
        tell_all(node, word);
        if (word == WORD_LEAVE)
            break;
        hear_children(node, word);
        answer_parent(node, word);
    }
    while (wait(NULL) > 0)
        ;
    if (tree.files && node->level <= HOST) // a run leaves no socket either
        must(unlink(SOCKET) == 0, SOCKET);
}

/* --- the launcher ----------------------------------------------------------------------------- */

static bool read_shape(const struct bare_tree_order *order)
{
    uint32_t width = 1;

    tree.fanout[0] = 1;
    memcpy(tree.fanout + 1, order->fanout, sizeof order->fanout);
    for (unsigned level = 0; level + 1 < LEVELS && tree.fanout[level]; level++) {
        if (tree.fanout[level] > FANOUT_MAX)
            return false;
        tree.first[level + 1] = tree.first[level] + width;
        width *= tree.fanout[level];
        tree.nodes += width;
    }
    return true;
}

/* Fork the whole tree below `launcher` and wait until all of it is there. Returns the top's pid. */
static pid_t tree_up(struct node *launcher, const char *directory)
{
    size_t size = (tree.nodes + 1) * sizeof *tree.cells;
    pid_t top;

    *launcher = (struct node){.first_child = tree.first[1], .child_count = 1, .up = -1};
    tree.cells = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(tree.cells != MAP_FAILED, "map the cells");
    tree.cells[0].bell = eventfd(0, EFD_CLOEXEC);
    if (tree.files)
        must(chdir(tree.files) == 0 && mkdir(directory, 0700) == 0 && chdir(directory) == 0,
             tree.files);
    top = fork_child(launcher, 0);
    hear_children(launcher, 1);
    return top;
}

static void reap_all(void)
{
    while (wait(NULL) > 0 || errno == EINTR)
        ;
}

static void measure_rounds(struct node *launcher, struct bare_tree_answer *answer)
{
    for (unsigned i = 0; i < tree.rounds; i++) {
        double begun = monotonic_clock_s();

        tell_all(launcher, i + 2);
        hear_children(launcher, i + 2);
        answer->round_s[i] = monotonic_clock_s() - begun;
    }
}

static void measure_memory(struct memory_use *memory)
{
    for (uint32_t id = 1; id <= tree.nodes; id++)
        memory_use_add(memory, tree.cells[id].depth, tree.cells[id].pid);
}

void bare_tree_measure(const void *order_, void *answer_)
{
    const struct bare_tree_order *order = order_;
    struct bare_tree_answer *answer = answer_;
    struct node launcher;
    double begun;
    pid_t top;

    tree.shared = order->shared;
    tree.files = order->files;
    tree.rounds = order->rounds;
    must(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "adopt orphans");
    must(tree.rounds <= BARE_ROUNDS_MOST && read_shape(order), "shape");
    answer->nodes = tree.nodes;
    begun = monotonic_clock_s();
    tree_up(&launcher, "in-order");
    answer->up_s = monotonic_clock_s() - begun;
    measure_rounds(&launcher, answer);
    if (order->memory)
        measure_memory(&answer->memory);
    begun = monotonic_clock_s();
    tell_all(&launcher, WORD_LEAVE);
    reap_all();
    answer->down_s = monotonic_clock_s() - begun;
    if (!order->kill)
        return;
    top = tree_up(&launcher, "killed");
    begun = monotonic_clock_s();
    kill(top, SIGKILL);
    reap_all();
    answer->kill_s = monotonic_clock_s() - begun;
}
