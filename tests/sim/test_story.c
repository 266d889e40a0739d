// links: users
/* Stories: tests/sim/NAME.story says what is done to a world, and, below a line of dashes, what
 * came of it, message by message. SIM_UPDATE=1 (make sim-update) writes that part anew; then look
 * at the difference before it is committed.
 *
 *   topology 1x1x2          as everywhere
 *   rings task=8,buffer=4K  as --ring-capacity
 *   seed 42
 *   faults cut=10 closed=0 repeat=0 spread=40
 *   timeout MILLISECONDS    as --task-timeout
 *   start                   until READY
 *   exec KERNEL PATH [N..]  and run until nothing is under way
 *   begin KERNEL PATH [N..] only send it
 *   run                     until nothing is under way
 *   after MICROSECONDS      let so much time pass
 *   kill PATH, cut PATH     the node, its connections
 *   gather PURPOSE, shutdown
 */

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "../unit/suite.h"
#include "base/memory.h"
#include "story_kernels.h"

enum { EVENTS = 1000000, WORDS_MAX = 12 };
static const char folder[] = "tests/sim";
static const char dashes[] = "----\n";

struct teller {
    const char *name;
    struct world_config config;
    struct world *world; // made by the first word that needs it
    uint32_t line;
    char topology[64], rings[128];
};

#define must(teller, condition, what)                                                              \
    claim(condition, "%s:%u: %s", (teller)->name, (teller)->line, what)

static struct world *world_of(struct teller *teller)
{
    struct error err;

    if (teller->world)
        return teller->world;
    teller->config.topology = teller->topology;
    teller->config.ring_capacity = teller->rings[0] ? teller->rings : NULL;
    teller->config.story = true;
    teller->world = world_create(&teller->config, &err);
    must(teller, teller->world, err.text);
    for (size_t i = 0; i < sizeof story_kernels / sizeof *story_kernels; i++)
        world_add_kernel(teller->world, &story_kernels[i]);
    return teller->world;
}

static uint32_t rank_of(struct teller *teller, const char *path)
{
    struct error err = {"a path is missing"};
    uint32_t rank;

    must(teller,
         path && topology_parse_path(world_topology(world_of(teller)), path, &rank, &err) == 0,
         err.text);
    return rank;
}

static void run(struct teller *teller)
{
    must(teller, world_run(world_of(teller), EVENTS), "this does not come to an end");
}

static void set_faults(struct teller *teller, char **words, int count)
{
    struct world_faults *faults = &teller->config.faults;

    for (int i = 0; i < count; i++) {
        bool known = sscanf(words[i], "cut=%u", &faults->cut) == 1 ||
                     sscanf(words[i], "closed=%u", &faults->closed) == 1 ||
                     sscanf(words[i], "repeat=%u", &faults->repeat) == 1 ||
                     sscanf(words[i], "spread=%u", &faults->spread) == 1;

        must(teller, known, "no such fault");
    }
}

static void begin_exec(struct teller *teller, char **words, int count)
{
    uint64_t args[WORDS_MAX];
    uint32_t rank;

    must(teller, count >= 2, "exec KERNEL PATH");
    rank = rank_of(teller, words[1]);
    for (int i = 2; i < count; i++)
        args[i - 2] = strtoull(words[i], NULL, 0);
    world_exec(world_of(teller), rank, words[0], args, (uint32_t)count - 2);
}

static bool set(struct teller *teller, char **words, int count)
{
    const char *value = count > 1 ? words[1] : "";

    if (strcmp(words[0], "topology") == 0)
        snprintf(teller->topology, sizeof teller->topology, "%s", value);
    else if (strcmp(words[0], "rings") == 0)
        snprintf(teller->rings, sizeof teller->rings, "%s", value);
    else if (strcmp(words[0], "seed") == 0)
        teller->config.seed = strtoull(value, NULL, 10);
    else if (strcmp(words[0], "timeout") == 0)
        teller->config.task_timeout_ms = strtoull(value, NULL, 10);
    else if (strcmp(words[0], "faults") == 0)
        set_faults(teller, words + 1, count - 1);
    else
        return false;
    return true;
}

static bool act(struct teller *teller, char **words, int count)
{
    struct world *world = world_of(teller);
    const char *value = count > 1 ? words[1] : "0";

    if (strcmp(words[0], "start") == 0)
        world_start(world);
    else if (strcmp(words[0], "exec") == 0 || strcmp(words[0], "begin") == 0)
        begin_exec(teller, words + 1, count - 1);
    else if (strcmp(words[0], "after") == 0)
        world_run_until(world, world_now(world) + 1000 * strtoull(value, NULL, 10));
    else if (strcmp(words[0], "kill") == 0)
        world_kill(world, rank_of(teller, value));
    else if (strcmp(words[0], "cut") == 0)
        world_cut(world, rank_of(teller, value));
    else if (strcmp(words[0], "gather") == 0)
        world_gather(world, (uint8_t)atoi(value));
    else if (strcmp(words[0], "shutdown") == 0)
        world_shutdown(world, true, 8000);
    else if (strcmp(words[0], "run") != 0)
        return false;
    if (strchr("erg", words[0][0])) // exec, run, gather
        run(teller);
    return true;
}

static void tell_line(struct teller *teller, char *line)
{
    char *words[WORDS_MAX], *rest = NULL;
    int count = 0;

    line[strcspn(line, "#\n")] = '\0';
    for (char *word = strtok_r(line, " ", &rest); word && count < WORDS_MAX;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    if (count > 0 && !set(teller, words, count))
        must(teller, act(teller, words, count), "no such word");
}

/* What the commands in `text` come to. */
static void tell(const char *name, const char *text, size_t size, struct buffer *story)
{
    struct teller teller = {.name = name};
    char *copy = memory_new(size + 1, 1), *rest = NULL;

    memcpy(copy, text, size);
    for (char *line = copy; line < copy + size; line = rest) {
        rest = line + strcspn(line, "\n");
        rest += *rest == '\n';
        teller.line++;
        char kept = *rest;

        *rest = '\0';
        tell_line(&teller, line);
        *rest = kept;
    }
    run(&teller);
    buffer_append(story, world_story(teller.world)->data, world_story(teller.world)->size);
    world_destroy(teller.world);
    free(copy);
}

static void read_whole(const char *path, struct buffer *text)
{
    FILE *file = fopen(path, "r");
    char piece[4096];
    size_t got;

    ck_assert_msg(file != NULL, "%s", path);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_append(text, piece, got);
    fclose(file);
    buffer_append(text, "", 1);
}

static void write_whole(const char *path, const char *head, size_t size, const struct buffer *story)
{
    FILE *file = fopen(path, "w");

    ck_assert_msg(file != NULL, "%s", path);
    fwrite(head, 1, size, file);
    fputs(dashes, file);
    fwrite(story->data, 1, story->size, file);
    fclose(file);
}

static void compare(const char *path, const char *told, const struct buffer *story)
{
    const char *now = (const char *)story->data;
    uint32_t line = 1;

    while (*told && *told == *now)
        line += *now == '\n', told++, now++;
    if (*told == *now)
        return;
    while (now > (const char *)story->data && now[-1] != '\n')
        now--, told--;
    ck_abort_msg("%s: line %u of what came of it should be\n%.*s\nand is\n%.*s", path, line,
                 (int)strcspn(told, "\n"), told, (int)strcspn(now, "\n"), now);
}

static void check_story(const char *path)
{
    struct buffer text = {0}, story = {0};
    const char *end;
    size_t size;

    read_whole(path, &text);
    end = strstr((const char *)text.data, dashes);
    size = end ? (size_t)(end - (const char *)text.data) : text.size - 1;
    tell(path, (const char *)text.data, size, &story);
    if (getenv("SIM_UPDATE"))
        write_whole(path, (const char *)text.data, size, &story);
    buffer_append(&story, "", 1);
    if (!getenv("SIM_UPDATE"))
        compare(path, end ? end + strlen(dashes) : "", &story);
    buffer_free(&text);
    buffer_free(&story);
}

static int is_story(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot && strcmp(dot, ".story") == 0;
}

START_TEST(every_story_is_told_as_it_was)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_story, alphasort);

    ck_assert_int_gt(count, 0);
    for (int i = 0; i < count; i++) {
        char path[512];

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        check_story(path);
        free(entries[i]);
    }
    free(entries);
}
END_TEST

SUITE_MAIN("story", every_story_is_told_as_it_was)
