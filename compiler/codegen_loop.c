/* Counted innermost loops, in up to three versions.
 *
 * The addresses of Wasm are 32 bits wide and may wrap, which hides from LLVM that
 * neighbouring iterations touch neighbouring bytes, and all accesses may alias. Before
 * the loop, once, is therefore tested that no address wraps or lies out of bounds in any
 * iteration; then the loop runs with 64-bit pointers that step by constants and a
 * canonical counter. If moreover the groups of accesses touch disjoint ranges, it runs in
 * a version that says so. Otherwise the loop runs as it is, and traps where it must.
 *
 * With checkpoints, loops where pointers would not pay have versions, too: so many
 * iterations as need no poll run without one, as they are; more run in chunks. */
#include <assert.h>
#include <llvm-c/DebugInfo.h>
#include <stdio.h>
#include <string.h>

#include "compiler/codegen_checkpoint.h"
#include "compiler/codegen_trip.h"
#include "compiler/loops.h"
#include "runtime/abi.h"

/* Loops known to have fewer iterations are left to LLVM, which unrolls them completely.
 * In a longer body, in instructions, what counts fuel does not show. */
enum { SHORTEST_TRIP = 8, LONGEST_PLAIN = 256 };

struct iterations {
    LLVMValueRef start, end; /* 64-bit integers; there is at least one between them */
};

struct fast_loop {
    const struct loop_plan *plan;
    LLVMValueRef
        bases[LOOP_GROUPS]; /* addresses in the first iteration, as 64-bit integers */
    LLVMValueRef
        lows[LOOP_GROUPS]; /* lowest and highest (exclusive) byte touched in any */
    LLVMValueRef highs[LOOP_GROUPS];
    LLVMValueRef pointers[LOOP_GROUPS];
    LLVMValueRef offsets[LOOP_GROUPS];   /* of the iteration in work */
    LLVMMetadataRef scopes[LOOP_GROUPS]; /* NULL in the version without no-alias facts */
};

/* The range a group touches, and whether it lies within the memory. */
static LLVMValueRef group_fits(struct fn_gen *f, struct fast_loop *fast, uint32_t i,
                               LLVMValueRef last, LLVMValueRef memory_bytes)
{
    struct mod_gen *g = f->g;
    const struct loop_group *group = &fast->plan->groups[i];
    LLVMValueRef base = LLVMBuildZExt(f->b, gen_affine(f, &group->base), g->i64, "");
    LLVMValueRef way =
        LLVMBuildMul(f->b, last, gen_i64(g, (uint64_t)(int64_t)group->step), "");
    LLVMValueRef final = LLVMBuildAdd(f->b, base, way, "");
    LLVMValueRef first_byte = group->step < 0 ? final : base;
    LLVMValueRef last_base = group->step < 0 ? base : final;
    fast->bases[i] = base;
    fast->lows[i] = first_byte;
    fast->highs[i] = LLVMBuildAdd(f->b, last_base, gen_i64(g, group->end), "");
    LLVMValueRef fits = LLVMBuildICmp(f->b, LLVMIntSLE, fast->highs[i], memory_bytes, "");
    if (group->step < 0)
        fits = LLVMBuildAnd(
            f->b, fits, LLVMBuildICmp(f->b, LLVMIntSGE, first_byte, gen_i64(g, 0), ""),
            "");
    return fits;
}

static bool may_conflict(const struct loop_plan *plan, uint32_t i, uint32_t k)
{
    return i != k && (plan->groups[i].has_store || plan->groups[k].has_store);
}

static bool may_meet(const struct loop_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_groups; i++)
        for (uint32_t k = 0; k < i; k++)
            if (may_conflict(plan, i, k))
                return true;
    return false;
}

/* Of groups of which some may meet. */
static LLVMValueRef groups_are_disjoint(struct fn_gen *f, const struct fast_loop *fast)
{
    LLVMValueRef disjoint = NULL;
    for (uint32_t i = 0; i < fast->plan->n_groups; i++)
        for (uint32_t k = 0; k < i; k++) {
            if (!may_conflict(fast->plan, i, k))
                continue;
            LLVMValueRef below =
                LLVMBuildICmp(f->b, LLVMIntSLE, fast->highs[i], fast->lows[k], "");
            LLVMValueRef above =
                LLVMBuildICmp(f->b, LLVMIntSLE, fast->highs[k], fast->lows[i], "");
            disjoint = gen_both(f, disjoint, LLVMBuildOr(f->b, below, above, ""));
        }
    return disjoint;
}

static LLVMMetadataRef named_node(struct mod_gen *g, const char *name,
                                  LLVMMetadataRef parent)
{
    LLVMMetadataRef operands[] = {LLVMMDStringInContext2(g->context, name, strlen(name)),
                                  parent};
    return LLVMMDNodeInContext2(g->context, operands, parent ? 2 : 1);
}

/* One alias scope per group, numbered, so that none is shared. They are declared before
 * the loop: where LLVM copies both, as it unrolls a loop around this one, it makes new
 * scopes, for the facts of one run do not hold between two runs. */
static void make_scopes(struct fn_gen *f, struct fast_loop *fast)
{
    struct mod_gen *g = f->g;
    if (!g->scope_domain)
        g->scope_domain = named_node(g, "loops", NULL);
    for (uint32_t i = 0; i < fast->plan->n_groups; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", g->n_scopes++);
        fast->scopes[i] = named_node(g, name, g->scope_domain);
        LLVMMetadataRef list = LLVMMDNodeInContext2(g->context, &fast->scopes[i], 1);
        LLVMValueRef declared = LLVMMetadataAsValue(g->context, list);
        gen_intrinsic(g, f->b, INTRINSIC_SCOPE_DECL, NULL, 0, &declared, 1);
    }
}

static const struct loop_access *access_at(const struct loop_plan *plan,
                                           uint32_t position)
{
    for (uint32_t i = 0; i < plan->n_accesses; i++)
        if (plan->accesses[i].position == position)
            return &plan->accesses[i];
    return NULL;
}

LLVMValueRef gen_fast_address(struct fn_gen *f)
{
    const struct loop_access *access = access_at(f->fast->plan, f->position);
    if (!access)
        return NULL;
    LLVMValueRef offset = f->fast->offsets[access->group];
    LLVMValueRef pointer = LLVMBuildInBoundsGEP2(
        f->b, f->g->i8, f->fast->pointers[access->group], &offset, 1, "");
    return gen_offset(f->g, f->b, pointer, access->offset);
}

void gen_fast_metadata(struct fn_gen *f, LLVMValueRef access)
{
    struct mod_gen *g = f->g;
    const struct fast_loop *fast = f->fast;
    const struct loop_access *planned = access_at(fast->plan, f->position);
    LLVMMetadataRef others[LOOP_GROUPS];
    uint32_t n = 0;
    if (!planned || !fast->scopes[0])
        return;
    uint32_t own = planned->group;
    for (uint32_t i = 0; i < fast->plan->n_groups; i++)
        if (may_conflict(fast->plan, own, i))
            others[n++] = fast->scopes[i];
    LLVMMetadataRef own_scope = fast->scopes[own];
    LLVMMetadataRef scope = LLVMMDNodeInContext2(g->context, &own_scope, 1);
    LLVMSetMetadata(access, g->alias_scope_kind, LLVMMetadataAsValue(g->context, scope));
    if (n > 0) {
        LLVMMetadataRef list = LLVMMDNodeInContext2(g->context, others, n);
        LLVMSetMetadata(access, g->noalias_kind, LLVMMetadataAsValue(g->context, list));
    }
}

/* The loop with pointers instead of addresses; goes to next when it has run the
 * iterations from one to another, the end. */
static void gen_fast_version(struct fn_gen *f, struct fast_loop *fast,
                             uint32_t loop_position, struct iterations run,
                             LLVMBasicBlockRef next)
{
    struct mod_gen *g = f->g;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(f->b);
    LLVMBasicBlockRef head = gen_new_block(f, "fast");
    for (uint32_t i = 0; i < fast->plan->n_groups; i++)
        fast->pointers[i] =
            LLVMBuildInBoundsGEP2(f->b, g->i8, f->memory_base, &fast->bases[i], 1, "");
    LLVMBuildBr(f->b, head);
    LLVMPositionBuilderAtEnd(f->b, head);
    LLVMValueRef iteration = LLVMBuildPhi(f->b, g->i64, "");
    for (uint32_t i = 0; i < fast->plan->n_groups; i++)
        fast->offsets[i] = LLVMBuildNSWMul(
            f->b, iteration, gen_i64(g, (uint64_t)(int64_t)fast->plan->groups[i].step),
            "");
    uint32_t position = f->position;
    f->fast = fast;
    gen_range(f, loop_position + 1, fast->plan->test_position);
    gen_pop(f); /* the test; the counter decides */
    gen_range(f, fast->plan->test_end, fast->plan->back_position);
    f->fast = NULL;
    f->position = position;
    LLVMValueRef following = LLVMBuildNUWAdd(f->b, iteration, gen_i64(g, 1), "");
    LLVMSetNSW(following, true);
    LLVMValueRef goes_on = LLVMBuildICmp(f->b, LLVMIntNE, following, run.end, "");
    LLVMValueRef values[] = {run.start, following};
    LLVMBasicBlockRef blocks[] = {before, LLVMGetInsertBlock(f->b)};
    LLVMAddIncoming(iteration, values, blocks, 2);
    LLVMBuildCondBr(f->b, goes_on, head, next);
}

static LLVMValueRef lag_holds(struct fn_gen *f, const struct loop_lag *lag)
{
    LLVMTypeRef type = gen_type(f->g, f->body.locals[lag->local]);
    LLVMValueRef local = gen_integer_local(f, lag->local, type);
    LLVMValueRef leader = gen_integer_local(f, lag->leader, type);
    LLVMValueRef expected =
        LLVMBuildAdd(f->b, leader, LLVMConstInt(type, lag->difference, false), "");
    return LLVMBuildICmp(f->b, LLVMIntEQ, local, expected, "");
}

/* Tests that the fast versions are right; the count of iterations goes to *trip. */
static LLVMValueRef gen_guard(struct fn_gen *f, struct fast_loop *fast,
                              LLVMValueRef *trip)
{
    struct mod_gen *g = f->g;
    const struct loop_plan *plan = fast->plan;
    LLVMValueRef ok = NULL;
    *trip = gen_trip(f, plan, &ok);
    if (plan->is_tested_inside) { /* the fast versions leave the last part of it */
        *trip = LLVMBuildSub(f->b, *trip, gen_i64(g, 1), "");
        LLVMValueRef is_any = LLVMBuildICmp(f->b, LLVMIntNE, *trip, gen_i64(g, 0), "");
        ok = gen_both(f, ok, is_any);
    }
    for (uint32_t i = 0; i < plan->n_lags; i++)
        ok = gen_both(f, ok, lag_holds(f, &plan->lags[i]));
    if (plan->n_groups == 0)
        return ok;
    LLVMValueRef last = LLVMBuildSub(f->b, *trip, gen_i64(g, 1), "");
    if (plan->value.is_wide) /* the ranges are computed without wrapping */
        ok = gen_both(f, ok, gen_is_between(f, 0, last, INT64_C(1) << 32));
    LLVMValueRef memory_bytes =
        gen_load_field(g, f->b, g->i64, gen_memory(f, 0),
                       offsetof(struct rt_memory, n_bytes), REGION_INSTANCE, false);
    for (uint32_t i = 0; i < plan->n_groups; i++)
        ok = gen_both(f, ok, group_fits(f, fast, i, last, memory_bytes));
    return ok;
}

static bool is_short(LLVMValueRef trip)
{
    return LLVMIsAConstantInt(trip) && LLVMConstIntGetZExtValue(trip) < SHORTEST_TRIP;
}

/* Goes elsewhere if groups of accesses meet. False, and nothing done, if none can. */
static bool leave_if_they_meet(struct fn_gen *f, const struct fast_loop *fast,
                               LLVMBasicBlockRef elsewhere)
{
    if (!may_meet(fast->plan))
        return false;
    LLVMBasicBlockRef apart = gen_new_block(f, "");
    LLVMBuildCondBr(f->b, groups_are_disjoint(f, fast), apart, elsewhere);
    LLVMPositionBuilderAtEnd(f->b, apart);
    return true;
}

/* All iterations at once; then goes to next. */
static void gen_at_once(struct fn_gen *f, struct fast_loop *fast, uint32_t loop_position,
                        LLVMValueRef trip, LLVMBasicBlockRef next, bool is_disjoint)
{
    if (is_disjoint)
        make_scopes(f, fast);
    struct iterations all = {gen_i64(f->g, 0), trip};
    gen_fast_version(f, fast, loop_position, all, next);
}

/* All iterations in chunks, with a poll between any two. */
static void gen_chunks(struct fn_gen *f, struct fast_loop *fast, uint32_t loop_position,
                       const struct point *point, LLVMValueRef trip,
                       LLVMBasicBlockRef next, bool is_disjoint)
{
    struct mod_gen *g = f->g;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(f->b);
    LLVMBasicBlockRef head = gen_new_block(f, "chunk"), done = gen_new_block(f, "");
    LLVMBasicBlockRef rest = gen_new_block(f, "");
    LLVMBuildBr(f->b, head);
    LLVMPositionBuilderAtEnd(f->b, head);
    LLVMValueRef start = LLVMBuildPhi(f->b, g->i64, "");
    LLVMValueRef chunk = gen_i64(g, gen_chunk(f, fast->plan->n_instrs));
    LLVMValueRef end = LLVMBuildNUWAdd(f->b, start, chunk, "");
    LLVMValueRef is_last = LLVMBuildICmp(f->b, LLVMIntULE, trip, end, "");
    end = LLVMBuildSelect(f->b, is_last, trip, end, "");
    if (is_disjoint)
        make_scopes(f, fast);
    gen_fast_version(f, fast, loop_position, (struct iterations){start, end}, done);
    LLVMPositionBuilderAtEnd(f->b, done);
    LLVMBuildCondBr(f->b, LLVMBuildICmp(f->b, LLVMIntEQ, end, trip, ""), next, rest);
    LLVMPositionBuilderAtEnd(f->b, rest);
    gen_poll(f, point);
    LLVMValueRef starts[] = {gen_i64(g, 0), end};
    LLVMBasicBlockRef blocks[] = {before, LLVMGetInsertBlock(f->b)};
    LLVMAddIncoming(start, starts, blocks, 2);
    LLVMBuildBr(f->b, head);
}

/* Where groups that meet are accessed, NULL if none can: with polls in chunks, however
 * few iterations there are, lest there be a version more. */
static LLVMBasicBlockRef gen_meeting(struct fn_gen *f, struct fast_loop *fast,
                                     uint32_t loop_position, const struct point *point,
                                     LLVMValueRef trip, LLVMBasicBlockRef next)
{
    if (!may_meet(fast->plan))
        return NULL;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b), meeting = gen_new_block(f, "");
    LLVMPositionBuilderAtEnd(f->b, meeting);
    if (point)
        gen_chunks(f, fast, loop_position, point, trip, next, false);
    else
        gen_at_once(f, fast, loop_position, trip, next, false);
    LLVMPositionBuilderAtEnd(f->b, here);
    return meeting;
}

/* The loop as it is, but for polls. */
static void gen_plain_version(struct fn_gen *f, uint32_t loop_position,
                              LLVMBasicBlockRef next)
{
    uint32_t own = f->n_labels - 1, position = f->position;
    LLVMBasicBlockRef target = f->labels[own].target;
    LLVMBasicBlockRef head = gen_new_block(f, "plain");
    f->labels[own].target = head;
    LLVMBuildBr(f->b, head);
    LLVMPositionBuilderAtEnd(f->b, head);
    gen_range(f, loop_position + 1, f->body.instrs[loop_position].imm.block.end);
    if (!f->is_dead)
        LLVMBuildBr(f->b, next);
    f->labels[own].target = target;
    f->is_dead = false;
    f->position = position;
}

/* The instructions that follow the way back: where the fast versions go when they are
 * done. */
static LLVMBasicBlockRef gen_tail(struct fn_gen *f, uint32_t from, LLVMBasicBlockRef next)
{
    uint32_t position = f->position, end = f->body.instrs[position].imm.block.end;
    if (from == end)
        return next;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(f->b), tail = gen_new_block(f, "");
    LLVMPositionBuilderAtEnd(f->b, tail);
    gen_range(f, from, end);
    assert(f->is_dead); /* they are a branch */
    f->is_dead = false;
    f->position = position;
    LLVMPositionBuilderAtEnd(f->b, here);
    return tail;
}

/* Whether versions without pointers pay: only where polls are, and not in the bodies that
 * resume, which are large as it is. */
static bool is_worth_plain(const struct fn_gen *f, const struct loop_plan *plan,
                           uint32_t loop_position, const struct point *point)
{
    return point && !f->resume && plan->back_position - loop_position <= LONGEST_PLAIN;
}

bool gen_fast_versions(struct fn_gen *f, uint32_t loop_position, LLVMBasicBlockRef next)
{
    struct loop_plan plan;
    struct callees callees = {f->g->m, f->g->options->n_brief};
    if (!f->g->options->has_optimizer ||
        !plan_loop(&plan, &callees, &f->body, loop_position))
        return false;
    const struct point *point = gen_poll_point(f, RT_POINT_LOOP);
    if (plan.n_accesses == 0 && !is_worth_plain(f, &plan, loop_position, point))
        return false;
    struct fast_loop fast = {.plan = &plan};
    LLVMValueRef trip;
    LLVMValueRef ok = gen_guard(f, &fast, &trip);
    if (is_short(trip))
        return false;
    LLVMBasicBlockRef slow = gen_new_block(f, "slow"), fits = gen_new_block(f, "");
    LLVMBasicBlockRef done = slow;
    if (!plan.is_tested_inside)
        done = gen_tail(f, plan.back_position + 1, next);
    if (ok)
        LLVMBuildCondBr(f->b, ok, fits, slow);
    else
        LLVMBuildBr(f->b, fits);
    LLVMPositionBuilderAtEnd(f->b, fits);
    if (point && gen_is_rest(f)) { /* chunks do, however few iterations are left */
        bool is_disjoint = leave_if_they_meet(f, &fast, slow);
        gen_chunks(f, &fast, loop_position, point, trip, done, is_disjoint);
        LLVMPositionBuilderAtEnd(f->b, slow);
        return true;
    }
    LLVMBasicBlockRef many = NULL;
    LLVMBasicBlockRef meeting = gen_meeting(f, &fast, loop_position, point, trip, done);
    bool is_disjoint = leave_if_they_meet(f, &fast, meeting);
    if (point) {
        LLVMBasicBlockRef few = gen_new_block(f, "");
        LLVMValueRef most = gen_i64(f->g, gen_chunk(f, plan.n_instrs));
        many = gen_new_block(f, "many");
        gen_rare_branch(f, LLVMBuildICmp(f->b, LLVMIntUGT, trip, most, ""), many, few);
        LLVMPositionBuilderAtEnd(f->b, few);
    }
    if (plan.n_accesses > 0)
        gen_at_once(f, &fast, loop_position, trip, done, is_disjoint);
    else
        gen_plain_version(f, loop_position, next);
    if (many) {
        LLVMPositionBuilderAtEnd(f->b, many);
        gen_chunks(f, &fast, loop_position, point, trip, done, is_disjoint);
    }
    LLVMPositionBuilderAtEnd(f->b, slow);
    return true;
}

/* The slow version runs rarely: keep it small. */
void gen_slow_metadata(struct fn_gen *f, LLVMValueRef back_edge)
{
    static const struct {
        const char *name;
        int value; /* -1: none */
    } hints[] = {{"llvm.loop.vectorize.width", 1},
                 {"llvm.loop.interleave.count", 1},
                 {"llvm.loop.unroll.disable", -1}};
    enum { N_HINTS = sizeof hints / sizeof hints[0] };
    struct mod_gen *g = f->g;
    LLVMMetadataRef operands[N_HINTS + 1];
    operands[0] = LLVMTemporaryMDNode(g->context, NULL, 0); /* becomes the node itself */
    for (int i = 0; i < N_HINTS; i++) {
        LLVMMetadataRef hint[2] = {
            LLVMMDStringInContext2(g->context, hints[i].name, strlen(hints[i].name))};
        if (hints[i].value >= 0)
            hint[1] = LLVMValueAsMetadata(gen_i32(g, (uint32_t)hints[i].value));
        operands[i + 1] =
            LLVMMDNodeInContext2(g->context, hint, hints[i].value >= 0 ? 2 : 1);
    }
    LLVMMetadataRef node = LLVMMDNodeInContext2(g->context, operands, N_HINTS + 1);
    LLVMMetadataReplaceAllUsesWith(operands[0], node);
    LLVMSetMetadata(back_edge, g->loop_kind, LLVMMetadataAsValue(g->context, node));
}
