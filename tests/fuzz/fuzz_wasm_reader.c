/* libFuzzer target: any bytes make read_module end, with a module or with one error. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/passes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct arena arena = {0};
    struct module m = {.bytes = bytes, .n_bytes = n_bytes, .arena = &arena};
    struct diag d = DIAG_INIT;
    bool ok = read_module(&m, &d);
    assert(ok == !d.is_set);
    assert(d.offset <= n_bytes);
    char name[16];
    for (uint32_t i = 0; ok && i < m.n_funcs; i++)
        module_func_name(&m, i, name, sizeof name);
    arena_free(&arena);
    return 0;
}
