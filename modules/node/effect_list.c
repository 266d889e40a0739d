#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/node_internal.h"

/* Bytes of a tensor that are not worth a second piece of their frame. */
enum { TAIL_LEAST = 4096 };

/* While the list is open, pointers are offsets into `bytes` plus one, because `bytes` may move;
 * NULL stays NULL. */
static const void *offset_of(size_t offset)
{
    return (const void *)(uintptr_t)(offset + 1);
}

static const void *resolve(const struct effect_list *list, const void *offset)
{
    return offset ? list->bytes.data + ((uintptr_t)offset - 1) : NULL;
}

static const void *keep(struct effect_list *list, const void *data, size_t size)
{
    size_t at = list->bytes.size;

    buffer_append(&list->bytes, data, size);
    return offset_of(at);
}

static const char *keep_text(struct effect_list *list, const char *text)
{
    return text ? keep(list, text, strlen(text) + 1) : NULL;
}

static struct effect *add(struct effect_list *list, enum effect_type type)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 8;
        list->items = memory_resize(list->items, list->capacity, sizeof *list->items);
    }
    list->items[list->count] = (struct effect){.type = type, .peer = PEER_NONE};
    return &list->items[list->count++];
}

void effects_open(struct node *node)
{
    enum { KEEP_BYTES = 64 * 1024 };
    struct buffer *bytes = &node->effects.bytes;
    bool large = bytes->size > KEEP_BYTES; // the next step may need as much

    node->effects.count = 0;
    node->effects.urgent = false;
    buffer_clear(bytes);
    if (bytes->capacity > KEEP_BYTES && !large)
        buffer_free(bytes);
}

struct effects effects_close(struct node *node)
{
    struct effect_list *list = &node->effects;

    for (size_t i = 0; i < list->count; i++) {
        struct effect *effect = &list->items[i];

        effect->data = resolve(list, effect->data);
        effect->name = resolve(list, effect->name);
        effect->text = resolve(list, effect->text);
        effect->fields = resolve(list, effect->fields);
    }
    return (struct effects){.list = list->items, .count = list->count};
}

/* A child that is given a task is watched while it computes. */
static void note_task(struct node *node, uint32_t peer, unsigned type)
{
    if (type == MSG_CALL_TASK && peer >= PEER_FIRST_CHILD && peer <= node->child_count)
        watch_work_soon(node);
}

void want_frame(struct node *node, uint32_t peer, const uint8_t *frame, size_t size)
{
    const void *data = keep(&node->effects, frame, size);
    struct effect *effect = add(&node->effects, EFFECT_SEND);

    note_task(node, peer, frame[5]);
    node->effects.urgent = true;
    effect->peer = peer;
    effect->queue = (uint8_t)message_queue_of((enum message_type)frame[5]);
    effect->data = data;
    effect->size = size;
}

static struct coord peer_coord(const struct node *node, uint32_t peer)
{
    uint32_t parent = topology_parent(node->topology, node->config.rank);

    if (peer == PEER_PARENT)
        return parent == RANK_NONE ? coord_launcher() : topology_coord(node->topology, parent);
    if (peer <= node->child_count)
        return topology_coord(node->topology, child_rank(node, peer));
    return coord_launcher();
}

void want_message(struct node *node, uint32_t peer, struct message *message)
{
    struct coord target = peer_coord(node, peer);

    want_message_to(node, peer, &target, message);
}

static struct effect *add_message(struct node *node, uint32_t peer, const struct coord *target,
                                  struct message *message,
                                  void (*pack)(struct buffer *out, const struct message *message))
{
    struct effect_list *list = &node->effects;
    size_t at = list->bytes.size;
    struct effect *effect = add(list, EFFECT_SEND);

    message->sender = node->coord;
    message->target = *target;
    pack(&list->bytes, message);
    note_task(node, peer, message->type);
    list->urgent = true;
    effect->peer = peer;
    effect->queue = (uint8_t)message_queue_of(message->type);
    effect->data = offset_of(at);
    effect->size = list->bytes.size - at;
    return effect;
}

void want_message_to(struct node *node, uint32_t peer, const struct coord *target,
                     struct message *message)
{
    add_message(node, peer, target, message, message_pack);
}

void want_data_to(struct node *node, uint32_t peer, const struct coord *target,
                  struct message *message)
{
    const wire_bin *bytes = &message->tensor_data.bytes;
    struct effect *effect;

    if (bytes->size < TAIL_LEAST) {
        want_message_to(node, peer, target, message);
        return;
    }
    effect = add_message(node, peer, target, message, message_pack_head);
    effect->tail = bytes->data;
    effect->tail_size = bytes->size;
}

void want_log(struct node *node, enum log_level level, const char *component, const char *fields,
              const char *format, ...)
{
    struct effect_list *list = &node->effects;
    char text[ERROR_TEXT_SIZE];
    struct effect effect;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    effect = (struct effect){
        .type = EFFECT_LOG,
        .peer = PEER_NONE,
        .level = level,
        .name = keep_text(list, component),
        .text = keep_text(list, text),
        .fields = keep_text(list, fields),
    };
    *add(list, EFFECT_LOG) = effect;
    list->urgent = true;
}

void want_file(struct node *node, const char *name, const void *content, size_t size)
{
    const char *kept_name = keep_text(&node->effects, name);
    const void *data = keep(&node->effects, content, size);
    struct effect *effect = add(&node->effects, EFFECT_WRITE_FILE);

    effect->name = kept_name;
    effect->data = data;
    effect->size = size;
}

/* True when the list ends with lines for that file, and the bytes with those lines. */
static bool ends_with_lines(const struct effect_list *list, const char *name)
{
    const struct effect *last = list->count ? &list->items[list->count - 1] : NULL;

    return last && last->type == EFFECT_APPEND && strcmp(resolve(list, last->name), name) == 0 &&
           (const uint8_t *)resolve(list, last->data) + last->size ==
               list->bytes.data + list->bytes.size;
}

void want_lines(struct node *node, const char *name, const void *lines, size_t size, bool at_once)
{
    struct effect_list *list = &node->effects;
    const char *kept_name;
    const void *data;
    struct effect *effect;

    list->urgent |= at_once;
    if (ends_with_lines(list, name)) {
        buffer_append(&list->bytes, lines, size);
        list->items[list->count - 1].size += size;
        list->items[list->count - 1].at_once |= at_once;
        return;
    }
    kept_name = keep_text(list, name);
    data = keep(list, lines, size);
    effect = add(list, EFFECT_APPEND);
    effect->at_once = at_once;
    effect->name = kept_name;
    effect->data = data;
    effect->size = size;
}

void want_kill(struct node *node, uint32_t child, int signal)
{
    struct effect *effect = add(&node->effects, EFFECT_KILL);

    assert(child >= PEER_FIRST_CHILD && child <= node->child_count);
    effect->peer = child;
    effect->signal = signal;
}

void want_close(struct node *node, uint32_t peer, const char *why)
{
    const char *text = keep_text(&node->effects, why);
    struct effect *effect = add(&node->effects, EFFECT_CLOSE);

    effect->peer = peer;
    effect->text = text;
}

void want_connect(struct node *node, uint32_t peer, uint32_t rank)
{
    struct effect *effect = add(&node->effects, EFFECT_CONNECT);

    effect->peer = peer;
    effect->rank = rank;
}

void want_room(struct node *node, uint32_t peer, size_t size)
{
    struct effect *effect = add(&node->effects, EFFECT_ROOM);

    effect->peer = peer;
    effect->size = size;
}

void want_exit(struct node *node, int status)
{
    add(&node->effects, EFFECT_EXIT)->status = status;
}
