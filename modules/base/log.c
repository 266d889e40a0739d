#include "base/log.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/timestamp.h"

enum {
    HEAD_MAX =
        320, // bytes of "ts=... comp=... part=N ", so that much of a line is left for the message
    ESCAPE_MAX = 4, // "\x1b", or a whole character in UTF-8
    PART_ROOM = 24, // bytes of "part=4294967295 "
};

static const char *const level_names[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

const char *log_level_name(enum log_level level)
{
    assert((unsigned)level <= LOG_DEBUG);
    return level_names[level];
}

int log_level_parse(const char *name, enum log_level *level)
{
    for (unsigned i = 0; i <= LOG_DEBUG; i++) {
        if (!strcasecmp(name, level_names[i])) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return -1;
}

/* The line under construction. What has come into it is complete logfmt but for `closing`. */
struct line {
    struct buffer *out;
    char head[HEAD_MAX + 1];
    int head_size;
    unsigned part; // from 1
    size_t start;  // where the line begins in `out`
    bool in_text;  // inside msg="..."
};

static void line_begin(struct line *line)
{
    line->part++;
    line->start = line->out->size;
    line->in_text = false;
    buffer_append(line->out, line->head, (size_t)line->head_size);
    if (line->part > 1)
        buffer_printf(line->out, " part=%u", line->part);
}

/* Bytes that still fit before the closing quote (inside a text) and the newline. */
static size_t line_room(const struct line *line)
{
    size_t used = line->out->size - line->start + 1 + (line->in_text ? 1 : 0);

    assert(used <= LIMIT_LOG_LINE);
    return LIMIT_LOG_LINE - used;
}

static void text_open(struct line *line)
{
    buffer_append(line->out, " msg=\"", 6);
    line->in_text = true;
}

static void text_close(struct line *line)
{
    buffer_append(line->out, "\"", 1);
    line->in_text = false;
}

static void line_end(struct line *line)
{
    if (line->in_text)
        text_close(line);
    buffer_append(line->out, "\n", 1);
}

/* Bytes of the well-formed UTF-8 character at `text`; 0 when there is none or it is a control
 * character (U+0080 to U+009F: a terminal may obey them). */
static size_t character_size(const unsigned char *text)
{
    size_t size = text[0] < 0xC2   ? 0
                  : text[0] < 0xE0 ? 2
                  : text[0] < 0xF0 ? 3
                  : text[0] < 0xF5 ? 4
                                   : 0;

    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    }
    if ((text[0] == 0xC2 && text[1] < 0xA0) || (text[0] == 0xE0 && text[1] < 0xA0) ||
        (text[0] == 0xED && text[1] >= 0xA0) || (text[0] == 0xF0 && text[1] < 0x90) ||
        (text[0] == 0xF4 && text[1] >= 0x90))
        return 0;
    return size;
}

/* Write the character at `*text` as it stands in a quoted value, go past it, and return how many
 * bytes were written. */
static size_t escape_next(const unsigned char **text, char out[ESCAPE_MAX + 1])
{
    static const char plain[] = "\n\r\t\"\\", letter[] = "nrt\"\\";
    unsigned char c = **text;
    const char *special = c < 0x80 ? strchr(plain, c) : NULL;
    size_t size = c < 0x80 ? (c >= 0x20 && c < 0x7F) : character_size(*text);

    if (special) {
        out[0] = '\\';
        out[1] = letter[special - plain];
        (*text)++;
        return 2;
    }
    if (!size) {
        (*text)++;
        return (size_t)snprintf(out, ESCAPE_MAX + 1, "\\x%02x", c);
    }
    memcpy(out, *text, size);
    *text += size;
    return size;
}

/* Append text to the quoted message, going on in further lines where it is long. */
static void line_add_text(struct line *line, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;

    text_open(line);
    while (at < end) {
        char escaped[ESCAPE_MAX + 1];
        size_t escaped_size = escape_next(&at, escaped);

        if (escaped_size > line_room(line)) {
            line_end(line);
            line_begin(line);
            text_open(line);
        }
        buffer_append(line->out, escaped, escaped_size);
    }
    text_close(line);
}

/* Bytes of the first `key=value` word; a quoted value may hold blanks. */
static size_t word_size(const char *fields)
{
    bool quoted = false;
    size_t size = 0;

    for (; fields[size] && (quoted || fields[size] != ' '); size++) {
        if (quoted && fields[size] == '\\' && fields[size + 1])
            size++;
        else if (fields[size] == '"')
            quoted = !quoted;
    }
    return size;
}

/* One word after the message. A word that no line can hold becomes text, so that nothing of it is
 * lost. */
static void line_add_word(struct line *line, const char *word, size_t size)
{
    if (size + 1 > line_room(line)) {
        line_end(line);
        line_begin(line);
    }
    if (size + 1 > line_room(line)) {
        line_add_text(line, word, size);
        return;
    }
    buffer_append(line->out, " ", 1);
    buffer_append(line->out, word, size);
}

static void line_add_fields(struct line *line, const char *fields)
{
    while (*fields) {
        size_t size = word_size(fields);

        if (size)
            line_add_word(line, fields, size);
        fields += size;
        while (*fields == ' ')
            fields++;
    }
}

void log_format(struct buffer *out, const struct log_record *record)
{
    struct line line = {.out = out};
    char when[TIMESTAMP_SIZE];

    timestamp_format(record->wall_ns, when);
    line.head_size =
        snprintf(line.head, sizeof line.head, "ts=%s lvl=%s node=%.*s pid=%d comp=%.*s", when,
                 log_level_name(record->level), LIMIT_NODE_PATH, record->node, record->pid, 64,
                 record->component);
    assert(line.head_size > 0 && line.head_size <= HEAD_MAX - PART_ROOM);
    line_begin(&line);
    line_add_text(&line, record->message, strlen(record->message));
    if (record->fields)
        line_add_fields(&line, record->fields);
    line_end(&line);
}
