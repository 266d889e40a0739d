#include "model/level.h"

#include <assert.h>
#include <stddef.h>
#include <strings.h>

static const char *const names[LEVEL_COUNT] = {
    [LEVEL_CORE] = "CORE",   [LEVEL_CHIP_DIE] = "CHIP_DIE", [LEVEL_CHIP] = "CHIP",
    [LEVEL_HOST] = "HOST",   [LEVEL_POD] = "POD",           [LEVEL_CLOS1] = "CLOS1",
    [LEVEL_CLOS2] = "CLOS2", [LEVEL_GLOBAL] = "GLOBAL"};

static const struct {
    const char *name;
    enum level level;
} aliases[] = {
    {"AIV", LEVEL_CORE},         {"AIC", LEVEL_CORE},       {"CORE_GROUP", LEVEL_CORE},
    {"L2CACHE", LEVEL_CHIP_DIE}, {"PROCESSOR", LEVEL_CHIP}, {"UMA", LEVEL_CHIP},
    {"NODE", LEVEL_HOST},        {"CLUSTER_0", LEVEL_POD},  {"CLUSTER_1", LEVEL_CLOS1},
    {"CLUSTER_2", LEVEL_CLOS2},
};

const char *level_name(enum level level)
{
    assert((unsigned)level < LEVEL_COUNT);
    return names[level];
}

int level_parse(const char *text, enum level *level)
{
    if ((text[0] == 'L' || text[0] == 'l') && text[1] >= '0' && text[1] < '0' + LEVEL_COUNT &&
        !text[2]) {
        *level = (enum level)(text[1] - '0');
        return 0;
    }
    for (unsigned i = 0; i < LEVEL_COUNT; i++) {
        if (!strcasecmp(text, names[i])) {
            *level = (enum level)i;
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (!strcasecmp(text, aliases[i].name)) {
            *level = aliases[i].level;
            return 0;
        }
    }
    return -1;
}

uint32_t level_index_limit(enum level level)
{
    static const uint32_t limits[LEVEL_COUNT] = {
        [LEVEL_CORE] = 65536, [LEVEL_CHIP_DIE] = 256, [LEVEL_CHIP] = 65536, [LEVEL_HOST] = 65536,
        [LEVEL_POD] = 256,    [LEVEL_CLOS1] = 256,    [LEVEL_CLOS2] = 256,  [LEVEL_GLOBAL] = 1};

    assert((unsigned)level < LEVEL_COUNT);
    return limits[level];
}
