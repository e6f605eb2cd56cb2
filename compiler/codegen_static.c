/* Constant tables behind call_indirect, of tables that nobody changes.
 *
 * The best is one of code addresses for each type that is called, where what has another
 * type is a function that traps: then nothing is compared but the index. Where those
 * would be large, there is one table, with types to compare. */
#include "compiler/codegen.h"

#include <stdio.h>

static LLVMValueRef declare(struct mod_gen *g, const char *name, LLVMTypeRef entry,
                            uint64_t n)
{
    char symbol[256];
    snprintf(symbol, sizeof symbol, "%s.%s", g->options->module_symbol, name);
    LLVMValueRef table = LLVMGetNamedGlobal(g->llvm, symbol);
    if (!table) {
        table = LLVMAddGlobal(g->llvm, LLVMArrayType2(entry, n), symbol);
        LLVMSetVisibility(table, LLVMHiddenVisibility);
        LLVMSetGlobalConstant(table, true);
    }
    return table;
}

static uint64_t n_elements(const struct mod_gen *g, uint32_t table_index)
{
    return g->m->tables[table_index].type.limits.min;
}

LLVMValueRef gen_static_table(struct mod_gen *g, uint32_t table_index)
{
    char name[32];
    LLVMTypeRef members[] = {g->ptr, g->i64};
    snprintf(name, sizeof name, "table%u", table_index);
    return declare(g, name, LLVMStructTypeInContext(g->context, members, 2, false),
                   n_elements(g, table_index));
}

LLVMValueRef gen_static_tails(struct mod_gen *g, uint32_t table_index)
{
    char name[32];
    snprintf(name, sizeof name, "tails%u", table_index);
    return declare(g, name, g->ptr, n_elements(g, table_index));
}

LLVMValueRef gen_typed_table(struct mod_gen *g, uint32_t table_index,
                             uint32_t canonical_type)
{
    char name[48];
    snprintf(name, sizeof name, "table%u.type%u", table_index, canonical_type);
    return declare(g, name, g->ptr, n_elements(g, table_index));
}

static uint32_t type_of(const struct mod_gen *g, uint32_t func_index)
{
    return g->m->canonical_types[g->m->funcs[func_index].type_index];
}

static LLVMValueRef *new_values(struct mod_gen *g, uint64_t n)
{
    return arena_array(g->arena, n, sizeof(LLVMValueRef));
}

static void define(LLVMValueRef table, LLVMValueRef *values, uint64_t n)
{
    LLVMTypeRef entry = LLVMGetElementType(LLVMGlobalGetValueType(table));
    LLVMSetInitializer(table, LLVMConstArray2(entry, values, n));
}

static void define_entries(struct mod_gen *g, uint32_t table_index, const uint32_t *funcs,
                           uint64_t n)
{
    LLVMValueRef *entries = new_values(g, n), *tails = new_values(g, n);
    for (uint64_t i = 0; i < n; i++) {
        bool is_null = funcs[i] == NO_INDEX;
        LLVMValueRef members[] = {
            is_null ? LLVMConstNull(g->ptr) : gen_func_entry(g, funcs[i]),
            gen_i64(g, is_null ? 0 : (uint64_t)type_of(g, funcs[i]) + 1)};
        entries[i] = LLVMConstStructInContext(g->context, members, 2, false);
        tails[i] = is_null ? LLVMConstNull(g->ptr) : gen_tail_code(g, funcs[i]);
    }
    define(gen_static_table(g, table_index), entries, n);
    define(gen_static_tails(g, table_index), tails, n);
}

static void define_typed(struct mod_gen *g, uint32_t table_index, uint32_t type,
                         const uint32_t *funcs, uint64_t n)
{
    LLVMValueRef null = gen_runtime_function(g, CALL_rt_trap_null_element);
    LLVMValueRef other = gen_runtime_function(g, CALL_rt_trap_element_type);
    LLVMValueRef *codes = new_values(g, n);
    for (uint64_t i = 0; i < n; i++)
        codes[i] = funcs[i] == NO_INDEX           ? null
                   : type_of(g, funcs[i]) == type ? gen_func_entry(g, funcs[i])
                                                  : other;
    define(gen_typed_table(g, table_index, type), codes, n);
}

void gen_define_static_tables(struct mod_gen *g, uint32_t table_index)
{
    uint64_t n = n_elements(g, table_index);
    const uint32_t *funcs = layout_static_elements(g->m, table_index, g->arena);
    define_entries(g, table_index, funcs, n);
    for (uint32_t type = 0; type < g->m->n_types; type++)
        if (g->layout->tables[table_index].is_typed[type])
            define_typed(g, table_index, type, funcs, n);
}
