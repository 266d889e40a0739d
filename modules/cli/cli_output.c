#include "cli/cli_output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "cli/invocation.h"
#include "report/json_file.h"

static void say(const char *format, va_list args)
{
    fflush(stdout); // what was printed before comes before
    fputs("linqu: ", stderr);
    vfprintf(stderr, format, args);
    putc('\n', stderr);
}

int cli_fail(int exit_code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
    return exit_code;
}

void cli_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
}

int cli_usage(const struct invocation *invocation, const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return cli_fail(EXIT_USAGE, "%s; see `linqu help %s`", text, invocation->command->name);
}

int cli_finish(int exit_code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    return cli_fail(EXIT_MACHINE, "cannot write the output: %s", strerror(errno));
}

int cli_finish_json(json_t *object, int exit_code)
{
    if (json_print(stdout, object) < 0)
        exit_code = cli_fail(EXIT_MACHINE, "cannot write the output: %s", strerror(errno));
    json_decref(object);
    return exit_code;
}

bool cli_colour(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (no_color && no_color[0])
        return false;
    return isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0;
}

const char *paint_on(enum paint paint)
{
    static const char *const sequences[] = {
        [PAINT_PLAIN] = "",       [PAINT_GOOD] = "\033[32m", [PAINT_WARN] = "\033[33m",
        [PAINT_BAD] = "\033[31m", [PAINT_DIM] = "\033[2m",   [PAINT_BOLD] = "\033[1m"};

    return cli_colour(stdout) ? sequences[paint] : "";
}

const char *paint_off(enum paint paint)
{
    return paint != PAINT_PLAIN && cli_colour(stdout) ? "\033[0m" : "";
}
