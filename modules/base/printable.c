#include "base/printable.h"

#include <stdbool.h>
#include <string.h>

const char *printable(const char *text, size_t size, char out[PRINTABLE_SIZE])
{
    enum { ROOM = PRINTABLE_SIZE - 3 }; // two quotes and the NUL
    bool cut = size > ROOM;
    size_t shown = cut ? ROOM - 3 : size;
    char *at = out;

    *at++ = '\'';
    for (size_t i = 0; i < shown; i++)
        *at++ = text[i] >= 0x20 && text[i] < 0x7F ? text[i] : '?';
    if (cut) {
        memcpy(at, "...", 3);
        at += 3;
    }
    *at++ = '\'';
    *at = '\0';
    return out;
}
