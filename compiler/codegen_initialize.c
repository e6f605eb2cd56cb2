/* The `initialize` function of a module's description: what instantiation has to compute
 * (core 4.5.4), as straight-line code. */
#include "compiler/codegen.h"

#include <stdio.h>

#include "runtime/abi.h"

static void init_type_ids(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    LLVMValueRef ids =
        gen_load_field(g, f->b, g->ptr, f->instance,
                       offsetof(struct rt_instance, type_ids), REGION_INSTANCE, true);
    for (uint32_t i = 0; i < g->m->n_types; i++) {
        if (g->layout->type_slots[i] == NO_INDEX)
            continue;
        LLVMValueRef id =
            gen_load_field(g, f->b, g->i32, ids, (uint64_t)i * 4, REGION_INSTANCE, true);
        LLVMBuildStore(f->b, id,
                       gen_offset(g, f->b, f->instance, g->layout->type_slots[i]));
    }
}

static void init_globals(struct fn_gen *f)
{
    const struct module *m = f->g->m;
    for (uint32_t i = m->n_imported_globals; i < m->n_globals; i++) {
        LLVMValueRef value = gen_const_expr(f, &m->globals[i].init);
        LLVMValueRef place = gen_global_address(f, i);
        gen_set_region(f->g, gen_store_value(f->g, f->b, value, place), REGION_INSTANCE);
    }
}

static void init_elem_items(struct fn_gen *f)
{
    const struct module *m = f->g->m;
    for (uint32_t i = 0; i < m->n_elems; i++) {
        for (uint32_t k = 0; m->elems[i].exprs && k < m->elems[i].n_items; k++) {
            LLVMValueRef args[] = {f->instance, gen_i32(f->g, i), gen_i32(f->g, k),
                                   gen_const_expr(f, &m->elems[i].exprs[k])};
            gen_runtime_call(f->g, f->b, CALL_rt_elem_set, args);
        }
    }
}

static void init_tables(struct fn_gen *f)
{
    const struct module *m = f->g->m;
    for (uint32_t i = m->n_imported_tables; i < m->n_tables; i++) {
        if (!m->tables[i].init)
            continue;
        LLVMValueRef args[] = {gen_table(f, i), gen_i64(f->g, 0),
                               gen_const_expr(f, m->tables[i].init),
                               gen_i64(f->g, m->tables[i].type.limits.min)};
        gen_runtime_call(f->g, f->b, CALL_rt_table_fill, args);
    }
}

static void init_active_elems(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    for (uint32_t i = 0; i < g->m->n_elems; i++) {
        const struct elem_segment *segment = &g->m->elems[i];
        LLVMValueRef drop[] = {f->instance, gen_i32(g, i)};
        if (segment->mode == SEGMENT_ACTIVE) {
            LLVMValueRef to = gen_u64(f, gen_const_expr(f, &segment->where));
            LLVMValueRef args[] = {f->instance,   gen_table(f, segment->table_index),
                                   gen_i32(g, i), to,
                                   gen_i64(g, 0), gen_i64(g, segment->n_items)};
            gen_runtime_call(g, f->b, CALL_rt_table_init, args);
        }
        if (segment->mode != SEGMENT_PASSIVE)
            gen_runtime_call(g, f->b, CALL_rt_elem_drop, drop);
    }
}

static void init_active_datas(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    for (uint32_t i = 0; i < g->m->n_datas; i++) {
        const struct data_segment *segment = &g->m->datas[i];
        if (segment->mode != SEGMENT_ACTIVE)
            continue;
        LLVMValueRef to = gen_u64(f, gen_const_expr(f, &segment->where));
        LLVMValueRef args[] = {f->instance,   gen_memory(f, segment->memory_index),
                               gen_i32(g, i), to,
                               gen_i64(g, 0), gen_i64(g, segment->n_bytes)};
        gen_runtime_call(g, f->b, CALL_rt_memory_init, args);
        LLVMValueRef drop[] = {f->instance, gen_i32(g, i)};
        gen_runtime_call(g, f->b, CALL_rt_data_drop, drop);
    }
}

LLVMValueRef gen_initialize(struct mod_gen *g)
{
    char symbol[256];
    snprintf(symbol, sizeof symbol, "%s.initialize", g->options->module_symbol);
    LLVMTypeRef type = LLVMFunctionType(g->void_type, &g->ptr, 1, false);
    struct fn_gen f = {.g = g, .b = g->b, .arena = g->arena};
    f.fn = LLVMAddFunction(g->llvm, symbol, type);
    LLVMSetLinkage(f.fn, LLVMInternalLinkage);
    gen_function_attributes(g, f.fn);
    gen_set_attribute(g, f.fn, "cold", 0);
    gen_set_attribute(g, f.fn, "optnone", 0); /* long straight-line code, run once */
    gen_set_attribute(g, f.fn, "noinline", 0);
    f.instance =
        g->options->is_only_instance ? gen_only_instance(g) : LLVMGetParam(f.fn, 0);
    LLVMPositionBuilderAtEnd(f.b, gen_new_block(&f, "entry"));
    init_type_ids(&f);
    init_globals(&f);
    init_elem_items(&f);
    init_tables(&f);
    init_active_elems(&f);
    init_active_datas(&f);
    LLVMBuildRetVoid(f.b);
    return f.fn;
}
