/* Where runs lie: the base that the user named, or /tmp/linqu, or the user's own fall-back. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rundir/run_dir.h"

#define BASE_DEFAULT "/tmp/linqu"

/* A run's own name, the paths of nodes below it and a file's name still have to fit. */
enum { BASE_LENGTH_MAX = LIMIT_PATH - 512 };

static int base_absolute(const char *path, char base[LIMIT_PATH], struct error *err)
{
    char here[LIMIT_PATH] = "";
    size_t length;
    int written;

    if (path[0] != '/' && !getcwd(here, sizeof here))
        return error_set(err, "base %s: the current directory has no usable path: %s", path,
                         strerror(errno));
    written = snprintf(base, LIMIT_PATH, "%s%s%s", here, here[0] ? "/" : "", path);
    if (written < 0 || written > BASE_LENGTH_MAX)
        return error_set(err, "the base's path has %d bytes, at most %d are usable: %.64s...",
                         written, BASE_LENGTH_MAX, path);
    for (length = (size_t)written; length > 1 && base[length - 1] == '/'; length--)
        base[length - 1] = '\0';
    return 0;
}

/* mkdir -p */
static int base_make(const char *base, struct error *err)
{
    char path[LIMIT_PATH];

    snprintf(path, sizeof path, "%s", base);
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            return error_set(err, "base %s: cannot make %s: %s", base, path, strerror(errno));
        *slash = '/';
    }
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return error_set(err, "base %s: cannot make it: %s", base, strerror(errno));
    return 0;
}

static int base_check_named(const char *base, struct error *err)
{
    struct stat st;

    if (stat(base, &st) < 0)
        return error_set(err, "base %s: %s", base, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return error_set(err, "base %s is no directory", base);
    if (access(base, W_OK | X_OK) < 0)
        return error_set(err, "base %s: runs cannot be made there: %s", base, strerror(errno));
    return 0;
}

/* Open /tmp/linqu, making it when it is not there. Its mode is set by hand because of the umask. -1
 * and errno. */
static int default_open(bool make)
{
    bool made = make && mkdir(BASE_DEFAULT, 0700) == 0;
    int fd = open(BASE_DEFAULT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0 && made && fchmod(fd, 01777) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Why the default cannot be used, as a sentence's middle; NULL when it can. */
static const char *default_objection(int fd, char text[128])
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return "cannot be read";
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        snprintf(text, 128, "belongs to user %u", (unsigned)st.st_uid);
        return text;
    }
    if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX)) {
        if (st.st_uid != geteuid() || fchmod(fd, 01777) < 0)
            return "may be changed by everybody (no sticky bit)";
    }
    if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
        return "cannot be written by this user";
    return NULL;
}

/* The user's own base: /tmp/linqu-<uid>, which nobody else may have planted. */
static int fallback_use(const char *why, bool make, char base[LIMIT_PATH], char notice[LIMIT_PATH],
                        struct error *err)
{
    struct stat st;
    int fd;

    snprintf(base, LIMIT_PATH, BASE_DEFAULT "-%u", (unsigned)geteuid());
    snprintf(notice, LIMIT_PATH, BASE_DEFAULT " %s: using %s", why, base);
    if (make && mkdir(base, 0700) < 0 && errno != EEXIST)
        return error_set(err,
                         BASE_DEFAULT " %s, and %s cannot be made: %s; name a base with --base",
                         why, base, strerror(errno));
    fd = open(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT && !make)
        return 0;
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022)) {
        if (fd >= 0)
            close(fd);
        return error_set(err,
                         BASE_DEFAULT " %s, and %s is not a directory of ours alone;"
                                      " name a base with --base",
                         why, base);
    }
    close(fd);
    return 0;
}

static int default_use(bool make, char base[LIMIT_PATH], char notice[LIMIT_PATH], struct error *err)
{
    int fd = default_open(make);
    const char *why;
    char text[128];

    snprintf(base, LIMIT_PATH, BASE_DEFAULT);
    if (fd < 0 && errno == ENOENT && !make)
        return 0;
    if (fd < 0) {
        snprintf(text, sizeof text, "%s",
                 errno == ENOTDIR || errno == ELOOP ? "is no directory" : strerror(errno));
        return fallback_use(text, make, base, notice, err);
    }
    why = default_objection(fd, text);
    close(fd);
    return why ? fallback_use(why, make, base, notice, err) : 0;
}

static int base_find(const char *option, bool make, char base[LIMIT_PATH], char notice[LIMIT_PATH],
                     struct error *err)
{
    const char *named = option ? option : getenv("LINQU_BASE");

    notice[0] = '\0';
    if (option && !option[0])
        return error_set(err, "the base's path is empty");
    if (!named || !named[0])
        return default_use(make, base, notice, err);
    if (base_absolute(named, base, err) < 0)
        return -1;
    if (!make)
        return 0;
    return base_make(base, err) < 0 ? -1 : base_check_named(base, err);
}

int run_dir_base(const char *option, char base[LIMIT_PATH], char notice[LIMIT_PATH],
                 struct error *err)
{
    return base_find(option, true, base, notice, err);
}

int run_dir_base_look(const char *option, char base[LIMIT_PATH], char notice[LIMIT_PATH],
                      struct error *err)
{
    return base_find(option, false, base, notice, err);
}
