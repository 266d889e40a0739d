#include "core/account.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "core/failure.h"

void accounts_init(struct accounts *accounts, uint64_t ring_bytes, uint32_t window)
{
    assert(window);
    *accounts = (struct accounts){.ring_bytes = ring_bytes, .window = window};
}

void accounts_free(struct accounts *accounts)
{
    struct account *account;
    size_t at = 0;

    while ((account = u64_map_next(&accounts->by_rank, &at))) {
        for (unsigned depth = 0; depth < RING_DEPTHS; depth++)
            free(account->rings[depth]);
        failure_drop(account->lost);
        free(account);
    }
    u64_map_free(&accounts->by_rank);
}

void accounts_resize(struct accounts *accounts, uint64_t ring_bytes)
{
    struct account *account;
    size_t at = 0;

    accounts->ring_bytes = ring_bytes;
    while ((account = u64_map_next(&accounts->by_rank, &at)))
        for (unsigned depth = 0; depth < RING_DEPTHS; depth++)
            if (account->rings[depth])
                buffer_ring_resize(account->rings[depth], ring_bytes);
}

struct account *accounts_of(struct accounts *accounts, uint32_t rank)
{
    struct account *account = u64_map_find(&accounts->by_rank, rank);

    if (!account) {
        account = memory_new(1, sizeof *account);
        account->rank = rank;
        u64_map_put(&accounts->by_rank, rank, account);
    }
    return account;
}

struct buffer_ring *account_ring(struct accounts *accounts, struct account *account, unsigned depth)
{
    assert(depth < RING_DEPTHS);
    if (!account->rings[depth]) {
        account->rings[depth] = memory_new(1, sizeof *account->rings[depth]);
        buffer_ring_init(account->rings[depth], accounts->ring_bytes);
    }
    return account->rings[depth];
}

/* A node that has both ready parts and credit is in the list, once. */
static void list_if_due(struct accounts *accounts, struct account *account)
{
    if (account->listed || !account->ready.first || account->in_flight >= accounts->window)
        return;
    account->listed = true;
    account->next = NULL;
    if (accounts->last)
        accounts->last->next = account;
    else
        accounts->first = account;
    accounts->last = account;
}

void accounts_add_ready(struct accounts *accounts, struct task_part *part)
{
    part_queue_push(&part->account->ready, part);
    list_if_due(accounts, part->account);
}

static struct account *take_listed(struct accounts *accounts)
{
    struct account *account = accounts->first;

    accounts->first = account->next;
    if (!accounts->first)
        accounts->last = NULL;
    account->listed = false;
    return account;
}

struct task_part *accounts_take(struct accounts *accounts)
{
    while (accounts->first) {
        struct account *account = take_listed(accounts);
        struct task_part *part = part_queue_pop(&account->ready);

        if (!part) // its parts were dropped while it was in the list
            continue;
        account->in_flight++;
        list_if_due(accounts, account);
        return part;
    }
    return NULL;
}

void accounts_landed(struct accounts *accounts, const struct task_part *part)
{
    struct account *account = part->account;

    assert(account->in_flight);
    account->in_flight--;
    list_if_due(accounts, account);
}
