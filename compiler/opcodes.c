/* What the compiler knows about opcodes: the rows of opcodes.def, and the names of what
 * has none. */
#include "compiler/opcodes.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const struct op_info *op_info(enum opcode op)
{
    static const struct op_info rows[N_OPCODES] = {
#define OP(code, id, text, imm, sig, flags, family, arg)                                 \
    [OP_##id] = {text, sig, IMM_##imm, flags},
#include "compiler/opcodes.def"
#undef OP
    };
    assert(op < N_OPCODES);
    return &rows[op];
}

/* A switch, so that two rows with one code do not compile. */
int op_from_code(uint32_t code)
{
    switch (code) {
#define OP(code, id, text, imm, sig, flags, family, arg)                                 \
    case code:                                                                           \
        return OP_##id;
#include "compiler/opcodes.def"
#undef OP
    default:
        return -1;
    }
}

uint32_t op_access_bytes(enum opcode op)
{
    static const char *const arguments[N_OPCODES] = {
#define OP(code, id, text, imm, sig, flags, family, arg) [OP_##id] = #arg,
#include "compiler/opcodes.def"
#undef OP
    };
    assert(op < N_OPCODES);
    const char *digit = arguments[op];
    if (*digit == '-')
        digit++; /* a load that extends the sign */
    uint32_t n_bytes = 0;
    for (; *digit >= '0' && *digit <= '9'; digit++)
        n_bytes = n_bytes * 10 + (uint32_t)(*digit - '0');
    assert(n_bytes > 0); /* else it accesses no memory */
    return n_bytes;
}

uint32_t op_lanes(enum opcode op)
{
    enum { V128_BYTES = 16 };
    const struct op_info *info = op_info(op);
    if (info->immediate == IMM_MEMARG)
        return V128_BYTES / op_access_bytes(op);
    return (uint32_t)strtoul(strchr(info->text, 'x') + 1, NULL, 10); /* i8x16.… */
}

/* Ranges of codes, by the feature of WebAssembly 3.0 or proposal that they belong to. */
static const struct {
    uint32_t first, last;
    const char *feature;
} missing[] = {
    {0xd3, 0xd3, "garbage collection"},
    {0xe0, 0xe6, "stack switching"},
    {0xfb00, 0xfb1e, "garbage collection"},
    {0xfc13, 0xfc16, "wide arithmetic"},
    {0xfe00, 0xfe4e, "threads"},
};

const char *op_missing_feature(uint32_t code)
{
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        if (code >= missing[i].first && code <= missing[i].last)
            return missing[i].feature;
    }
    return NULL;
}
