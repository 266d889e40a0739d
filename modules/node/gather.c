/* A round: down to every leaf, each node does what the round is for, and the counts come up level
 * by level. */

#include <stdio.h>
#include <string.h>

#include "node/runtime.h"

static uint32_t subtree_nodes(const struct topology *topology, uint32_t rank)
{
    uint32_t sum = 0;

    for (int level = 0; level < LEVEL_COUNT; level++) {
        uint32_t count;

        topology_subtree(topology, rank, (enum level)level, &count);
        sum += count;
    }
    return sum;
}

static void answer(struct node *node)
{
    struct gather *gather = &node->gather;
    struct wire_level_count counts[LEVEL_COUNT];
    struct message message = {.type = MSG_GATHERED, .correlation = gather->correlation};
    uint32_t used = 0;

    for (int level = LEVEL_COUNT - 1; level >= 0; level--)
        if (gather->count[level])
            counts[used++] = (struct wire_level_count){(uint8_t)level, gather->count[level]};
    message.gathered.round = gather->round;
    message.gathered.counts.items = counts;
    message.gathered.counts.count = used;
    message.gathered.missing = gather->missing;
    message.gathered.error = wire_str_of(gather->error);
    gather->active = false;
    want_message(node, PEER_PARENT, &message);
}

static void check_answer(struct node *node)
{
    struct gather *gather = &node->gather;

    if (gather->active && gather->waiting == 0 && gather->files == 0)
        answer(node);
}

static void ask_children(struct node *node, const struct message *question)
{
    struct gather *gather = &node->gather;

    for (uint32_t number = PEER_FIRST_CHILD; number <= node->child_count; number++) {
        struct child *child = &node->children[number - PEER_FIRST_CHILD];
        struct message message = {.type = MSG_GATHER, .correlation = question->correlation};

        if (child->state != CHILD_READY) {
            gather->missing += subtree_nodes(node->topology, child_rank(node, number));
            continue;
        }
        message.gather = question->gather;
        child->gathering = true;
        gather->waiting++;
        want_message(node, number, &message);
    }
}

static void do_own_part(struct node *node)
{
    struct gather *gather = &node->gather;

    gather->count[node->coord.level]++;
    if (gather->purpose == GATHER_RECORDS)
        gather->files += trace_write(node);
    if (node->coord.level != LEVEL_HOST ||
        (gather->purpose != GATHER_IDENTIFY && gather->purpose != GATHER_DISCOVER))
        return;
    if (gather->purpose == GATHER_IDENTIFY) {
        gather->files++;
        identity_write(node);
    }
    gather->files++;
    node->writes_discovery = true;
    discovery_write(node, node->now_ns);
}

static void add_error(struct gather *gather, const char *sentence)
{
    if (gather->error[0] == '\0' && sentence[0])
        snprintf(gather->error, sizeof gather->error, "%.*s", LIMIT_CAUSE - 1, sentence);
}

void on_gather(struct node *node, const struct message *message)
{
    struct gather *gather = &node->gather;
    struct error err;

    if (gather->active || node->life != NODE_READY) {
        refuse(node, FRAME_UNEXPECTED, "GATHER");
        return;
    }
    memset(gather, 0, sizeof *gather);
    gather->active = true;
    gather->round = message->gather.round;
    gather->correlation = message->correlation;
    gather->purpose = message->gather.purpose;
    ask_children(node, message);
    if (gather->purpose == GATHER_WINDOWS && ring_windows_set(node, &message->gather, &err) < 0)
        add_error(gather, err.text);
    do_own_part(node);
    check_answer(node);
}

static void child_answered(struct node *node, struct child *child)
{
    child->gathering = false;
    node->gather.waiting--;
    check_answer(node);
}

void on_gathered(struct node *node, uint32_t number, const struct msg_gathered *gathered)
{
    struct child *child = &node->children[number - PEER_FIRST_CHILD];
    struct gather *gather = &node->gather;
    char error[LIMIT_CAUSE];

    if (!child->gathering || gathered->round != gather->round)
        return;
    for (uint32_t i = 0; i < gathered->counts.count; i++)
        if (gathered->counts.items[i].level < LEVEL_COUNT)
            gather->count[gathered->counts.items[i].level] += gathered->counts.items[i].count;
    gather->missing += gathered->missing;
    add_error(gather, wire_str_copy(gathered->error, error, sizeof error));
    child_answered(node, child);
}

void gather_child_gone(struct node *node, uint32_t number)
{
    struct child *child = &node->children[number - PEER_FIRST_CHILD];

    if (!child->gathering)
        return;
    node->gather.missing += subtree_nodes(node->topology, child_rank(node, number));
    child_answered(node, child);
}

/* A write that nobody's round waits for (discovery.json kept current) only shows in the log when it
 * fails. */
void gather_file_written(struct node *node, const char *error)
{
    struct gather *gather = &node->gather;

    if (error)
        want_log(node, LOG_ERROR, "file", NULL, "%s", error);
    if (!gather->active || gather->files == 0)
        return;
    if (error)
        add_error(gather, error);
    gather->files--;
    check_answer(node);
}
