/* Goes through the instructions in their order. Whatever is not understood is an unknown
 * value; where control flow joins, all locals set since it parted are unknown. */
#include "compiler/iteration.h"

#include <string.h>

#include "compiler/ways_out.h"

enum { STACK_DEPTH = 64, MAX_NESTING = 16 };

/* A block or if in the loop. */
struct construct {
    uint32_t position;
    uint32_t height;
    uint32_t n_set;
    bool has_result;
    bool is_left; /* something leads to what follows it */
};

struct follower {
    struct iteration *it;
    const struct callees *callees;
    const struct body *body;
    uint32_t position; /* of the instruction in work */
    struct construct constructs[MAX_NESTING];
    uint32_t depth;
    bool is_dead;                   /* the end or else to come is not fallen into */
    uint32_t set[ITERATION_INSTRS]; /* indices in it->changed, as the locals were set */
    uint32_t n_set;
    uint32_t n_followed; /* instructions, those of ways out excepted, callees' included */
    bool is_iteration;   /* a branch out of all constructs leads to the next one */
    struct symbol stack[STACK_DEPTH];
    uint32_t sp;
};

/* Where in it->changed; it->n_changed: nowhere. */
static uint32_t changed_index(const struct iteration *it, uint32_t local)
{
    uint32_t i = 0;
    while (i < it->n_changed && it->changed[i].local != local)
        i++;
    return i;
}

const struct changed_local *find_changed(const struct iteration *it, uint32_t local)
{
    uint32_t i = changed_index(it, local);
    return i < it->n_changed ? &it->changed[i] : NULL;
}

static struct symbol get_local(const struct follower *f, uint32_t local)
{
    const struct changed_local *changed = find_changed(f->it, local);
    if (changed)
        return changed->value;
    val_type type = f->body->locals[local];
    if (type != TYPE_I32 && type != TYPE_I64)
        return symbol_unknown;
    return symbol_local(local, type == TYPE_I64);
}

static bool set_local(struct follower *f, uint32_t local, const struct symbol *value)
{
    uint32_t i = changed_index(f->it, local);
    if (i == ITERATION_LOCALS)
        return false;
    if (i == f->it->n_changed)
        f->it->n_changed++;
    f->it->changed[i] = (struct changed_local){local, *value};
    f->set[f->n_set++] = i;
    return true;
}

static bool push(struct follower *f, struct symbol s)
{
    if (f->sp == STACK_DEPTH)
        return false;
    f->stack[f->sp++] = s;
    return true;
}

static bool follow_access(struct follower *f)
{
    const struct instr *in = &f->body->instrs[f->position];
    const char *results = strchr(op_info(in->op)->signature, ':');
    bool is_store = results[1] == '\0';
    f->sp -= (uint32_t)(results - op_info(in->op)->signature);
    const struct symbol *address = &f->stack[f->sp];
    if (address->kind != SYMBOL_AFFINE || address->a.is_wide || in->memory != 0 ||
        f->it->n_met == ITERATION_ACCESSES)
        f->it->n_opaque++;
    else
        f->it->met[f->it->n_met++] =
            (struct met_access){f->position, address->a, in->imm.memarg.offset,
                                op_access_bytes(in->op), is_store};
    return is_store || push(f, symbol_unknown);
}

/* ---- Control flow in the body ---- */

static bool open_construct(struct follower *f, const struct instr *in)
{
    if (in->op == OP_If)
        f->sp--;
    if (in->imm.block.type != NO_INDEX || f->depth == MAX_NESTING)
        return false;
    f->constructs[f->depth++] = (struct construct){
        .position = f->position,
        .height = f->sp,
        .n_set = f->n_set,
        .has_result = in->imm.block.result != 0,
        .is_left = in->op == OP_If && in->imm.block.else_or_end == in->imm.block.end};
    return true;
}

/* What was set since the construct began may or may not have been, from here on. */
static void join(struct follower *f)
{
    struct construct *c = &f->constructs[f->depth - 1];
    for (uint32_t i = c->n_set; i < f->n_set; i++)
        f->it->changed[f->set[i]].value = symbol_unknown;
    f->sp = c->height;
    c->is_left = c->is_left || !f->is_dead;
    f->is_dead = false;
}

/* Moves before the else or end that dead code lasts to. */
static bool skip_dead_code(struct follower *f)
{
    if (f->depth == 0)
        return false;
    f->is_dead = true;
    for (;;) {
        const struct instr *next = &f->body->instrs[f->position + 1];
        if (next->op == OP_End || next->op == OP_Else)
            return true;
        if (op_opens_block(next->op))
            f->position = next->imm.block.end;
        else
            f->position++;
    }
}

static bool close_construct(struct follower *f)
{
    join(f);
    const struct construct *c = &f->constructs[--f->depth];
    if (!c->is_left)
        return skip_dead_code(f);
    return !c->has_result || push(f, symbol_unknown);
}

/* Follows a br_if that skips a way out, up to the end where that is. If nothing else
 * leads there, each iteration passes the test, and what was set before is known. */
static bool follow_way_out(struct follower *f, uint32_t end)
{
    struct construct *c = &f->constructs[f->depth - 1];
    f->sp--;
    f->it->n_exits++;
    if (f->depth > 1 || c->is_left || c->has_result) {
        c->is_left = true;
        f->is_dead = true;
        f->position = end - 1;
        return true;
    }
    f->it->exit_test = f->stack[f->sp];
    f->it->exit_position = f->position;
    f->it->exit_end = end;
    f->sp = c->height;
    f->depth--;
    f->position = end;
    return true;
}

/* Branches may lead to constructs in the body or out of the loop, not back. */
static bool follow_branches(struct follower *f, const struct instr *in)
{
    uint32_t n = 1;
    const uint32_t *depths = &in->imm.index;
    uint32_t way_out = f->depth == 0
                           ? 0
                           : way_out_end(f->body, f->position,
                                         f->constructs[f->depth - 1].position, f->depth);
    if (way_out)
        return follow_way_out(f, way_out);
    if (in->op == OP_BrTable) {
        n = in->imm.br_table.n_labels + 1;
        depths = in->imm.br_table.labels;
    }
    if (in->op != OP_Br)
        f->sp--;
    if (in->op == OP_BrIf && f->depth == 0) {
        f->it->exit_test = symbol_negated(&f->stack[f->sp]);
        f->it->exit_position = f->position;
        f->it->exit_end = f->position + 1;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (depths[i] == f->depth && f->is_iteration)
            return false;
        if (depths[i] >= f->depth)
            f->it->n_exits++;
        else
            f->constructs[f->depth - 1 - depths[i]].is_left = true;
    }
    return in->op == OP_BrIf || skip_dead_code(f);
}

/* Pops and pushes what the signature says, all unknown but for what symbol_binary()
 * knows. */
static bool follow_numeric(struct follower *f, const struct instr *in)
{
    const char *signature = op_info(in->op)->signature;
    if (!signature)
        return false;
    uint32_t n_operands = (uint32_t)(strchr(signature, ':') - signature);
    struct symbol result = symbol_unknown;
    const struct symbol *operands = &f->stack[f->sp - n_operands];
    if (n_operands == 2)
        result = symbol_binary(in->op, &operands[0], &operands[1]);
    if (in->op == OP_I32Eqz || in->op == OP_I64Eqz)
        result = symbol_negated(&operands[0]);
    if (in->op == OP_I32WrapI64)
        result = symbol_wrapped(&operands[0]);
    f->sp -= n_operands;
    return signature[n_operands + 1] == '\0' || push(f, result);
}

/* Callees see none of the locals, and what they access is unknown. */
static bool follow_call(struct follower *f, uint32_t callee)
{
    const struct func_type *type = module_func_type(f->callees->module, callee);
    uint32_t n_instrs = f->callees->n_brief[callee];
    if (n_instrs == 0)
        return false;
    f->it->n_called += n_instrs;
    f->n_followed += n_instrs;
    f->sp -= type->n_params;
    for (uint32_t i = 0; i < type->n_results; i++)
        if (!push(f, symbol_unknown))
            return false;
    return true;
}

static bool follow_instr(struct follower *f)
{
    const struct instr *in = &f->body->instrs[f->position];
    if (op_info(in->op)->immediate == IMM_MEMARG)
        return follow_access(f);
    switch (in->op) {
    case OP_Block:
    case OP_If:
        return open_construct(f, in);
    case OP_Else:
        join(f);
        return true;
    case OP_End:
        return close_construct(f);
    case OP_Br:
    case OP_BrIf:
    case OP_BrTable:
        return follow_branches(f, in);
    case OP_Return:
        f->it->n_exits++;
        return skip_dead_code(f);
    case OP_Unreachable:
        return skip_dead_code(f);
    case OP_Call:
        return follow_call(f, in->imm.index);
    case OP_LocalGet:
        return push(f, get_local(f, in->imm.index));
    case OP_LocalSet:
        return set_local(f, in->imm.index, &f->stack[--f->sp]);
    case OP_LocalTee:
        return set_local(f, in->imm.index, &f->stack[f->sp - 1]);
    case OP_I32Const:
        return push(f, symbol_constant(in->imm.i32, false));
    case OP_I64Const:
        return push(f, symbol_constant(in->imm.i64, true));
    case OP_GlobalGet:
        return push(f, symbol_unknown);
    case OP_GlobalSet:
    case OP_Drop:
        f->sp--;
        return true;
    case OP_Select:
    case OP_SelectT:
        f->sp -= 3;
        return push(f, symbol_unknown);
    default:
        return follow_numeric(f, in);
    }
}

static bool follow(struct iteration *it, const struct callees *callees,
                   const struct body *body, uint32_t from, uint32_t to, bool is_iteration)
{
    struct follower f = {
        .it = it, .callees = callees, .body = body, .is_iteration = is_iteration};
    it->n_changed = it->n_met = it->n_opaque = it->n_exits = it->n_called = 0;
    it->exit_position = it->exit_end = 0;
    for (f.position = from; f.position < to; f.position++)
        if (f.n_followed++ >= ITERATION_INSTRS || !follow_instr(&f))
            return false;
    it->n_operands = f.sp;
    it->operand = f.stack[0];
    return f.depth == 0;
}

bool follow_iteration(struct iteration *it, const struct callees *callees,
                      const struct body *body, uint32_t from, uint32_t to)
{
    return follow(it, callees, body, from, to, true);
}

bool follow_way_to(struct iteration *it, const struct callees *callees,
                   const struct body *body, uint32_t from, uint32_t to)
{
    return follow(it, callees, body, from, to, false);
}
