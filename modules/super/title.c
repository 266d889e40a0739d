#include "super/title.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

static char *title;
static size_t title_size;
static size_t title_used;
static char *words;   // the copies that argv[] points to
static char **copies; // of the environment; setenv() may put another list in its place

/* The kernel lays the strings of argv and environ out one behind the other. */
static char *end_of_strings(char **strings, char *end)
{
    for (char **s = strings; *s; s++)
        if (*s == end)
            end = *s + strlen(*s) + 1;
    return end;
}

static void move_environment(void)
{
    size_t count = 0;

    while (environ[count])
        count++;
    copies = memory_new(count + 1, sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = memory_string(environ[i]);
    environ = copies;
}

void title_take(int argc, char **argv)
{
    char *end;

    if (argc < 1)
        return;
    end = end_of_strings(environ, end_of_strings(argv, argv[0]));
    move_environment();
    title = argv[0];
    title_size = (size_t)(end - argv[0]);
    title_used = title_size;
    words = memory_new(title_size, 1);
    memcpy(words, title, title_size);
    for (int i = 0; i < argc; i++)
        if (argv[i] >= title && argv[i] < end)
            argv[i] = words + (argv[i] - title);
}

void title_set(const char *format, ...)
{
    va_list args;
    size_t size;
    int wanted;

    if (!title)
        return;
    va_start(args, format);
    wanted = vsnprintf(title, title_size, format, args);
    va_end(args);
    size = wanted < 0 ? 0 : (size_t)wanted < title_size ? (size_t)wanted : title_size - 1;
    if (title_used > size)
        memset(title + size, 0, title_used - size);
    title_used = size;
}
