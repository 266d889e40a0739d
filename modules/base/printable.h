/* A user's or a stranger's words inside a sentence of ours: quoted, short, and harmless to a
 * terminal. */

#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include <stddef.h>

enum { PRINTABLE_SIZE = 64 }; // bytes of the quoted text, closing NUL included

/* 'text' in single quotes; what is not printable ASCII is shown as '?', what is too long ends in
 * "...". Returns `out`. */
const char *printable(const char *text, size_t size, char out[PRINTABLE_SIZE]);

#endif
