#include "cli/topology_load.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "topo/topology_settings.h"

enum { TOPOLOGY_FILE_MAX = 1 << 20 };

static int file_read(const char *path, struct buffer *text, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    ssize_t got = 1;

    if (fd < 0 || fstat(fd, &st) < 0) {
        error_set(err, "cannot read the topology %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    while (got > 0 && text->size <= TOPOLOGY_FILE_MAX) {
        uint8_t block[4096];

        got = read(fd, block, sizeof block);
        if (got > 0)
            buffer_append(text, block, (size_t)got);
    }
    close(fd);
    if (got < 0)
        return error_set(err, "cannot read the topology %s: %s", path, strerror(errno));
    if (text->size > TOPOLOGY_FILE_MAX)
        return error_set(err, "the topology %s has more than %d bytes", path, TOPOLOGY_FILE_MAX);
    return 0;
}

int topology_load(const char *spec, struct topology *topology, struct error *err)
{
    struct buffer text = {0};
    int result;

    if (!topology_spec_is_file(spec))
        return topology_parse(spec, topology, err);
    result = file_read(spec, &text, err);
    if (result == 0)
        result = topology_parse_file(spec, text.data ? (const char *)text.data : "", text.size,
                                     topology, err);
    buffer_free(&text);
    return result;
}

int topology_take_capacities(struct topology *topology, const struct invocation *invocation,
                             struct error *err)
{
    const struct option_texts *given = &invocation->all[OPTION_RING_CAPACITY];

    for (size_t i = 0; i < given->count; i++)
        if (topology_ring_capacity_parse(&topology->settings, given->items[i], err) < 0)
            return error_prefix(err, "--ring-capacity");
    return 0;
}

/* The value of the first variable that is set and not empty; NULL when none is. */
static const char *first_set(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = getenv(names[i]);

        if (value && value[0])
            return value;
    }
    return NULL;
}

static int name_take(char out[LIMIT_SYSTEM_NAME], const char *name, const char *whose,
                     struct error *err)
{
    if (system_name_check(name, err) < 0)
        return error_prefix(err, "%s", whose);
    snprintf(out, LIMIT_SYSTEM_NAME, "%s", name);
    return 0;
}

/* This host's name up to its first dot, when it can be a system's name; else "local". */
static void name_of_host(char out[LIMIT_SYSTEM_NAME])
{
    char name[HOST_NAME_MAX + 1] = "";
    struct error err;

    gethostname(name, sizeof name - 1);
    name[strcspn(name, ".")] = '\0';
    if (name_take(out, name, "", &err) < 0)
        snprintf(out, LIMIT_SYSTEM_NAME, "local");
}

int topology_name_systems(struct topology *topology, const char *physical_option, struct error *err)
{
    static const char *const logical[] = {"LINQU_SYSTEM", "LINQU_LOGICAL_SYSTEM"};
    static const char *const physical[] = {"LINQU_PHYSICAL_SYSTEM"};
    struct topology_settings *settings = &topology->settings;
    const char *from_environment = first_set(logical, 2);

    if (from_environment &&
        name_take(settings->logical_system, from_environment, "LINQU_SYSTEM", err) < 0)
        return -1;
    if (!settings->logical_system[0])
        snprintf(settings->logical_system, LIMIT_SYSTEM_NAME, "linqu");
    from_environment = first_set(physical, 1);
    if (physical_option)
        return name_take(settings->physical_system, physical_option, "--physical-system", err);
    if (from_environment)
        return name_take(settings->physical_system, from_environment, "LINQU_PHYSICAL_SYSTEM", err);
    if (!settings->physical_system[0])
        name_of_host(settings->physical_system);
    return 0;
}
