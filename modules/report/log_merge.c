#include "report/log_merge.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/memory.h"
#include "report/log_line.h"

enum { BUFFER_LEAST = 1024, BUFFER_MOST = 64 * 1024 };

struct source {
    char *path;
    int fd;           // -1: closed; `inode` and `offset` say where to go on
    uint64_t inode;   // of the file being read; 0: none yet
    off_t offset;     // of the first byte that is not in the buffer
    char *buffer;     // NULL while the source is at its end
    size_t start;     // of the current line in the buffer
    size_t filled;    // bytes in the buffer
    size_t line;      // bytes of the current line
    size_t after;     // bytes of its newline: 0 or 1
    uint64_t wall_ns; // of the current line
    bool missing;
    bool waiting; // in the heap, with a current line
};

struct log_merge {
    int dir_fd;
    struct source *sources;
    size_t count;
    size_t *heap; // sources with a current line, the earliest first
    size_t heap_size;
    size_t *open; // a ring of the open sources, in the order of opening
    size_t open_first, open_count, open_most;
    size_t buffer_size;
    size_t given;       // the source whose line was given out last; count: none
    size_t next_unread; // sources from here on were never looked at
    bool partial;
};

struct log_merge *log_merge_create(int dir_fd, const char *const *paths, size_t count,
                                   const struct log_merge_limits *limits)
{
    struct log_merge *merge = memory_new(1, sizeof *merge);
    size_t share = count ? limits->bytes / count : limits->bytes;

    merge->dir_fd = dir_fd;
    merge->count = merge->given = count;
    merge->sources = memory_new(count, sizeof *merge->sources);
    merge->heap = memory_new(count, sizeof *merge->heap);
    merge->open_most = limits->descriptors ? limits->descriptors : 1;
    merge->open = memory_new(merge->open_most, sizeof *merge->open);
    merge->buffer_size = share < BUFFER_LEAST  ? BUFFER_LEAST
                         : share > BUFFER_MOST ? BUFFER_MOST
                                               : share;
    for (size_t i = 0; i < count; i++) {
        merge->sources[i].path = memory_string(paths[i]);
        merge->sources[i].fd = -1;
        merge->sources[i].missing = true;
    }
    return merge;
}

void log_merge_destroy(struct log_merge *merge)
{
    if (!merge)
        return;
    for (size_t i = 0; i < merge->count; i++) {
        if (merge->sources[i].fd >= 0)
            close(merge->sources[i].fd);
        free(merge->sources[i].buffer);
        free(merge->sources[i].path);
    }
    free(merge->sources);
    free(merge->heap);
    free(merge->open);
    free(merge);
}

/* --- open files ------------------------------------------------------------------------------- */

static void close_oldest(struct log_merge *merge)
{
    struct source *oldest = &merge->sources[merge->open[merge->open_first]];

    merge->open_first = (merge->open_first + 1) % merge->open_most;
    merge->open_count--;
    if (oldest->fd >= 0)
        close(oldest->fd);
    oldest->fd = -1;
}

static void remember_open(struct log_merge *merge, size_t index)
{
    assert(merge->open_count < merge->open_most);
    merge->open[(merge->open_first + merge->open_count++) % merge->open_most] = index;
}

/* Open one of a log's two files. Returns its descriptor and inode, or -1. */
static int open_file(const struct log_merge *merge, const char *path, bool older, uint64_t *inode)
{
    char name[LIMIT_PATH];
    struct stat st;
    int fd;

    snprintf(name, sizeof name, "%s%s", path, older ? ".1" : "");
    fd = openat(merge->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return -1;
    }
    *inode = st.st_ino;
    return fd;
}

/* Open the file that is being read, wherever rotation has put it; a source that was not begun, or
 * whose file is gone, begins with the older file. False when there is none. */
static bool source_open(struct log_merge *merge, size_t index)
{
    struct source *source = &merge->sources[index];
    uint64_t inode;

    if (source->fd >= 0)
        return true;
    if (merge->open_count == merge->open_most)
        close_oldest(merge);
    for (int newer = 0; newer < 2; newer++) {
        int fd = open_file(merge, source->path, !newer, &inode);

        if (fd >= 0 && (source->inode == 0 || inode == source->inode)) {
            source->inode = inode;
            source->fd = fd;
            source->missing = false;
            remember_open(merge, index);
            return true;
        }
        if (fd >= 0)
            close(fd);
    }
    if (source->inode == 0)
        return false;
    source->inode = 0; // rotated away twice: what was in between is lost
    source->offset = 0;
    return source_open(merge, index);
}

/* The file has been read to its end: go on with the one that took its place. False when it still is
 * the newest. */
static bool source_advance(struct log_merge *merge, struct source *source)
{
    struct stat st;

    if (fstatat(merge->dir_fd, source->path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        st.st_ino == source->inode || !S_ISREG(st.st_mode))
        return false;
    close(source->fd); // its place in the ring stays; it is opened again at once
    source->fd = open_file(merge, source->path, false, &source->inode);
    source->offset = 0;
    return source->fd >= 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Whether a whole line begins at `start`; sets its size. A buffer that is full without a newline is
 * a line. */
static bool line_find(const struct log_merge *merge, struct source *source, bool at_end)
{
    const char *begin = source->buffer + source->start;
    size_t left = source->filled - source->start;
    const char *newline = left ? memchr(begin, '\n', left) : NULL;

    if (newline) {
        source->line = (size_t)(newline - begin);
        source->after = 1;
        return true;
    }
    source->line = left;
    source->after = 0;
    return left == merge->buffer_size || (left > 0 && at_end && merge->partial);
}

/* Read more behind what is in the buffer. 0 at the end of the file. */
static ssize_t buffer_fill(const struct log_merge *merge, struct source *source)
{
    size_t left = source->filled - source->start;
    ssize_t got;

    if (!source->buffer)
        source->buffer = memory_new(1, merge->buffer_size);
    memmove(source->buffer, source->buffer + source->start, left);
    source->start = 0;
    source->filled = left;
    do
        got = pread(source->fd, source->buffer + left, merge->buffer_size - left, source->offset);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        source->filled += (size_t)got;
        source->offset += got;
    }
    return got;
}

/* A source without a line gives its buffer back; an unfinished line is read again later. */
static void source_rest(struct source *source)
{
    source->offset -= (off_t)(source->filled - source->start);
    source->start = source->filled = 0;
    free(source->buffer);
    source->buffer = NULL;
}

/* Make the next whole line the current one. False at the end. */
static bool source_next(struct log_merge *merge, size_t index)
{
    struct source *source = &merge->sources[index];

    if (source->buffer && line_find(merge, source, false))
        return true;
    while (source_open(merge, index)) {
        if (buffer_fill(merge, source) <= 0) {
            if (line_find(merge, source, true))
                return true;
            if (source_advance(merge, source))
                continue;
            break;
        }
        if (line_find(merge, source, false))
            return true;
    }
    source_rest(source);
    return false;
}

/* --- the heap --------------------------------------------------------------------------------- */

static bool earlier(const struct log_merge *merge, size_t a, size_t b)
{
    const struct source *left = &merge->sources[a], *right = &merge->sources[b];

    return left->wall_ns != right->wall_ns ? left->wall_ns < right->wall_ns : a < b;
}

static void heap_swap(struct log_merge *merge, size_t a, size_t b)
{
    size_t kept = merge->heap[a];

    merge->heap[a] = merge->heap[b];
    merge->heap[b] = kept;
}

static void heap_push(struct log_merge *merge, size_t index)
{
    size_t at = merge->heap_size++;

    merge->heap[at] = index;
    for (; at > 0 && earlier(merge, merge->heap[at], merge->heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap_swap(merge, at, (at - 1) / 2);
}

static size_t heap_pop(struct log_merge *merge)
{
    size_t first = merge->heap[0], at = 0;

    merge->heap[0] = merge->heap[--merge->heap_size];
    for (;;) {
        size_t least = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < merge->heap_size; child++)
            if (earlier(merge, merge->heap[child], merge->heap[least]))
                least = child;
        if (least == at)
            return first;
        heap_swap(merge, at, least);
        at = least;
    }
}

/* Put a source with a line left into the heap. */
static void source_enter(struct log_merge *merge, size_t index)
{
    struct source *source = &merge->sources[index];
    struct log_line line;

    if (source->waiting || !source_next(merge, index))
        return;
    if (log_line_read(source->buffer + source->start, source->line, &line))
        source->wall_ns = line.wall_ns;
    source->waiting = true;
    heap_push(merge, index);
}

/* The line given out last is done with: its source goes on. */
static void given_done(struct log_merge *merge)
{
    struct source *source;

    if (merge->given == merge->count)
        return;
    source = &merge->sources[merge->given];
    source->start += source->line + source->after;
    source->waiting = false;
    source_enter(merge, merge->given);
    merge->given = merge->count;
}

bool log_merge_next(struct log_merge *merge, struct merged_line *line)
{
    const struct source *source;

    given_done(merge);
    while (merge->next_unread < merge->count)
        source_enter(merge, merge->next_unread++);
    if (merge->heap_size == 0)
        return false;
    merge->given = heap_pop(merge);
    source = &merge->sources[merge->given];
    *line = (struct merged_line){merge->given, source->buffer + source->start, source->line,
                                 source->wall_ns};
    return true;
}

void log_merge_again(struct log_merge *merge, size_t source)
{
    given_done(merge);
    if (source < merge->next_unread)
        source_enter(merge, source);
}

void log_merge_take_partial(struct log_merge *merge)
{
    merge->partial = true;
}

bool log_merge_is_missing(const struct log_merge *merge, size_t source)
{
    return merge->sources[source].missing;
}

size_t log_merge_missing(const struct log_merge *merge)
{
    size_t missing = 0;

    for (size_t i = 0; i < merge->count; i++)
        missing += merge->sources[i].missing;
    return missing;
}
