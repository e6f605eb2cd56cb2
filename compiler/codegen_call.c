/* Calls: direct, through an import's slot, and through a table. */
#include "compiler/codegen_checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "runtime/abi.h"

/* What is called. */
struct callee {
    const struct func_type *type;
    LLVMValueRef code;
    LLVMValueRef instance;  /* the first argument of code */
    bool is_tail;           /* code has the convention of codegen_tail.c */
    LLVMValueRef tail_code; /* for a tail call: known to have that one if it is not null
                               at run time; NULL: there is none */
};

/* A call in the making. */
struct call {
    LLVMTypeRef type;
    LLVMValueRef code;
    LLVMValueRef *args;
    unsigned n_args;
    LLVMValueRef results; /* where two or more go */
};

static struct call c_call(struct fn_gen *f, const struct callee *callee,
                          const LLVMValueRef *values, LLVMValueRef results)
{
    const struct func_type *type = callee->type;
    uint32_t n = type->n_params + 1;
    LLVMValueRef *args = arena_array(f->arena, n + 1, sizeof *args);
    args[0] = callee->instance;
    if (type->n_params)
        memcpy(args + 1, values, type->n_params * sizeof *args);
    if (results)
        args[n++] = results;
    return (struct call){gen_func_type(f->g, type), callee->code, args, n, results};
}

static struct call tail_convention_call(struct fn_gen *f, const struct callee *callee,
                                        LLVMValueRef code, const LLVMValueRef *values,
                                        LLVMValueRef results)
{
    struct call call = {gen_tail_type(f->g), code, NULL, 0, results};
    call.args =
        gen_tail_args(f, callee->type, callee->instance, values, results, &call.n_args);
    return call;
}

/* Pops the arguments. */
static struct call begin_call(struct fn_gen *f, const struct callee *callee)
{
    uint32_t n_results = callee->type->n_results;
    LLVMValueRef results = NULL;
    f->sp -= callee->type->n_params;
    if (n_results >= 2)
        results = gen_entry_alloca(f, LLVMArrayType2(f->g->i64, 2 * (uint64_t)n_results));
    const LLVMValueRef *values = f->stack + f->sp;
    return callee->is_tail
               ? tail_convention_call(f, callee, callee->code, values, results)
               : c_call(f, callee, values, results);
}

static void push_results(struct fn_gen *f, const struct callee *callee,
                         const struct call *call, LLVMValueRef returned)
{
    const struct func_type *type = callee->type;
    if (type->n_results == 1)
        gen_push(f, callee->is_tail ? gen_tail_result(f, type, returned) : returned);
    else
        gen_push_values(f, type->results, type->n_results, call->results);
}

/* Calls code(instance, arguments…) with arguments from the stack; results go there. */
static void gen_call_code(struct fn_gen *f, const struct callee *callee)
{
    struct call call = begin_call(f, callee);
    const struct point *point = point_at(&f->points, f->position, RT_POINT_CALL);
    LLVMValueRef returned =
        gen_suspendable_call(f, point, call.type, call.code, call.args, call.n_args);
    push_results(f, callee, &call, returned);
    if (point && f->is_cold)
        gen_way_in_after_call(f, point, callee->type);
}

/* The frame gives way to the callee's. */
static void gen_replacing_call(struct fn_gen *f, const struct callee *callee,
                               LLVMValueRef code)
{
    struct call call = tail_convention_call(
        f, callee, code, f->stack + f->sp - callee->type->n_params, f->results);
    LLVMValueRef returned =
        LLVMBuildCall2(f->b, call.type, call.code, call.args, call.n_args, "");
    LLVMSetTailCallKind(returned, LLVMTailCallKindMustTail);
    LLVMBuildRet(f->b, returned);
}

/* A tail call that stays a call: the frame waits for the results, and nothing else. When
 * it is suspended, it has no landing pad, and leaves no record. So one frame at most that
 * is resumed stays on the stack, until the next time. */
static void gen_last_call(struct fn_gen *f, const struct callee *callee)
{
    struct call call = begin_call(f, callee);
    LLVMValueRef returned =
        gen_unrecorded_call(f, call.type, call.code, call.args, call.n_args);
    push_results(f, callee, &call, returned);
    gen_return(f, NULL, 0);
}

static void gen_tail_call(struct fn_gen *f, const struct callee *callee)
{
    if (f->resume || (!callee->is_tail && !callee->tail_code)) {
        gen_last_call(f, callee);
        return;
    }
    if (callee->is_tail) {
        gen_replacing_call(f, callee, callee->code);
        f->is_dead = true;
        return;
    }
    LLVMBasicBlockRef replace = gen_new_block(f, ""), call = gen_new_block(f, "");
    LLVMBuildCondBr(f->b, LLVMBuildIsNull(f->b, callee->tail_code, ""), call, replace);
    LLVMPositionBuilderAtEnd(f->b, replace);
    gen_replacing_call(f, callee, callee->tail_code);
    LLVMPositionBuilderAtEnd(f->b, call);
    gen_last_call(f, callee);
}

/* Where the function could go round without passing a loop, it polls before the call. */
static void gen_poll_before_call(struct fn_gen *f)
{
    const struct point *point = gen_poll_point(f, RT_POINT_BEFORE);
    if (!point)
        return;
    gen_poll(f, point);
    if (f->is_cold)
        gen_way_in(f, point);
}

/* Of the import's type: stores its arguments 16 bytes apart for rt_call_host, and hands
 * on the results that it finds there. */
LLVMValueRef gen_adapter(struct mod_gen *g, uint32_t func_index)
{
    const struct func_type *type = module_func_type(g->m, func_index);
    uint64_t n = type->n_params > type->n_results ? type->n_params : type->n_results;
    char symbol[256];
    snprintf(symbol, sizeof symbol, "%s.%u.adapter", g->options->module_symbol,
             func_index);
    LLVMValueRef fn = LLVMAddFunction(g->llvm, symbol, gen_func_type(g, type));
    LLVMSetLinkage(fn, LLVMInternalLinkage);
    gen_function_attributes(g, fn);
    LLVMPositionBuilderAtEnd(g->b,
                             LLVMAppendBasicBlockInContext(g->context, fn, "entry"));
    LLVMValueRef values = LLVMBuildAlloca(
        g->b, LLVMArrayType2(g->i8, n * sizeof(union rt_value)), "values");
    LLVMSetAlignment(values, sizeof(union rt_value));
    for (uint32_t i = 0; i < type->n_params; i++)
        LLVMBuildStore(g->b, LLVMGetParam(fn, i + 1),
                       gen_offset(g, g->b, values, i * sizeof(union rt_value)));
    LLVMValueRef args[] = {LLVMGetParam(fn, 0), gen_i32(g, func_index), values};
    gen_runtime_call(g, g->b, CALL_rt_call_host, args);
    if (type->n_results == 1) {
        LLVMBuildRet(g->b,
                     LLVMBuildLoad2(g->b, gen_type(g, type->results[0]), values, ""));
        return fn;
    }
    for (uint32_t i = 0; i < type->n_results; i++) {
        uint64_t at = i * sizeof(union rt_value);
        LLVMValueRef to = LLVMGetParam(fn, type->n_params + 1);
        LLVMValueRef result = LLVMBuildLoad2(g->b, gen_type(g, type->results[i]),
                                             gen_offset(g, g->b, values, at), "");
        LLVMBuildStore(g->b, result, gen_offset(g, g->b, to, at));
    }
    LLVMBuildRetVoid(g->b);
    return fn;
}

static LLVMValueRef import_slot_field(struct fn_gen *f, uint32_t func_index, size_t field)
{
    return gen_load_field(f->g, f->b, f->g->ptr, f->instance,
                          f->g->layout->func_slots[func_index] + field, REGION_INSTANCE,
                          true);
}

static struct callee direct_callee(struct fn_gen *f, const struct instr *in)
{
    struct mod_gen *g = f->g;
    uint32_t func_index = in->imm.index;
    const struct func *func = &g->m->funcs[func_index];
    struct callee callee = {.type = module_func_type(g->m, func_index),
                            .instance = f->instance};
    if (func->import_index != NO_INDEX && !g->layout->is_host_func[func->import_index]) {
        callee.code =
            import_slot_field(f, func_index, offsetof(struct rt_func_slot, code));
        callee.instance =
            import_slot_field(f, func_index, offsetof(struct rt_func_slot, instance));
        if (op_is_tail_call(in->op))
            callee.tail_code = import_slot_field(
                f, func_index, offsetof(struct rt_func_slot, tail_code));
        return callee;
    }
    callee.code = gen_func(g, func_index);
    callee.is_tail = func->makes_tail_calls;
    if (func->import_index == NO_INDEX && g->options->is_only_instance)
        callee.instance = LLVMGetPoison(g->ptr);
    return callee;
}

void gen_call(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_poll_before_call(f);
    struct callee callee = direct_callee(f, in);
    gen_call_code(f, &callee);
}

void gen_return_call(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_poll_before_call(f);
    struct callee callee = direct_callee(f, in);
    gen_tail_call(f, &callee);
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

static LLVMValueRef static_tail_code(struct fn_gen *f, uint32_t table_index,
                                     LLVMValueRef index)
{
    struct mod_gen *g = f->g;
    LLVMValueRef place = LLVMBuildNUWMul(f->b, index, gen_i64(g, sizeof(void *)), "");
    LLVMValueRef tails = gen_static_tails(g, table_index);
    LLVMValueRef at = LLVMBuildInBoundsGEP2(f->b, g->i8, tails, &place, 1, "");
    return gen_load_field(g, f->b, g->ptr, at, 0, REGION_TABLE, true);
}

/* A member of struct rt_func, which stays as it is. */
static LLVMValueRef func_field(struct fn_gen *f, LLVMValueRef func, size_t field)
{
    return gen_load_field(f->g, f->b, f->g->ptr, func, field, REGION_TABLE, true);
}

/* Compares the index with the size of a table, and goes on in a new block; else to one
 * that traps, and picks the reason. */
static LLVMBasicBlockRef check_element(struct fn_gen *f, LLVMValueRef table,
                                       LLVMValueRef index, LLVMValueRef size)
{
    LLVMBasicBlockRef in_bounds = gen_new_block(f, ""), bad = gen_new_block(f, "trap");
    LLVMValueRef is_inside = LLVMBuildICmp(f->b, LLVMIntULT, index, size, "");
    LLVMBuildCondBr(f->b, is_inside, in_bounds, bad);
    LLVMPositionBuilderAtEnd(f->b, bad);
    LLVMValueRef args[] = {table, index};
    gen_runtime_call(f->g, f->b, CALL_rt_trap_indirect, args);
    LLVMBuildUnreachable(f->b);
    LLVMPositionBuilderAtEnd(f->b, in_bounds);
    return bad;
}

/* From a table of those of one type: what is called traps if the element's is another. */
static struct callee typed_callee(struct fn_gen *f, const struct instr *in)
{
    struct mod_gen *g = f->g;
    uint32_t table_index = in->imm.pair.second;
    LLVMValueRef table = gen_table(f, table_index), index = gen_pop_u64(f);
    check_element(f, table, index, table_size(f, table_index, table));
    LLVMValueRef codes =
        gen_typed_table(g, table_index, g->m->canonical_types[in->imm.pair.first]);
    LLVMValueRef place = LLVMBuildNUWMul(f->b, index, gen_i64(g, sizeof(void *)), "");
    LLVMValueRef at = LLVMBuildInBoundsGEP2(f->b, g->i8, codes, &place, 1, "");
    return (struct callee){.type = &g->m->types[in->imm.pair.first],
                           .code =
                               gen_load_field(g, f->b, g->ptr, at, 0, REGION_TABLE, true),
                           .instance = f->instance};
}

/* core 4.4.8: the index is in bounds, the element not null, its type the expected one. A
 * null element's type is 0, which no type has, so that one comparison settles the last
 * two; the runtime finds out which it was. */
static struct callee indirect_callee(struct fn_gen *f, const struct instr *in)
{
    struct mod_gen *g = f->g;
    uint32_t table_index = in->imm.pair.second;
    uint32_t canonical_type = g->m->canonical_types[in->imm.pair.first];
    const struct table_facts *facts = &g->layout->tables[table_index];
    bool is_static = facts->is_static && g->m->type_defs[canonical_type].is_final;
    if (is_static && facts->is_typed[canonical_type] && !op_is_tail_call(in->op))
        return typed_callee(f, in);
    LLVMValueRef table = gen_table(f, table_index);
    LLVMValueRef index = gen_pop_u64(f);
    struct element e = is_static ? static_element(f, table_index, canonical_type)
                                 : runtime_element(f, table_index, canonical_type, table);
    LLVMBasicBlockRef bad = check_element(f, table, index, e.size);
    LLVMBasicBlockRef call = gen_new_block(f, "");
    LLVMValueRef place = LLVMBuildNUWMul(f->b, index, gen_i64(g, e.entry_bytes), "");
    LLVMValueRef entry = LLVMBuildInBoundsGEP2(f->b, g->i8, e.entries, &place, 1, "");
    LLVMValueRef type =
        gen_load_field(g, f->b, g->i32, entry, e.type_offset, REGION_TABLE, is_static);
    LLVMBasicBlockRef other =
        g->m->type_defs[canonical_type].is_final ? bad : gen_new_block(f, "");
    LLVMBuildCondBr(f->b, LLVMBuildICmp(f->b, LLVMIntEQ, type, e.type, ""), call, other);
    if (other != bad) {
        LLVMPositionBuilderAtEnd(f->b, other);
        LLVMValueRef ids[] = {type, e.type};
        LLVMValueRef is_sub = gen_runtime_call(g, f->b, CALL_rt_type_is_sub, ids);
        LLVMBuildCondBr(f->b, LLVMBuildIsNull(f->b, is_sub, ""), bad, call);
    }

    LLVMPositionBuilderAtEnd(f->b, call);
    struct callee callee = {.type = &g->m->types[in->imm.pair.first],
                            .instance = f->instance};
    callee.code =
        gen_load_field(g, f->b, g->ptr, entry, e.code_offset, REGION_TABLE, is_static);
    if (!facts->is_own)
        callee.instance = gen_load_field(g, f->b, g->ptr, entry,
                                         offsetof(struct rt_table_entry, instance),
                                         REGION_TABLE, false);
    if (op_is_tail_call(in->op))
        callee.tail_code =
            is_static ? static_tail_code(f, table_index, index)
                      : func_field(f,
                                   gen_load_field(g, f->b, g->ptr, entry,
                                                  offsetof(struct rt_table_entry, func),
                                                  REGION_TABLE, false),
                                   offsetof(struct rt_func, tail_code));
    return callee;
}

void gen_call_indirect(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_poll_before_call(f);
    struct callee callee = indirect_callee(f, in);
    gen_call_code(f, &callee);
}

void gen_return_call_indirect(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_poll_before_call(f);
    struct callee callee = indirect_callee(f, in);
    gen_tail_call(f, &callee);
}

/* core 4.4.8. Not even a reference of a type without null is taken for not null: a local
 * that has no value yet may be restored. */
static struct callee referenced_callee(struct fn_gen *f, const struct instr *in)
{
    LLVMValueRef func = gen_pop(f);
    gen_trap_if(f, LLVMBuildIsNull(f->b, func, ""), RT_TRAP_NULL_FUNC_REFERENCE);
    struct callee callee = {.type = &f->g->m->types[in->imm.index],
                            .code = func_field(f, func, offsetof(struct rt_func, code)),
                            .instance =
                                func_field(f, func, offsetof(struct rt_func, instance))};
    if (op_is_tail_call(in->op))
        callee.tail_code = func_field(f, func, offsetof(struct rt_func, tail_code));
    return callee;
}

void gen_call_ref(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_poll_before_call(f);
    struct callee callee = referenced_callee(f, in);
    gen_call_code(f, &callee);
}

void gen_return_call_ref(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    gen_poll_before_call(f);
    struct callee callee = referenced_callee(f, in);
    gen_tail_call(f, &callee);
}
