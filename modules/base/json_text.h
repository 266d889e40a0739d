/* What every JSON text of ours has in common. Values are jansson's. */

#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <jansson.h>

#include "base/buffer.h"

/* A string value of any bytes: what is not UTF-8 (a path may be so) is shown with '?' in place of its bytes
 * beyond ASCII. */
json_t *json_text(const char *text);

/* Append the value as an indented text with a newline at its end, and give up the reference. */
void json_append(struct buffer *out, json_t *value);
/* The same in one line, without a newline. */
void json_append_line(struct buffer *out, json_t *value);

#endif
