#include "base/json_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { REAL_DIGITS = 12 };

json_t *json_text(const char *text)
{
    json_t *value = json_string(text);
    char *copy;

    if (value)
        return value;
    copy = memory_string(text);
    for (char *at = copy; *at; at++) {
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    }
    value = json_string(copy);
    free(copy);
    assert(value);
    return value;
}

void json_append(struct buffer *out, json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS));

    assert(text);
    buffer_append(out, text, strlen(text));
    buffer_append(out, "\n", 1);
    free(text);
    json_decref(value);
}

static int append_piece(const char *piece, size_t size, void *arg)
{
    buffer_append(arg, piece, size);
    return 0;
}

void json_append_line(struct buffer *out, json_t *value)
{
    int failed =
        json_dump_callback(value, append_piece, out,
                           JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS));

    assert(!failed);
    (void)failed;
    json_decref(value);
}
