/* Calls: direct, through an import's slot, and through a table. */
#include "compiler/codegen.h"

#include <assert.h>
#include <string.h>

#include "runtime/abi.h"

/* Pops the arguments, calls code(instance, arguments…) and pushes the results. */
static void gen_call_code(struct fn_gen *f, const struct func_type *type,
                          LLVMValueRef code, LLVMValueRef instance)
{
    struct mod_gen *g = f->g;
    uint32_t n = type->n_params + 1;
    LLVMValueRef *args = arena_array(f->arena, n + 1, sizeof *args);
    args[0] = instance;
    f->sp -= type->n_params;
    if (type->n_params)
        memcpy(args + 1, f->stack + f->sp, type->n_params * sizeof *args);
    LLVMValueRef results = NULL;
    if (type->n_results >= 2) {
        results = gen_entry_alloca(
            f, LLVMArrayType2(g->i8, type->n_results * sizeof(union rt_value)));
        args[n++] = results;
    }
    const struct point *point = point_at(&f->points, f->position, RT_POINT_CALL);
    LLVMValueRef call =
        gen_suspendable_call(f, point, gen_func_type(g, type), code, args, n);
    if (type->n_results == 1)
        gen_push(f, call);
    for (uint32_t i = 0; results && i < type->n_results; i++)
        gen_push(f, LLVMBuildLoad2(
                        f->b, gen_type(g, type->results[i]),
                        gen_offset(g, f->b, results, i * sizeof(union rt_value)), ""));
    if (point && f->is_cold)
        gen_way_in_after_call(f, point, type);
}

/* Where the function could go round without passing a loop, it polls before the call. */
static void gen_poll_before_call(struct fn_gen *f)
{
    const struct point *point = point_at(&f->points, f->position, RT_POINT_BEFORE_CALL);
    if (!point)
        return;
    gen_poll(f, point);
    if (f->is_cold)
        gen_way_in(f, point);
}

static LLVMValueRef import_slot_field(struct fn_gen *f, uint32_t func_index, size_t field)
{
    return gen_load_field(f->g, f->b, f->g->ptr, f->instance,
                          f->g->layout->func_slots[func_index] + field, REGION_INSTANCE,
                          true);
}

void gen_call(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_poll_before_call(f);
    uint32_t func_index = in->imm.index;
    const struct func *callee = &f->g->m->funcs[func_index];
    const struct func_type *type = module_func_type(f->g->m, func_index);
    if (callee->import_index == NO_INDEX)
        gen_call_code(f, type, gen_func(f->g, func_index),
                      f->g->options->is_only_instance ? LLVMGetPoison(f->g->ptr)
                                                      : f->instance);
    else if (f->g->layout->is_host_func[callee->import_index])
        gen_call_code(f, type, gen_func(f->g, func_index), f->instance);
    else
        gen_call_code(
            f, type,
            import_slot_field(f, func_index, offsetof(struct rt_func_slot, code)),
            import_slot_field(f, func_index, offsetof(struct rt_func_slot, instance)));
}

/* What call_indirect compares and loads: an element found by its index. */
struct element {
    LLVMValueRef size;    /* of the table */
    LLVMValueRef entries; /* address of the first element */
    LLVMValueRef type;    /* expected in the element's type member */
    uint64_t entry_bytes, code_offset, type_offset;
};

/* The number of elements: a constant where the table never grows. */
static LLVMValueRef table_size(struct fn_gen *f, uint32_t table_index, LLVMValueRef table)
{
    if (f->g->layout->tables[table_index].is_fixed)
        return gen_i64(f->g, f->g->m->tables[table_index].type.limits.min);
    return gen_load_field(f->g, f->b, f->g->i64, table,
                          offsetof(struct rt_table, n_elements), REGION_INSTANCE, false);
}

static struct element runtime_element(struct fn_gen *f, uint32_t table_index,
                                      uint32_t canonical_type, LLVMValueRef table)
{
    return (struct element){
        .size = table_size(f, table_index, table),
        .entries = gen_load_field(f->g, f->b, f->g->ptr, table,
                                  offsetof(struct rt_table, u.entries), REGION_INSTANCE,
                                  f->g->layout->tables[table_index].is_fixed),
        .type = gen_load_field(f->g, f->b, f->g->i32, f->instance,
                               f->g->layout->type_slots[canonical_type], REGION_INSTANCE,
                               true),
        .entry_bytes = sizeof(struct rt_table_entry),
        .code_offset = offsetof(struct rt_table_entry, code),
        .type_offset = offsetof(struct rt_table_entry, type_id)};
}

static struct element static_element(struct fn_gen *f, uint32_t table_index,
                                     uint32_t canonical_type)
{
    return (struct element){.size = table_size(f, table_index, NULL),
                            .entries = gen_static_table(f->g, table_index),
                            .type = gen_i32(f->g, canonical_type + 1),
                            .entry_bytes = sizeof(struct static_entry),
                            .code_offset = offsetof(struct static_entry, code),
                            .type_offset = offsetof(struct static_entry, type)};
}

/* core 4.4.8: the index is in bounds, the element not null, its type the expected one. A
 * null element's type is 0, which no type has, so that one comparison settles the last
 * two; the runtime finds out which it was. */
void gen_call_indirect(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_poll_before_call(f);
    struct mod_gen *g = f->g;
    uint32_t table_index = in->imm.pair.second;
    uint32_t canonical_type = g->m->canonical_types[in->imm.pair.first];
    const struct table_facts *facts = &g->layout->tables[table_index];
    LLVMValueRef table = gen_table(f, table_index);
    LLVMValueRef index = gen_pop_u64(f);
    struct element e = facts->is_static
                           ? static_element(f, table_index, canonical_type)
                           : runtime_element(f, table_index, canonical_type, table);
    LLVMBasicBlockRef in_bounds = gen_new_block(f, ""), call = gen_new_block(f, "");
    LLVMBasicBlockRef bad = gen_new_block(f, "trap");
    LLVMValueRef is_inside = LLVMBuildICmp(f->b, LLVMIntULT, index, e.size, "");
    LLVMBuildCondBr(f->b, is_inside, in_bounds, bad);

    LLVMPositionBuilderAtEnd(f->b, bad);
    LLVMValueRef args[] = {table, index};
    gen_runtime_call(g, f->b, CALL_rt_trap_indirect, args);
    LLVMBuildUnreachable(f->b);

    LLVMPositionBuilderAtEnd(f->b, in_bounds);
    LLVMValueRef place = LLVMBuildNUWMul(f->b, index, gen_i64(g, e.entry_bytes), "");
    LLVMValueRef entry = LLVMBuildInBoundsGEP2(f->b, g->i8, e.entries, &place, 1, "");
    LLVMValueRef type = gen_load_field(g, f->b, g->i32, entry, e.type_offset,
                                       REGION_TABLE, facts->is_static);
    LLVMBuildCondBr(f->b, LLVMBuildICmp(f->b, LLVMIntEQ, type, e.type, ""), call, bad);

    LLVMPositionBuilderAtEnd(f->b, call);
    LLVMValueRef code = gen_load_field(g, f->b, g->ptr, entry, e.code_offset,
                                       REGION_TABLE, facts->is_static);
    LLVMValueRef instance = f->instance;
    if (!facts->is_own)
        instance = gen_load_field(g, f->b, g->ptr, entry,
                                  offsetof(struct rt_table_entry, instance), REGION_TABLE,
                                  false);
    gen_call_code(f, &g->m->types[in->imm.pair.first], code, instance);
}
