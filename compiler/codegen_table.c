/* Instructions on tables, all but call_indirect: calls to the runtime, but for the size.
 */
#include "compiler/codegen.h"

#include "runtime/abi.h"

void gen_table_get(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef args[] = {gen_table(f, in->imm.index), gen_pop_u64(f)};
    gen_push(f, gen_runtime_call(f->g, f->b, CALL_rt_table_get, args));
}

void gen_table_set(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef ref = gen_pop(f), index = gen_pop_u64(f);
    LLVMValueRef args[] = {gen_table(f, in->imm.index), index, ref};
    gen_runtime_call(f->g, f->b, CALL_rt_table_set, args);
}

void gen_table_size(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef n =
        gen_load_field(f->g, f->b, f->g->i64, gen_table(f, in->imm.index),
                       offsetof(struct rt_table, n_elements), REGION_INSTANCE, false);
    gen_push_size(f, n, &f->g->m->tables[in->imm.index].type.limits);
}

void gen_table_grow(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef n = gen_pop_u64(f), ref = gen_pop(f);
    LLVMValueRef args[] = {gen_table(f, in->imm.index), n, ref};
    LLVMValueRef old = gen_runtime_call(f->g, f->b, CALL_rt_table_grow, args);
    gen_push_size(f, old, &f->g->m->tables[in->imm.index].type.limits);
}

void gen_elem_drop(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef args[] = {f->instance, gen_i32(f->g, in->imm.index)};
    gen_runtime_call(f->g, f->b, CALL_rt_elem_drop, args);
}
