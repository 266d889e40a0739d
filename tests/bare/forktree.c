/* The bare tree as a program of its own: modules/bench/bare_tree.h. tests/bare/README.md says how
 * it is used.
 *
 *     forktree [--edge socket|shared] [--files DIR] [--rounds N] SHAPE
 *
 * The tree is built twice: once to go through the rounds and to leave in order, once to be killed
 * at the top. */

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bare_tree.h"

static bool read_shape(const char *shape, unsigned fanout[BARE_FANOUTS])
{
    for (unsigned at = 0; *shape; at++) {
        char *end;
        unsigned long number = strtoul(shape, &end, 10);

        if (at >= BARE_FANOUTS - 1 || number == 0 || (*end && (*end != 'x' || !end[1])))
            return false;
        fanout[at] = (unsigned)number;
        shape = *end ? end + 1 : end;
    }
    return true;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print(const struct bare_tree_order *order, struct bare_tree_answer *answer)
{
    json_t *figures;

    qsort(answer->round_s, order->rounds, sizeof answer->round_s[0], by_size);
    figures = json_pack("{s:i, s:s, s:b, s:f, s:f, s:f, s:f}", "nodes", (int)answer->nodes, "edge",
                        order->shared ? "shared" : "socket", "files", order->files != NULL, "up_s",
                        answer->up_s, "round_s", answer->round_s[order->rounds / 2], "down_s",
                        answer->down_s, "kill_s", answer->kill_s);
    json_dumpf(figures, stdout, JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(figures);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"edge", required_argument, NULL, 'e'},
                                            {"files", required_argument, NULL, 'f'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {0}};
    static struct bare_tree_answer answer;
    struct bare_tree_order order = {.rounds = 20, .kill = true};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'e')
            order.shared = strcmp(optarg, "shared") == 0;
        else if (option == 'f')
            order.files = realpath(optarg, NULL);
        else if (option == 'r')
            order.rounds = (unsigned)atoi(optarg);
        else
            return 2;
    }
    if (optind + 1 != argc || !read_shape(argv[optind], order.fanout) || order.rounds == 0 ||
        order.rounds > BARE_ROUNDS_MOST) {
        fprintf(stderr,
                "usage: forktree [--edge socket|shared] [--files DIR] [--rounds N] 16x4x16\n");
        return 2;
    }
    bare_tree_measure(&order, &answer);
    print(&order, &answer);
    return 0;
}
