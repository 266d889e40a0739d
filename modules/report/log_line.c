#include "report/log_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/limits.h"
#include "base/timestamp.h"

/* Where a quoted value that begins at `at` (behind its quote) ends: at its closing quote, or at the
 * line's end. */
static size_t quoted_end(const char *text, size_t size, size_t at)
{
    while (at < size && text[at] != '"')
        at += text[at] == '\\' && at + 1 < size ? 2 : 1;
    return at < size ? at : size;
}

bool log_word_next(const char *text, size_t size, size_t *at, struct text_slice *key,
                   struct text_slice *value)
{
    size_t start = *at, end;

    while (start < size && text[start] == ' ')
        start++;
    for (end = start; end < size && text[end] != ' ' && text[end] != '=';)
        end++;
    if (end == start || end == size || text[end] != '=')
        return false;
    *key = (struct text_slice){text + start, end - start};
    start = end + 1;
    if (start < size && text[start] == '"') {
        end = quoted_end(text, size, start + 1);
        *value = (struct text_slice){text + start + 1, end - start - 1};
        *at = end < size ? end + 1 : size;
        return true;
    }
    for (end = start; end < size && text[end] != ' ';)
        end++;
    *value = (struct text_slice){text + start, end - start};
    *at = end;
    return true;
}

static bool slice_is(struct text_slice slice, const char *word)
{
    return slice.size == strlen(word) && memcmp(slice.start, word, slice.size) == 0;
}

/* A copy with a closing NUL, cut. */
static void slice_copy(struct text_slice slice, char *out, size_t capacity)
{
    size_t size = slice.size < capacity ? slice.size : capacity - 1;

    memcpy(out, slice.start, size);
    out[size] = '\0';
}

static bool take_word(struct log_line *line, struct text_slice key, struct text_slice value)
{
    char copy[32];

    slice_copy(value, copy, sizeof copy);
    if (slice_is(key, "ts"))
        return timestamp_parse(copy, &line->wall_ns) > 0;
    if (slice_is(key, "lvl"))
        return log_level_parse(copy, &line->level) == 0;
    if (slice_is(key, "node"))
        line->node = value;
    else if (slice_is(key, "comp"))
        line->component = value;
    else if (slice_is(key, "part"))
        line->part = (unsigned)strtoul(copy, NULL, 10);
    else if (slice_is(key, "msg"))
        line->message = value;
    return true;
}

bool log_line_read(const char *text, size_t size, struct log_line *line)
{
    struct text_slice key, value;
    size_t at = 0;

    *line = (struct log_line){.level = LOG_INFO, .part = 1};
    if (size < 4 || memcmp(text, "ts=", 3) != 0)
        return false;
    while (!line->message.start && log_word_next(text, size, &at, &key, &value))
        if (!take_word(line, key, value))
            return false;
    return line->wall_ns && line->node.start && line->message.start;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of the escape that begins at `value[i]` (a backslash); moves `*i` to its last character.
 */
static char escaped_byte(struct text_slice value, size_t *i)
{
    static const char letters[] = "nrt", bytes[] = "\n\r\t";
    char c = value.start[++*i];
    const char *letter = memchr(letters, c, sizeof letters - 1);

    if (letter)
        return bytes[letter - letters];
    if (c == 'x' && *i + 2 < value.size && hex_digit(value.start[*i + 1]) >= 0 &&
        hex_digit(value.start[*i + 2]) >= 0) {
        *i += 2;
        return (char)(hex_digit(value.start[*i - 1]) * 16 + hex_digit(value.start[*i]));
    }
    return c;
}

size_t log_unescape(struct text_slice value, char *out, size_t capacity)
{
    size_t size = 0;

    for (size_t i = 0; i < value.size && size + 1 < capacity; i++) {
        char c = value.start[i];

        if (c == '\\' && i + 1 < value.size)
            c = escaped_byte(value, &i);
        if (c) // no text of ours holds a NUL
            out[size++] = c;
    }
    out[size] = '\0';
    return size;
}

/* A number when the word is a whole number that JSON readers keep exactly; else a string. */
static json_t *word_json(struct text_slice value)
{
    enum { DIGITS_MAX = 15 };
    char text[LIMIT_LOG_LINE * 2];
    size_t digits = value.size && value.start[0] == '-';

    log_unescape(value, text, sizeof text);
    if (value.size == digits || value.size > DIGITS_MAX)
        return json_text(text);
    for (size_t i = digits; i < value.size; i++)
        if (!isdigit((unsigned char)value.start[i]))
            return json_text(text);
    return json_integer(strtoll(text, NULL, 10));
}

json_t *log_line_json(const char *text, size_t size)
{
    json_t *object = json_object();
    struct text_slice key, value;
    struct log_line line;
    size_t at = 0;

    if (!log_line_read(text, size, &line)) {
        char *copy = strndup(text, size);

        json_object_set_new(object, "msg", json_text(copy ? copy : ""));
        free(copy);
        return object;
    }
    while (log_word_next(text, size, &at, &key, &value)) {
        char name[64];

        slice_copy(key, name, sizeof name);
        if (slice_is(key, "msg") || slice_is(key, "node")) {
            char whole[LIMIT_LOG_LINE * 2];

            log_unescape(value, whole, sizeof whole);
            json_object_set_new(object, name, json_text(whole));
        } else {
            json_object_set_new(object, name, word_json(value));
        }
    }
    return object;
}

size_t log_normalise(struct text_slice message, char *out, size_t capacity)
{
    size_t size = 0;
    bool digits = false;

    for (size_t i = 0; i < message.size && size + 1 < capacity; i++) {
        bool digit = isdigit((unsigned char)message.start[i]);

        if (!digit || !digits)
            out[size++] = digit ? '#' : message.start[i];
        digits = digit;
    }
    out[size] = '\0';
    return size;
}
