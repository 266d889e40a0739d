#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bench/bench.h"

/* "model name : AMD EPYC" of the first processor that says one. */
static void processor_name(char *out, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];

    snprintf(out, size, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(out, size, "%s", colon + 1 + strspn(colon + 1, " "));
        break;
    }
    if (file)
        fclose(file);
}

json_t *bench_machine(const char *base)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    char processor[200], kind[24];
    struct utsname name = {0};
    struct statfs fs = {0};

    processor_name(processor, sizeof processor);
    uname(&name);
    statfs(base, &fs);
    snprintf(kind, sizeof kind, "%lx", (unsigned long)fs.f_type);
    return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "host", name.nodename, "processor",
                     processor, "processors", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN),
                     "memory_bytes", (json_int_t)pages * page, "kernel", name.release, "filesystem",
                     kind);
}

json_t *bench_load(void)
{
    double load[3] = {0};

    getloadavg(load, 3);
    return json_pack("[f, f, f]", load[0], load[1], load[2]);
}
