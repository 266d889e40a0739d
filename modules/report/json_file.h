/* JSON in files and on stdout: whole or not at all, with a newline at the end. */

#ifndef REPORT_JSON_FILE_H
#define REPORT_JSON_FILE_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* Replace `name` in the directory `dir_fd` by the object: written to a temporary name, then
 * renamed. */
int json_file_write(int dir_fd, const char *name, const json_t *object, struct error *err);

/* Read an object back. NULL with a sentence; the caller drops the reference. */
json_t *json_file_read(int dir_fd, const char *name, struct error *err);

/* Print it, indented, with a newline. -1 when the stream fails (errno says why). */
int json_print(FILE *out, const json_t *object);

/* A 64-bit number that may exceed 2^53, as a string of digits. */
json_t *json_u64_string(uint64_t number);

#endif
