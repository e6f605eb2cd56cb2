/* Type-checks expressions (core 3.3) with the algorithm of the appendix "Validation
 * Algorithm": a stack of operand types and a stack of open blocks. Most instructions are
 * checked by the signature of their row in opcodes.def; the others have a function here,
 * found through a table.
 *
 * Failure is sticky: a check that fails sets the diag and goes on with whatever it has
 * got; the loop over the instructions stops after it. */
#include "compiler/validate.h"

#include <assert.h>
#include <string.h>

#include "compiler/checker.h"
#include "compiler/passes.h"

/* ---- Index spaces ---- */

static bool is_func(struct checker *v, uint32_t func_index)
{
    return func_index < v->m->n_funcs || fail(v, "unknown function %u", func_index);
}

static bool is_local(struct checker *v)
{
    return v->in->imm.index < v->body->n_locals ||
           fail(v, "unknown local %u", v->in->imm.index);
}

static bool is_global(struct checker *v)
{
    return v->in->imm.index < v->n_globals ||
           fail(v, "unknown global %u", v->in->imm.index);
}

/* ---- Calls ---- */

/* A tail call hands its results on as the function's (core 3.3.8). */
static void check_results_of_call(struct checker *v, const struct func_type *type)
{
    const struct func_type *own = &v->type;
    if (!op_is_tail_call(v->in->op)) {
        push_all(v, type->results, type->n_results);
        return;
    }
    if (type->n_results != own->n_results ||
        !types_match(v->m, type->results, own->results, own->n_results))
        fail(v, "type mismatch: %s needs a callee with the results of the function",
             op_info(v->in->op)->text);
    set_unreachable(v);
}

static void check_call(struct checker *v)
{
    if (!is_func(v, v->in->imm.index))
        return;
    const struct func_type *type = module_func_type(v->m, v->in->imm.index);
    pop_all(v, type->params, type->n_params);
    check_results_of_call(v, type);
}

/* The type of functions that the instruction names, or NULL after a failure. */
static const struct func_type *named_type(struct checker *v, uint32_t index)
{
    if (index < v->m->n_types)
        return &v->m->types[index];
    fail(v, "unknown type %u", index);
    return NULL;
}

static void check_call_ref(struct checker *v)
{
    const struct func_type *type = named_type(v, v->in->imm.index);
    if (!type)
        return;
    pop(v, type_of_index(v->m->canonical_types[v->in->imm.index]));
    pop_all(v, type->params, type->n_params);
    check_results_of_call(v, type);
}

static void check_call_indirect(struct checker *v)
{
    uint32_t type_index = v->in->imm.pair.first;
    val_type element = table_element(v, v->in->imm.pair.second);
    if (element != TYPE_UNKNOWN && type_code(element) != TYPE_FUNCREF)
        fail(v, "type mismatch: call_indirect needs a table of funcref");
    const struct func_type *type = named_type(v, type_index);
    if (!type)
        return;
    pop(v, table_address(v, v->in->imm.pair.second));
    pop_all(v, type->params, type->n_params);
    check_results_of_call(v, type);
}

/* ---- Parametric, variable and reference instructions ---- */

static void check_drop(struct checker *v)
{
    pop(v, TYPE_UNKNOWN);
}

static void check_select(struct checker *v)
{
    pop(v, TYPE_I32);
    val_type b = pop(v, TYPE_UNKNOWN);
    val_type a = pop(v, b);
    if (type_is_ref(a) || type_is_ref(b))
        fail(
            v,
            "type mismatch: select without a type chooses between numbers only, found %s",
            type_name(type_is_ref(a) ? a : b));
    push(v, a == TYPE_UNKNOWN ? b : a);
}

static void check_select_typed(struct checker *v)
{
    val_type t = v->in->imm.type;
    if (t == 0) {
        fail(v, "invalid result arity: select has one type");
        return;
    }
    pop(v, TYPE_I32);
    pop(v, t);
    pop(v, t);
    push(v, t);
}

static void check_local_get(struct checker *v)
{
    uint32_t index = v->in->imm.index;
    if (!is_local(v))
        return;
    if (v->is_set && !v->is_set[index] && !type_has_default(v->body->locals[index]))
        fail(v, "uninitialized local %u", index);
    push(v, v->body->locals[index]);
}

static void check_local_set(struct checker *v)
{
    uint32_t index = v->in->imm.index;
    if (!is_local(v))
        return;
    pop(v, v->body->locals[index]);
    if (v->is_set && !v->is_set[index] && !type_has_default(v->body->locals[index])) {
        v->is_set[index] = true;
        v->set[v->n_set++] = index;
    }
}

static void check_local_tee(struct checker *v)
{
    check_local_set(v);
    check_local_get(v);
}

static void check_global_get(struct checker *v)
{
    if (is_global(v))
        push(v, v->m->globals[v->in->imm.index].type.type);
}

static void check_global_set(struct checker *v)
{
    if (!is_global(v))
        return;
    struct global_type type = v->m->globals[v->in->imm.index].type;
    if (!type.is_mutable)
        fail(v, "immutable global %u", v->in->imm.index);
    pop(v, type.type);
}

static void check_ref_null(struct checker *v)
{
    push(v, v->in->imm.type);
}

static void check_ref_func(struct checker *v)
{
    uint32_t func_index = v->in->imm.index;
    bool is_known = is_func(v, func_index);
    if (is_known && !v->m->funcs[func_index].is_referenced)
        fail(v, "undeclared function reference %u", func_index);
    else if (is_known)
        push(v, func_ref_type(v->m, func_index));
}

static val_type pop_ref(struct checker *v)
{
    val_type t = pop(v, TYPE_UNKNOWN);
    if (t != TYPE_UNKNOWN && !type_is_ref(t))
        fail(v, "type mismatch: expected a reference, found %s", type_name(t));
    return t;
}

static void check_ref_is_null(struct checker *v)
{
    pop_ref(v);
    push(v, TYPE_I32);
}

/* The same reference, known not to be null. */
static val_type non_null(val_type t)
{
    return t == TYPE_UNKNOWN ? t : t | TYPE_NON_NULL;
}

static void check_ref_as_non_null(struct checker *v)
{
    push(v, non_null(pop_ref(v)));
}

static void check_br_on_null(struct checker *v)
{
    struct label label;
    if (!find_label(v, v->in->imm.index, &label))
        return;
    val_type t = pop_ref(v);
    pop_all(v, label.types, label.n);
    push_all(v, label.types, label.n);
    push(v, non_null(t));
}

static void check_br_on_non_null(struct checker *v)
{
    struct label label;
    if (!find_label(v, v->in->imm.index, &label))
        return;
    push(v, non_null(pop_ref(v)));
    if (label.n == 0) {
        fail(v, "type mismatch: the label of br_on_non_null takes no reference");
        return;
    }
    pop_all(v, label.types, label.n);
    push_all(v, label.types, label.n - 1);
}

/* ---- All instructions ---- */

/* The other instructions whose row has no signature. */
static check_function *const by_hand[N_OPCODES] = {
    [OP_Call] = check_call,
    [OP_CallIndirect] = check_call_indirect,
    [OP_ReturnCall] = check_call,
    [OP_ReturnCallIndirect] = check_call_indirect,
    [OP_CallRef] = check_call_ref,
    [OP_ReturnCallRef] = check_call_ref,
    [OP_Drop] = check_drop,
    [OP_Select] = check_select,
    [OP_SelectT] = check_select_typed,
    [OP_LocalGet] = check_local_get,
    [OP_LocalSet] = check_local_set,
    [OP_LocalTee] = check_local_tee,
    [OP_GlobalGet] = check_global_get,
    [OP_GlobalSet] = check_global_set,
    [OP_RefNull] = check_ref_null,
    [OP_RefIsNull] = check_ref_is_null,
    [OP_RefFunc] = check_ref_func,
    [OP_RefAsNonNull] = check_ref_as_non_null,
    [OP_BrOnNull] = check_br_on_null,
    [OP_BrOnNonNull] = check_br_on_non_null,
};

static val_type signature_type(struct checker *v, char c)
{
    switch (c) {
    case 'a':
        return memory_address(v, v->in->memory);
    case 'i':
        return TYPE_I32;
    case 'I':
        return TYPE_I64;
    case 'f':
        return TYPE_F32;
    case 'F':
        return TYPE_F64;
    default:
        assert(c == 'v');
        return TYPE_V128;
    }
}

static void check_signature(struct checker *v, const char *signature)
{
    const char *results = signature;
    while (*results != ':')
        results++;
    for (const char *operand = results; operand > signature;)
        pop(v, signature_type(v, *--operand));
    while (*++results)
        push(v, signature_type(v, *results));
}

static void check_instr(struct checker *v)
{
    const struct op_info *info = op_info(v->in->op);
    if (info->immediate == IMM_MEMARG)
        check_memarg(v);
    check_lane(v);
    if (info->signature) {
        check_signature(v, info->signature);
    } else {
        check_function *check = by_hand[v->in->op];
        check = check ? check : control_checks[v->in->op];
        check = check ? check : memory_checks[v->in->op];
        assert(check); /* a new row without signature needs one */
        check(v);
    }
}

static bool is_observed(const struct instr *in)
{
    return in->op == OP_Loop || op_info(in->op)->flags & OPF_SUSPEND;
}

/* Parameters have values; most bodies have no local without a default one. */
static void track_locals(struct checker *v, uint32_t n_params)
{
    const struct body *body = v->body;
    uint32_t n = 0;
    for (uint32_t i = n_params; i < body->n_locals; i++)
        n += !type_has_default(body->locals[i]);
    if (n == 0)
        return;
    v->is_set = arena_array(v->arena, body->n_locals, sizeof *v->is_set);
    v->set = arena_array(v->arena, n, sizeof *v->set);
    memset(v->is_set, true, n_params);
}

static void check_body(const struct module *m, uint32_t func_index,
                       const struct body *body, struct arena *arena, struct diag *d,
                       observe_stack *observe, void *context)
{
    const struct func_type *type = module_func_type(m, func_index);
    struct checker v = {
        .m = m,
        .arena = arena,
        .d = d,
        .body = body,
        .type = {.n_results = type->n_results, .results = type->results},
        .n_globals = m->n_globals,
    };
    track_locals(&v, type->n_params);
    open_block(&v, NULL, NULL);
    for (uint32_t i = 0; i < body->n_instrs && !d->is_set; i++) {
        v.in = &body->instrs[i];
        if (observe && is_observed(v.in))
            observe(context, i, v.operands, v.n_operands);
        check_instr(&v);
    }
}

bool validate_body(const struct module *m, uint32_t func_index, const struct body *body,
                   struct arena *arena, struct diag *d)
{
    check_body(m, func_index, body, arena, d, NULL, NULL);
    if (d->is_set)
        d->func_index = func_index;
    return !d->is_set;
}

void observe_body(const struct module *m, uint32_t func_index, const struct body *body,
                  struct arena *arena, observe_stack *observe, void *context)
{
    struct diag none = DIAG_INIT;
    check_body(m, func_index, body, arena, &none, observe, context);
    assert(!none.is_set);
}

/* ---- Constant expressions ---- */

static bool is_constant(const struct checker *v)
{
    switch (v->in->op) {
    case OP_I32Const:
    case OP_I64Const:
    case OP_F32Const:
    case OP_F64Const:
    case OP_V128Const:
    case OP_I32Add:
    case OP_I32Sub:
    case OP_I32Mul:
    case OP_I64Add:
    case OP_I64Sub:
    case OP_I64Mul:
    case OP_RefNull:
    case OP_RefFunc:
    case OP_End:
        return true;
    case OP_GlobalGet:
        return v->in->imm.index >= v->n_globals ||
               !v->m->globals[v->in->imm.index].type.is_mutable;
    default:
        return false;
    }
}

bool validate_const_expr(const struct module *m, const struct const_expr *expr,
                         val_type type, uint32_t n_globals, struct arena *arena,
                         struct diag *d)
{
    struct checker v = {
        .m = m,
        .arena = arena,
        .d = d,
        .type = {.n_results = 1, .results = &type},
        .n_globals = n_globals,
    };
    open_block(&v, NULL, NULL);
    for (uint32_t i = 0; i < expr->n_instrs && !d->is_set; i++) {
        v.in = &expr->instrs[i];
        if (!is_constant(&v))
            fail(&v, "constant expression required");
        else
            check_instr(&v);
    }
    return !d->is_set;
}
