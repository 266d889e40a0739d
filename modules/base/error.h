/* The sentence that says why the world refused. A bug asserts; an expected outcome is a return
 * value; only a failure of the world (a file, a limit, a user's words) fills an error. */

#ifndef BASE_ERROR_H
#define BASE_ERROR_H

enum { ERROR_TEXT_SIZE = 1024 };

struct error {
    char text[ERROR_TEXT_SIZE]; // one sentence, no newline; cut with "..." when too long
};

/* Write the sentence. Returns -1, so that a function can `return error_set(...)`. */
int error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put `prefix: ` before the sentence that stands there. Returns -1. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
