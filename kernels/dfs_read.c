/* A host reads its file of numbers, $LINQU_DFS_BASE/L3_<index>/data.txt. Parameters: the numbers
 * (output), what was read (output, struct dfs_read), the host's index among all hosts. */

#include <inttypes.h>
#include <sys/stat.h>

#include "dfs.h"

KERNEL_OF(LINQU_LEVEL_HOST, LINQU_ROLE_WORKER)

static FILE *open_file(LinquRuntime *rt, uint64_t index)
{
    const char *base = getenv("LINQU_DFS_BASE");
    char path[1024];
    FILE *file;

    snprintf(path, sizeof path, "%s/L3_%" PRIu64 "/data.txt", base ? base : ".", index);
    file = fopen(path, "r");
    if (!file)
        LINQU_LOG_ERROR(rt, "cannot read %s", path);
    return file;
}

static void note_file(LinquRuntime *rt, FILE *file, struct dfs_read *read)
{
    LinquCoordinate_C self = linqu_self_coord(rt);
    struct stat st;

    read->l6 = self.l6_idx;
    read->l5 = self.l5_idx;
    read->l4 = self.l4_idx;
    read->l3 = self.l3_idx;
    if (fstat(fileno(file), &st) < 0)
        return;
    read->device = st.st_dev;
    read->inode = st.st_ino;
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    int64_t *numbers = linqu_tensor_data(rt, args[0], NULL);
    struct dfs_read *read = linqu_tensor_data(rt, args[1], NULL);
    FILE *file = open_file(rt, args[2]);

    (void)arg_count;
    read->index = args[2];
    if (!file)
        return;
    note_file(rt, file, read);
    while (read->numbers < COLUMNS && fscanf(file, "%" SCNd64, &numbers[read->numbers]) == 1)
        read->numbers++;
    fclose(file);
}
