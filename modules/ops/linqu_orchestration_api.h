/* The interface between linqu and its kernels, for C11 and C++11. A kernel is a shared object that
 * exports
 *
 *     LinquOrchConfig linqu_orch_config(uint64_t *args, int arg_count);
 *     void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count);
 *
 * and needs nothing of linqu at link time: all it can call is in rt->ops. Sizes, offsets and the
 * order of the slots never change; new slots are appended and LINQU_ABI_VERSION is raised.
 * docs/kernels.md is the guide. */

#ifndef OPS_LINQU_ORCHESTRATION_API_H
#define OPS_LINQU_ORCHESTRATION_API_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define LINQU_STATIC_ASSERT static_assert
#else
#define LINQU_STATIC_ASSERT _Static_assert
#endif

#define LINQU_ABI_VERSION 1u

/* Levels; the aliases are the names that other parts of the field use for the same level. */
enum {
    LINQU_LEVEL_CORE = 0,
    LINQU_LEVEL_AIV = 0,
    LINQU_LEVEL_AIC = 0,
    LINQU_LEVEL_CORE_GROUP = 0,
    LINQU_LEVEL_CHIP_DIE = 1,
    LINQU_LEVEL_L2CACHE = 1,
    LINQU_LEVEL_CHIP = 2,
    LINQU_LEVEL_PROCESSOR = 2,
    LINQU_LEVEL_UMA = 2,
    LINQU_LEVEL_HOST = 3,
    LINQU_LEVEL_NODE = 3,
    LINQU_LEVEL_POD = 4,
    LINQU_LEVEL_CLUSTER_0 = 4,
    LINQU_LEVEL_CLOS1 = 5,
    LINQU_LEVEL_CLUSTER_1 = 5,
    LINQU_LEVEL_CLOS2 = 6,
    LINQU_LEVEL_CLUSTER_2 = 6,
    LINQU_LEVEL_GLOBAL = 7
};

/* Where a node stands: one index a level. It carries no level: the kernel's own level says how many
 * indices count. */
typedef struct LinquCoordinate_C {
    uint8_t l6_idx;
    uint8_t l5_idx;
    uint8_t l4_idx;
    uint16_t l3_idx;
    uint16_t l2_idx;
    uint8_t l1_idx;
    uint16_t l0_idx;
} LinquCoordinate_C;

typedef enum LinquParamType {
    LINQU_PARAM_INPUT = 0,  /* reads the tensor's latest version at the time of submit */
    LINQU_PARAM_OUTPUT = 1, /* makes a new version, which starts as zeros */
    LINQU_PARAM_INOUT = 2,  /* makes a new version, which starts as a copy of the latest */
    LINQU_PARAM_SCALAR = 3
} LinquParamType;

typedef struct LinquParam {
    LinquParamType type;
    uint64_t handle;       /* of a tensor; 0 is none */
    uint64_t scalar_value; /* of a SCALAR */
} LinquParam;

typedef enum LinquRole { LINQU_ROLE_ORCHESTRATOR = 0, LINQU_ROLE_WORKER = 1 } LinquRole;

typedef struct LinquOrchConfig {
    uint8_t level;          /* of the nodes it runs on */
    int expected_arg_count; /* information, never enforced */
    uint8_t role;           /* LinquRole */
} LinquOrchConfig;

/* One sub-task of a group. All of it is copied before submit_task_group returns. */
typedef struct LinquSubTaskSpec {
    LinquCoordinate_C target;
    const char *kernel_so;      /* NULL: the group's */
    LinquParam *private_params; /* follow the group's own in the kernel's arguments */
    int num_private_params;
} LinquSubTaskSpec;

typedef struct LinquPeerList {
    LinquCoordinate_C *peers; /* malloc'ed: the kernel calls free(); NULL when there are none */
    int count;
} LinquPeerList;

typedef struct LinquRuntime LinquRuntime;

/* What a kernel can call. Slots 0 to 16 are those of the first ABI; 17 and up are there when
 * abi_version() says so. A WORKER may call self_coord, query_peers, the logs, tensor_data,
 * spmd_index, spmd_size and abi_version; anything else is refused with a logged error. */
typedef struct LinquRuntimeOps {
    /* Submit a task to the node that `target` names at the kernel's level: this node, or any below
     * it. What is wrong with it makes it a task that has failed. */
    void (*submit_task)(LinquRuntime *rt, LinquCoordinate_C target, const char *kernel_so,
                        LinquParam *params, int n);
    /* Scopes nest up to 8 deep. What was allocated in a scope ends with it. scope_end never waits.
     */
    void (*scope_begin)(LinquRuntime *rt);
    void (*scope_end)(LinquRuntime *rt);
    /* A new tensor of `bytes` bytes, which takes memory where its first producer runs. `target` is
     * ignored. 0 on failure. */
    uint64_t (*alloc_tensor)(LinquRuntime *rt, LinquCoordinate_C target, size_t bytes);
    /* End the handle with all its versions, before its scope does. Idempotent. */
    void (*free_tensor)(LinquRuntime *rt, uint64_t handle);
    /* Nothing more will be submitted. */
    void (*orchestration_done)(LinquRuntime *rt);
    /* A tensor with these bytes (copied) on `target`: this node, or the one that the deepest
     * non-zero index below it names. */
    uint64_t (*reg_data)(LinquRuntime *rt, LinquCoordinate_C target, const void *data,
                         size_t bytes);
    /* Below this node's level: its live descendants at `level`. Above: the live nodes of its own
     * level under the same ancestor at `level`, itself included. At its own: as one above. Sorted.
     */
    LinquPeerList (*query_peers)(LinquRuntime *rt, uint8_t level);
    LinquCoordinate_C (*self_coord)(LinquRuntime *rt);
    /* Returns when every task that this activation submitted has completed or failed. */
    void (*wait_all)(LinquRuntime *rt);
    /* A line in this node's ring_snapshots.jsonl. */
    void (*dump_ring_snapshot)(LinquRuntime *rt, const char *label);
    /* Lines in this node's log, as printf. */
    void (*log_error)(LinquRuntime *rt, const char *fmt, ...);
    void (*log_warn)(LinquRuntime *rt, const char *fmt, ...);
    void (*log_info)(LinquRuntime *rt, const char *fmt, ...);
    void (*log_debug)(LinquRuntime *rt, const char *fmt, ...);
    /* NULL: kept for kernels of the first ABI. */
    void *(*get_tensor_pool)(LinquRuntime *rt);
    /* One task of n_subs sub-tasks, done when all are. `group` holds inputs and scalars that all of
     * them begin with. */
    void (*submit_task_group)(LinquRuntime *rt, const char *kernel_so, LinquParam *group, int n,
                              LinquSubTaskSpec *subs, int n_subs);

    /* 17: LINQU_ABI_VERSION of the runtime. */
    uint32_t (*abi_version)(LinquRuntime *rt);
    /* 18: the bytes of a tensor, and how many in *bytes (NULL is fine): of an INPUT, to be read; of
     * an OUTPUT or INOUT of this activation, to be written; in an orchestration also of what it
     * registered, or of what a task of its has completed, to be read (fetched if it lies elsewhere,
     * which may wait). The latter are good until a task that writes the tensor is submitted or the
     * tensor ends: by free_tensor, with its scope, with the activation. NULL, with the reason
     * logged, when there is none. */
    void *(*tensor_data)(LinquRuntime *rt, uint64_t handle, size_t *bytes);
    /* 19, 20: this sub-task's number in its group, and the group's size; 0 and 1 outside a group.
     */
    uint32_t (*spmd_index)(LinquRuntime *rt);
    uint32_t (*spmd_size)(LinquRuntime *rt);
    /* 21: how many tasks of this activation have failed since the last call; the first one's
     * sentence goes to `text` (`cap` bytes, closing NUL included; NULL is fine). Reading clears it:
     * an orchestration that has read its failures completes. */
    int (*task_error)(LinquRuntime *rt, char *text, size_t cap);
} LinquRuntimeOps;

struct LinquRuntime {
    const LinquRuntimeOps *ops;
};

LINQU_STATIC_ASSERT(sizeof(LinquCoordinate_C) == 12 && offsetof(LinquCoordinate_C, l3_idx) == 4 &&
                        offsetof(LinquCoordinate_C, l2_idx) == 6 &&
                        offsetof(LinquCoordinate_C, l1_idx) == 8 &&
                        offsetof(LinquCoordinate_C, l0_idx) == 10,
                    "LinquCoordinate_C");
LINQU_STATIC_ASSERT(sizeof(LinquParamType) == 4, "LinquParamType");
LINQU_STATIC_ASSERT(sizeof(LinquParam) == 24 && offsetof(LinquParam, handle) == 8 &&
                        offsetof(LinquParam, scalar_value) == 16,
                    "LinquParam");
LINQU_STATIC_ASSERT(sizeof(LinquOrchConfig) == 12 &&
                        offsetof(LinquOrchConfig, expected_arg_count) == 4 &&
                        offsetof(LinquOrchConfig, role) == 8,
                    "LinquOrchConfig");
LINQU_STATIC_ASSERT(sizeof(LinquSubTaskSpec) == 40 && offsetof(LinquSubTaskSpec, kernel_so) == 16 &&
                        offsetof(LinquSubTaskSpec, private_params) == 24 &&
                        offsetof(LinquSubTaskSpec, num_private_params) == 32,
                    "LinquSubTaskSpec");
LINQU_STATIC_ASSERT(sizeof(LinquPeerList) == 16 && offsetof(LinquPeerList, count) == 8,
                    "LinquPeerList");
LINQU_STATIC_ASSERT(offsetof(LinquRuntimeOps, submit_task_group) == 16 * sizeof(void *) &&
                        offsetof(LinquRuntimeOps, task_error) == 21 * sizeof(void *),
                    "LinquRuntimeOps");

/* --- what a kernel defines -------------------------------------------------------------------- */

#if defined(__GNUC__)
#define LINQU_EXPORT __attribute__((visibility("default")))
#else
#define LINQU_EXPORT
#endif

/* Asked once, with (NULL, 0), before anything runs. */
LINQU_EXPORT LinquOrchConfig linqu_orch_config(uint64_t *args, int arg_count);
/* One activation: args[i] is the scalar's value, or the tensor's handle. */
LINQU_EXPORT void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count);

/* --- parameters and wrappers ------------------------------------------------------------------ */

static inline LinquParam linqu_make_input(uint64_t handle)
{
    LinquParam param = {LINQU_PARAM_INPUT, handle, 0};
    return param;
}
static inline LinquParam linqu_make_output(uint64_t handle)
{
    LinquParam param = {LINQU_PARAM_OUTPUT, handle, 0};
    return param;
}
static inline LinquParam linqu_make_inout(uint64_t handle)
{
    LinquParam param = {LINQU_PARAM_INOUT, handle, 0};
    return param;
}
static inline LinquParam linqu_make_scalar(uint64_t value)
{
    LinquParam param = {LINQU_PARAM_SCALAR, 0, value};
    return param;
}

static inline void linqu_submit_task(LinquRuntime *rt, LinquCoordinate_C target,
                                     const char *kernel_so, LinquParam *params, int n)
{
    rt->ops->submit_task(rt, target, kernel_so, params, n);
}
static inline void linqu_submit_task_group(LinquRuntime *rt, const char *kernel_so,
                                           LinquParam *group, int n, LinquSubTaskSpec *subs,
                                           int n_subs)
{
    rt->ops->submit_task_group(rt, kernel_so, group, n, subs, n_subs);
}
static inline void linqu_scope_begin(LinquRuntime *rt)
{
    rt->ops->scope_begin(rt);
}
static inline void linqu_scope_end(LinquRuntime *rt)
{
    rt->ops->scope_end(rt);
}
static inline uint64_t linqu_alloc_tensor(LinquRuntime *rt, LinquCoordinate_C target, size_t bytes)
{
    return rt->ops->alloc_tensor(rt, target, bytes);
}
static inline void linqu_free_tensor(LinquRuntime *rt, uint64_t handle)
{
    rt->ops->free_tensor(rt, handle);
}
static inline void linqu_orchestration_done(LinquRuntime *rt)
{
    rt->ops->orchestration_done(rt);
}
static inline uint64_t linqu_reg_data(LinquRuntime *rt, LinquCoordinate_C target, const void *data,
                                      size_t bytes)
{
    return rt->ops->reg_data(rt, target, data, bytes);
}
static inline LinquPeerList linqu_query_peers(LinquRuntime *rt, uint8_t level)
{
    return rt->ops->query_peers(rt, level);
}
static inline LinquCoordinate_C linqu_self_coord(LinquRuntime *rt)
{
    return rt->ops->self_coord(rt);
}
static inline void linqu_wait_all(LinquRuntime *rt)
{
    rt->ops->wait_all(rt);
}
static inline void linqu_dump_ring_snapshot(LinquRuntime *rt, const char *label)
{
    rt->ops->dump_ring_snapshot(rt, label);
}
static inline uint32_t linqu_abi_version(LinquRuntime *rt)
{
    return rt->ops->abi_version(rt);
}
static inline void *linqu_tensor_data(LinquRuntime *rt, uint64_t handle, size_t *bytes)
{
    return rt->ops->tensor_data(rt, handle, bytes);
}
static inline uint32_t linqu_spmd_index(LinquRuntime *rt)
{
    return rt->ops->spmd_index(rt);
}
static inline uint32_t linqu_spmd_size(LinquRuntime *rt)
{
    return rt->ops->spmd_size(rt);
}
static inline int linqu_task_error(LinquRuntime *rt, char *text, size_t cap)
{
    return rt->ops->task_error(rt, text, cap);
}

#define LINQU_LOG_ERROR(rt, ...) ((rt)->ops->log_error((rt), __VA_ARGS__))
#define LINQU_LOG_WARN(rt, ...) ((rt)->ops->log_warn((rt), __VA_ARGS__))
#define LINQU_LOG_INFO(rt, ...) ((rt)->ops->log_info((rt), __VA_ARGS__))
#define LINQU_LOG_DEBUG(rt, ...) ((rt)->ops->log_debug((rt), __VA_ARGS__))

/* A name for each line, so that one scope in another shadows nothing. */
#define LINQU_SCOPE_NAME_(line) linqu_scope_##line
#define LINQU_SCOPE_NAME(line) LINQU_SCOPE_NAME_(line)

/* Once in a kernel, if it calls slots that an older runtime lacks: a runtime below this version
 * refuses it with a sentence. */
#define LINQU_REQUIRES_ABI(version)                                                                \
    LINQU_EXPORT extern const uint32_t linqu_required_abi;                                         \
    const uint32_t linqu_required_abi = (version)

#ifdef __cplusplus
} /* extern "C" */

/* LINQU_SCOPE(rt) { ... }: a scope that ends however the block is left. */
class LinquScopeGuard
{
  public:
    explicit LinquScopeGuard(LinquRuntime *rt) : rt_(rt), open_(true)
    {
        linqu_scope_begin(rt_);
    }
    ~LinquScopeGuard()
    {
        linqu_scope_end(rt_);
    }
    LinquScopeGuard(const LinquScopeGuard &) = delete;
    LinquScopeGuard &operator=(const LinquScopeGuard &) = delete;
    bool once()
    {
        bool open = open_;
        open_ = false;
        return open;
    }

  private:
    LinquRuntime *rt_;
    bool open_;
};
#define LINQU_SCOPE(rt)                                                                            \
    for (LinquScopeGuard LINQU_SCOPE_NAME(__LINE__)(rt); LINQU_SCOPE_NAME(__LINE__).once();)
#else
/* LINQU_SCOPE(rt) { ... }: in C the block must not be left by break, return or goto. */
#define LINQU_SCOPE(rt)                                                                            \
    for (int LINQU_SCOPE_NAME(__LINE__) = (linqu_scope_begin(rt), 1); LINQU_SCOPE_NAME(__LINE__);  \
         linqu_scope_end(rt), LINQU_SCOPE_NAME(__LINE__) = 0)
#endif

#endif
