#include "kernels/code_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/kernel_hash.h"
#include "rundir/file.h"

void code_cache_name(uint64_t hash, char out[CODE_CACHE_NAME_SIZE])
{
    snprintf(out, CODE_CACHE_NAME_SIZE, "code_cache/%016" PRIx64 ".so", hash);
}

bool code_cache_has(int dir_fd, uint64_t hash)
{
    char name[CODE_CACHE_NAME_SIZE];

    code_cache_name(hash, name);
    return faccessat(dir_fd, name, R_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int code_cache_store(int dir_fd, uint64_t hash, const void *bytes, size_t size, struct error *err)
{
    char name[CODE_CACHE_NAME_SIZE], draft[CODE_CACHE_NAME_SIZE + 16];
    uint64_t is = kernel_hash(bytes, size);

    if (is != hash)
        return error_set(err, "code that should have the hash %016" PRIx64 " has %016" PRIx64, hash,
                         is);
    if (mkdirat(dir_fd, "code_cache", 0700) < 0 && errno != EEXIST)
        return error_set(err, "cannot make code_cache: %s", strerror(errno));
    if (code_cache_has(dir_fd, hash))
        return 0;
    code_cache_name(hash, name);
    snprintf(draft, sizeof draft, "%s.%d", name, (int)getpid());
    if (file_make(dir_fd, draft, bytes, size, err) < 0)
        return -1;
    if (renameat(dir_fd, draft, dir_fd, name) < 0) {
        error_set(err, "cannot rename %s: %s", draft, strerror(errno));
        unlinkat(dir_fd, draft, 0);
        return -1;
    }
    return 0;
}
