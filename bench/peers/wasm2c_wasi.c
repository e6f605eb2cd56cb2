/* The few WASI calls that the benchmark programs import, for the C that wasm2c writes.
 * Built together with bench.h, its header for the module named "bench". A pointer from
 * the guest is trusted: only our own programs run on this. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* The names that wasm2c gives changed after wabt 1.0.32. */
#ifdef WABT_1_0_32
#define WASI_STRUCT struct Z_wasi_snapshot_preview1_instance_t
#define WASI(name)  Z_wasi_snapshot_preview1Z_##name
#define MEMORY      Z_benchZ_memory
#define START       Z_benchZ__start
#define INSTANTIATE Z_bench_instantiate
typedef Z_bench_instance_t instance;
#else
#define WASI_STRUCT struct w2c_wasi__snapshot__preview1
#define WASI(name)  w2c_wasi__snapshot__preview1_##name
#define MEMORY      w2c_bench_memory
#define START       w2c_bench_0x5Fstart
#define INSTANTIATE wasm2c_bench_instantiate
typedef w2c_bench instance;
#endif

enum { SUCCESS = 0, BADF = 8, SPIPE = 70, CHARACTER_DEVICE = 2 };

WASI_STRUCT
{
    int argc;
    char **argv;
};

typedef WASI_STRUCT wasi;

static instance guest;

static uint8_t *at(u32 address)
{
    return MEMORY(&guest)->data + address;
}

static u32 load(u32 address)
{
    u32 value;
    memcpy(&value, at(address), sizeof value);
    return value;
}

static void store(u32 address, u32 value)
{
    memcpy(at(address), &value, sizeof value);
}

u32 WASI(args_sizes_get)(wasi *w, u32 count, u32 bytes)
{
    u32 n = 0;
    for (int i = 0; i < w->argc; i++)
        n += (u32)strlen(w->argv[i]) + 1;
    store(count, (u32)w->argc);
    store(bytes, n);
    return SUCCESS;
}

u32 WASI(args_get)(wasi *w, u32 pointers, u32 text)
{
    for (int i = 0; i < w->argc; i++) {
        u32 n = (u32)strlen(w->argv[i]) + 1;
        store(pointers + 4 * (u32)i, text);
        memcpy(at(text), w->argv[i], n);
        text += n;
    }
    return SUCCESS;
}

u32 WASI(fd_close)(wasi *w, u32 fd)
{
    (void)w, (void)fd;
    return SUCCESS;
}

u32 WASI(fd_fdstat_get)(wasi *w, u32 fd, u32 stat)
{
    (void)w;
    if (fd > 2)
        return BADF;
    memset(at(stat), 0, 24);
    *at(stat) = CHARACTER_DEVICE;
    return SUCCESS;
}

u32 WASI(fd_seek)(wasi *w, u32 fd, u64 offset, u32 whence, u32 result)
{
    (void)w, (void)fd, (void)offset, (void)whence, (void)result;
    return SPIPE;
}

u32 WASI(fd_write)(wasi *w, u32 fd, u32 vectors, u32 n, u32 written)
{
    (void)w;
    size_t total = 0;
    for (u32 i = 0; i < n; i++) {
        u32 bytes = load(vectors + 8 * i + 4);
        total += fwrite(at(load(vectors + 8 * i)), 1, bytes, fd == 2 ? stderr : stdout);
    }
    store(written, (u32)total);
    return SUCCESS;
}

void WASI(proc_exit)(wasi *w, u32 status)
{
    (void)w;
    exit((int)status);
}

int main(int argc, char **argv)
{
    wasi w = {.argc = argc, .argv = argv};
    wasm_rt_init();
#ifdef WABT_1_0_32
    Z_bench_init_module();
#endif
    INSTANTIATE(&guest, &w);
    START(&guest);
    return 0;
}
