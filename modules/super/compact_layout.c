#include "super/compact_layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/memory.h"

static const unsigned long ask = 0xffffffff; // and change nothing

/* The words of our command line, as the kernel got them; NULL when it cannot be read. */
static char **own_words(void)
{
    FILE *file = fopen("/proc/self/cmdline", "re");
    size_t count = 0, room = 0, size = 0;
    char **words = NULL, *word = NULL;

    if (!file)
        return NULL;
    while (getdelim(&word, &size, '\0', file) > 0) {
        if (count + 1 >= room) {
            room = room ? 2 * room : 16;
            words = memory_resize(words, room, sizeof *words);
        }
        words[count++] = memory_string(word);
    }
    free(word);
    fclose(file);
    if (words)
        words[count] = NULL;
    return words;
}

static void free_words(char **words)
{
    for (char **word = words; word && *word; word++)
        free(*word);
    free(words);
}

void compact_layout_take(void)
{
    int before = personality(ask);
    char **words;

    if (before < 0)
        return;
    if (before & ADDR_NO_RANDOMIZE) { // we are there
        personality((unsigned long)before & ~(unsigned long)ADDR_NO_RANDOMIZE);
        prctl(PR_SET_NAME, program_invocation_short_name);
        return;
    }
    words = own_words();
    if (words && personality((unsigned long)before | ADDR_NO_RANDOMIZE) >= 0) {
        execv("/proc/self/exe", words);
        personality((unsigned long)before);
    }
    free_words(words);
}
