/* Polls find rt_poll_flag set, write a record of their frame into the frame buffer and
 * raise; the platform's unwinder then runs the landing pad of each caller, which adds its
 * own record.
 *
 * The frame buffer is address space without memory until it is written to. It exists
 * before the flag is ever set, since the innermost frame is written without asking;
 * before the others follow, a raise makes it large enough for the stack that is in use.
 * Records can be larger than the native frames they describe (constants and inlined calls
 * take no room there), so the room is a large multiple. Behind it lies a guard that no
 * single record steps over unnoticed, since records are written from their start. */
#define _GNU_SOURCE
#include "runtime/safepoint.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "runtime/personality.h"
#include "runtime/trap.h"

/* The largest record: an operand stack as deep as a function body has bytes. */
#define FIRST_BYTES ((size_t)64 << 20)
#define GUARD_BYTES FIRST_BYTES
/* Record bytes for each byte of native stack. */
#define RECORD_RATIO ((size_t)256)
/* What a frame buffer may keep in memory while it is empty. */
#define KEPT_BYTES ((size_t)256 << 10)

_Static_assert(sizeof(struct _Unwind_Exception) == RT_UNWIND_CURSOR,
               "landing pads find the cursor behind the exception");

struct rt_unwind rt_unwind;
volatile uint32_t rt_poll_flag;
const struct rt_point rt_host_call_point = {.func_index = UINT32_MAX};

static struct {
    uint8_t *bytes;
    size_t n_bytes; /* the guard follows */
    uint64_t raised_ns;
    volatile bool is_pending;
    volatile bool is_held;
    volatile uint32_t depth;
} safepoint;

/* ---- The frame buffer ---- */

/* NULL if there is not that much address space. */
static uint8_t *map_buffer(size_t n_bytes)
{
    uint8_t *mapped = mmap(NULL, n_bytes + GUARD_BYTES, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return NULL;
    if (mprotect(mapped, n_bytes, PROT_READ | PROT_WRITE) == 0)
        return mapped;
    munmap(mapped, n_bytes + GUARD_BYTES);
    return NULL;
}

static bool have_buffer(void)
{
    if (safepoint.bytes != NULL)
        return true;
    safepoint.bytes = rt_unwind.cursor = map_buffer(FIRST_BYTES);
    safepoint.n_bytes = FIRST_BYTES;
    return safepoint.bytes != NULL;
}

/* Moves to a larger buffer, of n_bytes or as much below as there is. */
static void enlarge_buffer(size_t n_bytes)
{
    size_t n_used = (size_t)(rt_unwind.cursor - safepoint.bytes);
    uint8_t *larger = NULL;
    while (n_bytes > safepoint.n_bytes && (larger = map_buffer(n_bytes)) == NULL)
        n_bytes /= 2;
    if (larger == NULL)
        return;
    memcpy(larger, safepoint.bytes, n_used);
    munmap(safepoint.bytes, safepoint.n_bytes + GUARD_BYTES);
    safepoint.bytes = larger;
    safepoint.n_bytes = n_bytes;
    rt_unwind.cursor = larger + n_used;
}

struct rt_records rt_safepoint_records(void)
{
    return (struct rt_records){safepoint.bytes,
                               (size_t)(rt_unwind.cursor - safepoint.bytes)};
}

void rt_safepoint_forget(size_t n_kept)
{
    size_t n_used = (size_t)(rt_unwind.cursor - safepoint.bytes);
    if (n_kept < KEPT_BYTES)
        n_kept = KEPT_BYTES;
    n_kept = (n_kept + KEPT_BYTES - 1) / KEPT_BYTES * KEPT_BYTES; /* whole pages */
    if (n_used > n_kept)
        madvise(safepoint.bytes + n_kept, safepoint.n_bytes - n_kept, MADV_DONTNEED);
    rt_unwind.cursor = safepoint.bytes;
}

bool rt_safepoint_put(struct rt_records records)
{
    if (!have_buffer())
        return false;
    rt_unwind.cursor = safepoint.bytes;
    enlarge_buffer(records.n_bytes);
    if (records.n_bytes > safepoint.n_bytes)
        return false;
    memcpy(safepoint.bytes, records.bytes, records.n_bytes);
    rt_unwind.cursor = safepoint.bytes + records.n_bytes;
    return true;
}

uint64_t rt_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t rt_safepoint_time(void)
{
    return safepoint.raised_ns;
}

bool rt_safepoint_overflows(const void *address)
{
    return safepoint.bytes != NULL &&
           (uintptr_t)address - (uintptr_t)(safepoint.bytes + safepoint.n_bytes) <
               GUARD_BYTES;
}

/* ---- The flag ---- */

/* Also runs in the signal handler, at any place of the others: each stores what it knows
 * before it comes here. */
static void set_flag(void)
{
    rt_poll_flag = 0;
    if (safepoint.is_pending && !safepoint.is_held && safepoint.depth == 1) {
        rt_stack_open_reserve();
        rt_poll_flag = UINT32_MAX;
    }
}

bool rt_safepoint_request(bool pending)
{
    if (pending && !have_buffer())
        return false;
    safepoint.is_pending = pending;
    set_flag();
    return true;
}

void rt_safepoint_set_depth(uint32_t depth)
{
    safepoint.depth = depth;
    set_flag();
}

void rt_safepoint_hold(bool held)
{
    safepoint.is_held = held;
    set_flag();
}

bool rt_checkpoint_pending(void)
{
    return rt_poll_flag != 0;
}

/* ---- Raising ---- */

/* Without variables in memory: under ASan their red zones would stay on the stack. */
_Noreturn void rt_raise(uint8_t *cursor)
{
    safepoint.raised_ns = rt_monotonic_ns();
    rt_unwind.cursor = cursor;
    enlarge_buffer(rt_stack_in_use() * RECORD_RATIO);
    rt_unwind_stack((struct _Unwind_Exception *)rt_unwind.exception, 0);
}

_Noreturn void rt_suspend_host_call(const struct rt_host_call *call)
{
    uint8_t *cursor = rt_unwind.cursor;
    const struct rt_point *point = &rt_host_call_point;
    memcpy(cursor, &point, sizeof point);
    memcpy(cursor + sizeof point, call, sizeof *call);
    rt_raise(cursor + sizeof point + sizeof *call);
}
