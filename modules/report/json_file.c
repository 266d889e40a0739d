#include "report/json_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rundir/file.h"

enum { JSON_FILE_MAX = 64 * 1024 * 1024 }; // bytes that a reader takes

enum { JSON_STYLE = JSON_INDENT(2) | JSON_REAL_PRECISION(12) };

int json_file_write(int dir_fd, const char *name, const json_t *object, struct error *err)
{
    char *text = json_dumps(object, JSON_STYLE);
    size_t size = text ? strlen(text) : 0;
    int result;

    if (!text)
        return error_set(err, "cannot write %s: no memory for its text", name);
    text[size] = '\n'; // in the place of the closing NUL
    result = file_replace(dir_fd, name, text, size + 1, err);
    free(text);
    return result;
}

/* Through a stream, since jansson reads a bare descriptor byte by byte. Closes it. */
static json_t *load(int fd, json_error_t *why)
{
    FILE *file = fdopen(fd, "r");
    json_t *object;

    if (!file) {
        close(fd);
        return NULL;
    }
    object = json_loadf(file, JSON_REJECT_DUPLICATES, why);
    fclose(file);
    return object;
}

json_t *json_file_read(int dir_fd, const char *name, struct error *err)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    json_error_t why = {.text = "out of memory"};
    json_t *object;
    struct stat st;

    if (fd < 0) {
        error_set(err, "cannot open %s: %s", name, strerror(errno));
        return NULL;
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > JSON_FILE_MAX) {
        close(fd);
        error_set(err, "%s is not a file that can be read", name);
        return NULL;
    }
    object = load(fd, &why);
    if (!object)
        error_set(err, "%s:%d: %s", name, why.line, why.text);
    return object;
}

int json_print(FILE *out, const json_t *object)
{
    if (json_dumpf(object, out, JSON_STYLE) < 0 ||
        putc('\n', out) == EOF)
        return -1;
    return fflush(out) == 0 ? 0 : -1;
}

json_t *json_u64_string(uint64_t number)
{
    return json_sprintf("%" PRIu64, number);
}
