#include "kernels/kernel_load.h"

#include <dlfcn.h>
#include <string.h>

/* linqu_orch_config() with one argument more than it has: kernels of the first ABI return 8 bytes
 * without a role, which is then read from the register of the third argument (see docs/kernels.md).
 */
typedef LinquOrchConfig (*config_function)(uint64_t *args, int arg_count, uint64_t zero);
typedef void (*entry_function)(LinquRuntime *rt, uint64_t *args, int arg_count);

#if defined(__clang__)
__attribute__((no_sanitize("undefined")))
#endif
static LinquOrchConfig
ask_config(config_function config)
{
    return config(NULL, 0, 0);
}

static int check_abi(void *code, struct error *err)
{
    const uint32_t *needed = dlsym(code, "linqu_required_abi");

    if (needed && *needed > LINQU_ABI_VERSION)
        return error_set(err, "it needs version %u of the kernel interface, this linqu has %u",
                         *needed, LINQU_ABI_VERSION);
    return 0;
}

static int no_symbol(const char *name, struct error *err)
{
    return error_set(err, "it exports no %s (with C linkage and default visibility)", name);
}

int kernel_load(const char *path, struct kernel_exports *exports, struct error *err)
{
    void *code = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    config_function config;
    entry_function entry;
    LinquOrchConfig said;

    if (!code)
        return error_set(err, "it cannot be loaded: %s", dlerror());
    if (check_abi(code, err) < 0)
        return -1;
    *(void **)&config = dlsym(code, "linqu_orch_config");
    *(void **)&entry = dlsym(code, "linqu_orch_entry");
    if (!config || !entry)
        return no_symbol(config ? "linqu_orch_entry" : "linqu_orch_config", err);
    said = ask_config(config);
    if (said.level > LINQU_LEVEL_GLOBAL)
        return error_set(err, "its linqu_orch_config says level %u; levels are 0 to %d", said.level,
                         LINQU_LEVEL_GLOBAL);
    if (said.role > LINQU_ROLE_WORKER)
        return error_set(
            err,
            "its linqu_orch_config says role %u, which is neither 0 (orchestrator) nor 1 (worker)",
            said.role);
    *exports = (struct kernel_exports){.level = said.level, .role = said.role, .entry = entry};
    return 0;
}
