/* The tables of resume points: what a frame record's values are, for the runtime. */
#include "compiler/codegen_checkpoint.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "runtime/abi.h"

static LLVMTypeRef func_points_type(const struct mod_gen *g)
{
    LLVMTypeRef members[] = {g->ptr, g->ptr, g->ptr, g->i32,
                             g->i32, g->ptr, g->ptr, g->ptr};
    return LLVMStructTypeInContext(g->context, members, 8, false);
}

LLVMValueRef gen_func_points(struct mod_gen *g, uint32_t func_index)
{
    char symbol[256];
    snprintf(symbol, sizeof symbol, "%s.%u.points", g->options->module_symbol,
             func_index);
    LLVMValueRef table = LLVMGetNamedGlobal(g->llvm, symbol);
    if (!table) {
        table = LLVMAddGlobal(g->llvm, func_points_type(g), symbol);
        LLVMSetVisibility(table, LLVMHiddenVisibility);
        LLVMSetGlobalConstant(table, true);
    }
    return table;
}

LLVMValueRef gen_resume_symbol(struct mod_gen *g, uint32_t func_index)
{
    char symbol[256];
    snprintf(symbol, sizeof symbol, "%s.%u.resume", g->options->module_symbol,
             func_index);
    LLVMValueRef fn = LLVMGetNamedFunction(g->llvm, symbol);
    if (!fn) {
        LLVMTypeRef params[] = {g->ptr, g->ptr};
        fn = LLVMAddFunction(g->llvm, symbol,
                             LLVMFunctionType(g->void_type, params, 2, false));
        LLVMSetVisibility(fn, LLVMHiddenVisibility);
    }
    return fn;
}

/* Whether the point has the locals and operands of the one before it. */
static bool repeats_values(const struct point *point)
{
    const struct point *last = point - 1;
    return last->n_locals == point->n_locals && last->n_operands == point->n_operands &&
           (point->n_locals == 0 ||
            memcmp(last->locals, point->locals,
                   point->n_locals * sizeof *point->locals) == 0) &&
           (point->n_operands == 0 ||
            memcmp(last->operands, point->operands,
                   point->n_operands * sizeof *point->operands) == 0);
}

static uint32_t callee_of(const struct module *m, const struct instr *in)
{
    if (!op_is_call(in->op))
        return 0;
    return is_direct_call(in) ? in->imm.index
                              : RT_POINT_INDIRECT | module_call_type(m, in);
}

/* Fills the tables of points, of values, and of the operands' full types; the number of
 * values. */
static uint32_t collect(const struct fn_gen *f, struct rt_point *points, uint16_t *values,
                        val_type *full_types)
{
    uint32_t n = 0, first = 0;
    for (uint32_t i = 0; i < f->points.n_points; i++) {
        const struct point *point = &f->points.points[i];
        if (i == 0 || !repeats_values(point)) {
            first = n;
            for (uint32_t k = 0; k < point->n_locals; k++)
                values[n++] = (uint16_t)point->locals[k];
            for (uint32_t k = 0; k < point->n_operands; k++) {
                full_types[n] = point->operands[k];
                values[n++] = (uint8_t)point->operands[k];
            }
        }
        const struct instr *in = &f->body.instrs[point->position];
        points[i] = (struct rt_point){.func_index = f->func_index,
                                      .code_offset = in->offset,
                                      .kind = point->kind,
                                      .n_locals = point->n_locals,
                                      .n_operands = point->n_operands,
                                      .first_value = first,
                                      .callee = callee_of(f->g->m, in)};
    }
    return n;
}

/* A private constant array; null if it is empty. */
static LLVMValueRef define_array(struct fn_gen *f, const char *what, LLVMTypeRef element,
                                 LLVMValueRef *values, uint64_t n)
{
    if (n == 0)
        return LLVMConstNull(f->g->ptr);
    char symbol[64];
    snprintf(symbol, sizeof symbol, "%s.%u", what, f->func_index);
    LLVMValueRef array = LLVMAddGlobal(f->g->llvm, LLVMArrayType2(element, n), symbol);
    LLVMSetLinkage(array, LLVMPrivateLinkage);
    LLVMSetGlobalConstant(array, true);
    LLVMSetInitializer(array, LLVMConstArray2(element, values, n));
    return array;
}

static LLVMValueRef define_points(struct fn_gen *f, const struct rt_point *points)
{
    enum { N_WORDS = sizeof *points / sizeof(uint32_t) };
    struct mod_gen *g = f->g;
    uint32_t n = f->points.n_points;
    LLVMValueRef *rows = arena_array(f->arena, n, sizeof *rows);
    for (uint32_t i = 0; i < n; i++) {
        const struct rt_point *p = &points[i];
        const uint32_t numbers[] = {p->func_index, p->code_offset, p->kind,  p->n_locals,
                                    p->n_operands, p->first_value, p->callee};
        _Static_assert(sizeof numbers == sizeof *p, "these are all members");
        LLVMValueRef words[N_WORDS];
        for (int k = 0; k < N_WORDS; k++)
            words[k] = gen_i32(g, numbers[k]);
        rows[i] = LLVMConstArray2(g->i32, words, N_WORDS);
    }
    LLVMValueRef array =
        define_array(f, "points", LLVMArrayType2(g->i32, N_WORDS), rows, n);
    if (n > 0)
        LLVMSetAlignment(array, 8);
    return array;
}

static LLVMValueRef define_values(struct fn_gen *f, const uint16_t *values, uint32_t n)
{
    LLVMValueRef *items = arena_array(f->arena, n, sizeof *items);
    for (uint32_t i = 0; i < n; i++)
        items[i] = LLVMConstInt(f->g->i16, values[i], false);
    return define_array(f, "point_values", f->g->i16, items, n);
}

static LLVMValueRef define_local_types(struct fn_gen *f)
{
    uint32_t n = f->body.n_locals;
    LLVMValueRef *items = arena_array(f->arena, n, sizeof *items);
    for (uint32_t i = 0; i < n; i++)
        items[i] = LLVMConstInt(f->g->i8, (uint8_t)f->body.locals[i], false);
    return define_array(f, "local_types", f->g->i8, items, n);
}

/* Null if codes say all there is to say of the types. */
static LLVMValueRef define_full_types(struct fn_gen *f, const char *what,
                                      const val_type *types, uint32_t n)
{
    LLVMValueRef *items = arena_array(f->arena, n, sizeof *items);
    bool says_more = false;
    for (uint32_t i = 0; i < n; i++) {
        says_more = says_more || types[i] != type_code(types[i]);
        items[i] = gen_i32(f->g, types[i]);
    }
    return define_array(f, what, f->g->i32, items, says_more ? n : 0);
}

void gen_points(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    uint32_t n_points = f->points.n_points;
    size_t n_values = 0;
    for (uint32_t i = 0; i < n_points; i++)
        n_values += f->points.points[i].n_locals + f->points.points[i].n_operands;
    struct rt_point *points = arena_array(f->arena, n_points, sizeof *points);
    uint16_t *values = arena_array(f->arena, n_values, sizeof *values);
    val_type *full_types = arena_array(f->arena, n_values, sizeof *full_types);
    uint32_t n = collect(f, points, values, full_types);
    LLVMValueRef members[] = {
        define_points(f, points),
        define_local_types(f),
        define_values(f, values, n),
        gen_i32(g, n_points),
        gen_i32(g, f->body.n_locals),
        gen_resume_symbol(g, f->func_index),
        define_full_types(f, "full_local_types", f->body.locals, f->body.n_locals),
        define_full_types(f, "full_operand_types", full_types, n)};
    _Static_assert(sizeof(struct rt_func_points) == 56, "these are all members");
    LLVMSetInitializer(gen_func_points(g, f->func_index),
                       LLVMConstStructInContext(g->context, members, 8, false));
}
