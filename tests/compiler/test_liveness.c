#include "compiler/liveness.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/arena.h"
#include "tests/compiler/random.h"

/* The body under test, made by hand: liveness looks at nothing but control and locals. */
enum { MAX_INSTRS = 1 << 19 };

static struct instr *instrs;
static struct body body;
static uint32_t *open_blocks;
static uint32_t n_open;
static struct arena arena;

static void begin(uint32_t n_locals)
{
    if (!instrs) {
        instrs = calloc(MAX_INSTRS, sizeof *instrs);
        open_blocks = calloc(MAX_INSTRS, sizeof *open_blocks);
    }
    arena_reset(&arena);
    body = (struct body){.instrs = instrs, .n_locals = n_locals};
    n_open = 0;
}

/* Returns the position. */
static uint32_t put(enum opcode op, uint32_t index)
{
    cr_assert(body.n_instrs < MAX_INSTRS);
    instrs[body.n_instrs] = (struct instr){.op = (uint16_t)op, .imm.index = index};
    return body.n_instrs++;
}

static uint32_t open(enum opcode op)
{
    uint32_t position = put(op, 0);
    instrs[position].imm.block.else_or_end = 0;
    open_blocks[n_open++] = position;
    return position;
}

static uint32_t put_else(void)
{
    instrs[open_blocks[n_open - 1]].imm.block.else_or_end = body.n_instrs;
    return put(OP_Else, 0);
}

/* The end of the innermost block, or of the body. */
static uint32_t end(void)
{
    uint32_t position = put(OP_End, 0);
    if (n_open == 0)
        return position;
    struct instr *block = &instrs[open_blocks[--n_open]];
    block->imm.block.end = position;
    if (block->imm.block.else_or_end == 0)
        block->imm.block.else_or_end = position;
    return position;
}

static uint32_t put_br_table(uint32_t *labels, uint32_t n_labels)
{
    uint32_t position = put(OP_BrTable, 0);
    instrs[position].imm.br_table.labels = labels;
    instrs[position].imm.br_table.n_labels = n_labels;
    return position;
}

static void put_clause(enum opcode op, uint32_t tag, uint32_t label)
{
    uint32_t position = put(op, 0);
    instrs[position].imm.handler.tag = tag;
    instrs[position].imm.handler.label = label;
}

/* Where the innermost block, a try, notes its next handler. */
static uint32_t *next_handler(void)
{
    uint32_t *next = &instrs[open_blocks[n_open - 1]].imm.block.else_or_end;
    while (*next != 0)
        next = &instrs[*next].imm.handler.next;
    return next;
}

static void put_catch(uint32_t tag)
{
    uint32_t *next = next_handler();
    *next = put(tag == NO_INDEX ? OP_CatchAll : OP_Catch, 0);
    instrs[*next].imm.handler.tag = tag;
    instrs[*next].imm.handler.next = 0;
}

/* The end of the innermost block, a try without delegate. */
static void end_try(void)
{
    *next_handler() = body.n_instrs;
    end();
}

static struct live_locals live_at(uint32_t position)
{
    return *find_live_locals(&body, &position, 1, &arena);
}

/* Whether these, of the locals below 32, and no others are live. */
static bool is_live(uint32_t position, uint32_t expected)
{
    struct live_locals live = live_at(position);
    uint32_t bits = 0;
    for (uint32_t i = 0; i < live.n; i++)
        bits |= UINT32_C(1) << live.locals[i];
    return bits == expected;
}

Test(liveness, reading_makes_live_and_writing_kills)
{
    begin(3);
    uint32_t a = put(OP_Nop, 0);
    put(OP_LocalGet, 0);
    put(OP_LocalTee, 1);
    put(OP_LocalSet, 2);
    uint32_t b = put(OP_Nop, 0);
    put(OP_LocalGet, 2);
    put(OP_LocalGet, 1);
    uint32_t c = end();
    cr_expect(is_live(a, 1));
    cr_expect(is_live(b, 6));
    cr_expect(is_live(c, 0));
}

Test(liveness, several_positions_at_once)
{
    begin(2);
    uint32_t positions[4];
    positions[0] = put(OP_Nop, 0);
    positions[1] = put(OP_Nop, 0);
    put(OP_LocalGet, 1);
    positions[2] = positions[3] = put(OP_Nop, 0);
    end();
    const struct live_locals *live = find_live_locals(&body, positions, 4, &arena);
    cr_assert_eq(live[0].n, 1);
    cr_expect_eq(live[0].locals, live[1].locals, "neighbours share a list");
    cr_expect_eq(live[2].n, 0);
    cr_expect_eq(live[3].n, 0);
}

Test(liveness, both_arms_of_an_if_count)
{
    begin(4);
    uint32_t a = open(OP_If);
    put(OP_LocalGet, 0);
    put(OP_LocalSet, 2);
    uint32_t b = put_else();
    put(OP_LocalGet, 1);
    put(OP_LocalSet, 3);
    end();
    put(OP_LocalGet, 2);
    put(OP_LocalGet, 3);
    end();
    cr_expect(is_live(a, 15));
    cr_expect(is_live(b, 12), "what the first arm leaves");
}

Test(liveness, an_if_without_else_may_be_skipped)
{
    begin(1);
    uint32_t a = open(OP_If);
    put(OP_LocalSet, 0);
    end();
    put(OP_LocalGet, 0);
    end();
    cr_expect(is_live(a, 1));
}

Test(liveness, branches_go_to_ends_and_heads)
{
    begin(4);
    open(OP_Block);
    open(OP_Block);
    uint32_t a = put(OP_BrIf, 1);
    uint32_t b = put(OP_Br, 0);
    put(OP_LocalGet, 3); /* dead */
    end();
    put(OP_LocalGet, 0);
    uint32_t c = put(OP_Return, 0);
    put(OP_LocalGet, 3);
    end();
    put(OP_LocalGet, 1);
    uint32_t d = put(OP_Br, 0);
    put(OP_LocalGet, 3);
    end();
    cr_expect(is_live(a, 3));
    cr_expect(is_live(b, 1));
    cr_expect(is_live(c, 0));
    cr_expect(is_live(d, 0), "a branch that ends the function");
}

Test(liveness, nothing_is_live_before_unreachable)
{
    begin(1);
    uint32_t a = put(OP_Unreachable, 0);
    put(OP_LocalGet, 0);
    end();
    cr_expect(is_live(a, 0));
}

Test(liveness, nothing_is_live_behind_a_tail_call)
{
    begin(1);
    uint32_t a = put(OP_ReturnCall, 0);
    put(OP_LocalGet, 0);
    end();
    cr_expect(is_live(a, 0));
}

Test(liveness, br_table_goes_to_all_its_labels)
{
    begin(4);
    static uint32_t labels[] = {0, 0, 2, 1, 3};
    open(OP_Block);
    open(OP_Block);
    open(OP_Loop);
    put(OP_LocalGet, 2);
    uint32_t a = put_br_table(labels, 4);
    end();
    end();
    put(OP_LocalGet, 0);
    put(OP_Return, 0);
    end();
    put(OP_LocalGet, 1);
    end();
    cr_expect(is_live(a, 7));
    static uint32_t default_only[] = {1};
    begin(2);
    open(OP_Block);
    open(OP_Block);
    a = put_br_table(default_only, 0);
    end();
    put(OP_LocalGet, 0);
    end();
    put(OP_LocalGet, 1);
    end();
    cr_expect(is_live(a, 2));
}

Test(liveness, a_local_can_be_live_around_the_back_edge_only)
{
    begin(3);
    uint32_t a = put(OP_Nop, 0);
    uint32_t loop = open(OP_Loop);
    put(OP_LocalGet, 0);
    put(OP_LocalSet, 1);
    uint32_t b = put(OP_Nop, 0);
    put(OP_LocalGet, 1);
    put(OP_BrIf, 0);
    uint32_t c = put(OP_Nop, 0);
    end();
    put(OP_LocalGet, 2);
    end();
    cr_expect(is_live(a, 5));
    cr_expect(is_live(loop, 5));
    cr_expect(is_live(b, 7));
    cr_expect(is_live(c, 4));
}

Test(liveness, what_an_outer_loop_needs_is_live_in_the_inner)
{
    begin(3);
    uint32_t outer = open(OP_Loop);
    put(OP_LocalGet, 0);
    uint32_t inner = open(OP_Loop);
    put(OP_LocalGet, 1);
    uint32_t a = put(OP_BrIf, 0);
    put(OP_BrIf, 1);
    end();
    put(OP_LocalSet, 0);
    end();
    end();
    cr_expect(is_live(outer, 3));
    cr_expect(is_live(inner, 3));
    cr_expect(is_live(a, 3));
}

/* ---- Random bodies, against data flow over single instructions ---- */

static uint32_t random_labels[1 << 14];
static uint32_t n_random_labels;

static void put_random(uint32_t n_instrs, int depth);

/* The rest of a try whose body is there. */
static void put_random_handlers(int depth)
{
    if (random_below(4) == 0) {
        put(OP_Delegate, random_below(n_open));
        end();
        return;
    }
    uint32_t n = random_below(4);
    for (uint32_t i = 0; i < n; i++) {
        put_catch(i == 2 ? NO_INDEX : 0);
        put_random(random_below(7), depth);
    }
    end_try();
}

static void put_random_try(int depth)
{
    static const enum opcode clauses[] = {OP_ClauseCatch, OP_ClauseCatchRef,
                                          OP_ClauseCatchAll, OP_ClauseCatchAllRef};
    if (random_below(2)) {
        open(OP_Try);
        put_random(random_below(7), depth);
        put_random_handlers(depth);
        return;
    }
    open(OP_TryTable);
    for (uint32_t n = random_below(4); n > 0; n--) {
        uint32_t kind = random_below(4);
        put_clause(clauses[kind], kind < 2 ? 0 : NO_INDEX, random_below(n_open));
    }
    put_random(random_below(7), depth);
    end();
}

static void put_random(uint32_t n_instrs, int depth)
{
    static const enum opcode plain[] = {OP_LocalGet, OP_LocalGet, OP_LocalSet,
                                        OP_LocalTee};
    static const enum opcode ends[] = {OP_Return, OP_Unreachable, OP_Throw, OP_Rethrow,
                                       OP_ReturnCall};
    static const enum opcode openers[] = {OP_Block, OP_Loop, OP_If};
    for (uint32_t i = 0; i < n_instrs; i++) {
        switch (random_below(8)) {
        case 0:
        case 1:
            if (depth == 0)
                break;
            uint32_t opener = open(openers[random_below(3)]);
            put_random(random_below(7), depth - 1);
            if (instrs[opener].op == OP_If && random_below(2)) {
                put_else();
                put_random(random_below(7), depth - 1);
            }
            end();
            break;
        case 2:
            put(random_below(5) ? OP_BrIf : OP_Br, random_below(n_open + 1));
            break;
        case 3:
            if (random_below(4))
                break;
            uint32_t n = random_below(4);
            put_br_table(&random_labels[n_random_labels], n);
            for (uint32_t k = 0; k <= n; k++)
                random_labels[n_random_labels++] = random_below(n_open + 1);
            break;
        case 4:
            if (random_below(6) == 0)
                put(ends[random_below(5)], 0);
            break;
        case 5:
            if (random_below(2))
                put(OP_Call, 0);
            else if (depth > 0)
                put_random_try(depth - 1);
            break;
        default:
            put(plain[random_below(4)], random_below(body.n_locals));
        }
    }
}

enum { WORDS = 2 };

static uint64_t (*expected)[WORDS];

/* What is live at a label, seen from a position. Needs open_blocks as it is there. */
static const uint64_t *at_label(uint32_t depth)
{
    if (depth >= n_open)
        return expected[body.n_instrs];
    uint32_t opener = open_blocks[n_open - 1 - depth];
    bool is_loop = instrs[opener].op == OP_Loop;
    return expected[is_loop ? opener : instrs[opener].imm.block.end];
}

static void unite(uint64_t *to, const uint64_t *from)
{
    for (int i = 0; i < WORDS; i++)
        to[i] |= from[i];
}

/* What is live where what is thrown within the outermost n blocks, at a position, goes.
 */
static void unite_thrown(uint64_t *live, uint32_t n, uint32_t position)
{
    bool goes_on = true;
    while (goes_on && n-- > 0) {
        const struct instr *block = &instrs[open_blocks[n]], *clause = block + 1;
        uint32_t part = block->imm.block.else_or_end, last = block->imm.block.end;
        for (; block->op == OP_TryTable && op_info(clause->op)->immediate == IMM_CLAUSE;
             clause++) {
            unite(live, at_label(n_open - n + clause->imm.handler.label));
            goes_on = goes_on && clause->imm.handler.tag != NO_INDEX;
        }
        if (block->op != OP_Try || position > part)
            continue;
        const struct instr *delegate = &instrs[last - 1];
        if (part == last && delegate->op == OP_Delegate)
            n = n > delegate->imm.index ? n - delegate->imm.index : 0;
        for (; part != last; part = instrs[part].imm.handler.next) {
            unite(live, expected[part + 1]);
            goes_on = goes_on && instrs[part].imm.handler.tag != NO_INDEX;
        }
    }
    if (goes_on)
        unite(live, expected[body.n_instrs]);
}

/* What is live before an instruction, by what is live before those after it. */
static void flow(uint32_t position, uint64_t *live)
{
    const struct instr *in = &instrs[position];
    bool begins_part = in->op == OP_Else || in->op == OP_Catch || in->op == OP_CatchAll;
    bool throws = in->op == OP_Throw || in->op == OP_Rethrow;
    bool goes_on = in->op != OP_Br && in->op != OP_BrTable && in->op != OP_Return &&
                   in->op != OP_Unreachable && in->op != OP_ReturnCall && !begins_part &&
                   !throws;
    if (goes_on)
        unite(live, expected[position + 1]);
    if (in->op == OP_Br || in->op == OP_BrIf)
        unite(live, at_label(in->imm.index));
    if (in->op == OP_BrTable)
        for (uint32_t i = 0; i <= in->imm.br_table.n_labels; i++)
            unite(live, at_label(in->imm.br_table.labels[i]));
    if (begins_part)
        unite(live, at_label(0));
    if (throws || in->op == OP_Call)
        unite_thrown(live, n_open, position);
    if (in->op == OP_If) {
        uint32_t other = in->imm.block.else_or_end;
        unite(live, expected[instrs[other].op == OP_Else ? other + 1 : other]);
    }
    uint64_t bit = UINT64_C(1) << in->imm.index % 64;
    if (in->op == OP_LocalSet || in->op == OP_LocalTee)
        live[in->imm.index / 64] &= ~bit;
    if (in->op == OP_LocalGet)
        live[in->imm.index / 64] |= bit;
}

/* One round over all instructions. Returns whether anything changed. */
static bool flow_all(void)
{
    bool has_changed = false;
    for (uint32_t i = 0; i < body.n_instrs; i++) {
        uint64_t live[WORDS] = {0};
        flow(i, live);
        has_changed = has_changed || memcmp(live, expected[i], sizeof live) != 0;
        memcpy(expected[i], live, sizeof live);
        if (op_opens_block(instrs[i].op))
            open_blocks[n_open++] = i;
        if (instrs[i].op == OP_End && n_open > 0)
            n_open--;
    }
    return has_changed;
}

Test(liveness, random_bodies_agree_with_data_flow)
{
    for (seed = 1; seed < 3000; seed++) {
        uint64_t first = seed;
        n_random_labels = 0;
        begin(1 + random_below(100));
        put_random(12, 5);
        end();
        expected = calloc(body.n_instrs + 1, sizeof *expected);
        while (flow_all()) {
        }
        uint32_t *positions = calloc(body.n_instrs, sizeof *positions);
        for (uint32_t i = 0; i < body.n_instrs; i++)
            positions[i] = i;
        const struct live_locals *live =
            find_live_locals(&body, positions, body.n_instrs, &arena);
        for (uint32_t i = 0; i < body.n_instrs; i++) {
            uint64_t found[WORDS] = {0};
            for (uint32_t k = 0; k < live[i].n; k++)
                found[live[i].locals[k] / 64] |= UINT64_C(1) << live[i].locals[k] % 64;
            cr_assert_arr_eq(found, expected[i], sizeof found, "seed %llu, position %u",
                             (unsigned long long)first, i);
        }
        free(expected);
        free(positions);
        seed = first;
    }
}

/* ---- Large bodies ---- */

Test(liveness, nesting_may_be_deep)
{
    static const enum opcode openers[] = {OP_Block, OP_Loop, OP_If};
    for (int kind = 0; kind < 3; kind++) {
        begin(2);
        for (int i = 0; i < 100000; i++)
            open(openers[kind]);
        uint32_t a = put(OP_LocalGet, 1);
        put(OP_BrIf, 99999);
        for (int i = 0; i < 100000; i++)
            end();
        put(OP_LocalGet, 0);
        end();
        cr_expect(is_live(a, 3));
        cr_expect(is_live(0, 3));
    }
}

/* A nest of loops in which each takes a round more than the one around it: local 0 is
 * needed at the end of the nest's innermost loop by the outermost only. */
Test(liveness, too_many_rounds_end_with_every_local_live)
{
    for (uint32_t depth = 3; depth <= 100; depth += 97) {
        begin(4);
        put(OP_LocalSet, 0);
        uint32_t outermost = open(OP_Loop);
        put(OP_LocalGet, 0);
        for (uint32_t i = 1; i < depth; i++) {
            open(OP_Loop);
            put(OP_BrIf, 1);
        }
        uint32_t a = put(OP_Nop, 0);
        put(OP_Br, 0);
        for (uint32_t i = 0; i < depth; i++)
            end();
        end();
        cr_expect(is_live(outermost, depth > 16 ? 15 : 1));
        cr_expect(is_live(a, depth > 16 ? 15 : 1));
        cr_expect(is_live(0, depth > 16 ? 14 : 0));
    }
}

Test(liveness, all_locals_are_live_in_bodies_too_large_to_look_at)
{
    enum { N_LOCALS = 50000 };
    for (uint32_t n_blocks = 100; n_blocks <= 10000; n_blocks += 9900) {
        begin(N_LOCALS);
        for (uint32_t i = 0; i < n_blocks; i++) {
            open(OP_Block);
            end();
        }
        put(OP_LocalGet, N_LOCALS - 1);
        end();
        struct live_locals live = live_at(0);
        cr_assert_eq(live.n, n_blocks == 100 ? 1 : N_LOCALS);
        cr_expect_eq(live.locals[live.n - 1], N_LOCALS - 1);
        cr_expect_eq(live.locals[0], n_blocks == 100 ? N_LOCALS - 1 : 0);
    }
}

Test(liveness, there_may_be_no_locals)
{
    begin(0);
    uint32_t loop = open(OP_Loop);
    put(OP_BrIf, 0);
    end();
    end();
    cr_expect(is_live(loop, 0));
}

/* ---- Exceptions ---- */

Test(liveness, a_call_may_lead_to_the_label_of_a_clause)
{
    begin(3);
    open(OP_Block);
    open(OP_TryTable);
    put_clause(OP_ClauseCatch, 0, 0);
    uint32_t before = put(OP_Nop, 0);
    put(OP_LocalSet, 0);
    uint32_t call = put(OP_Call, 0);
    put(OP_LocalSet, 0);
    uint32_t after = put(OP_Nop, 0);
    end();
    put(OP_LocalSet, 0);
    put(OP_LocalSet, 1);
    end();
    put(OP_LocalGet, 0);
    put(OP_LocalGet, 1);
    end();
    cr_expect(is_live(before, 2), "0 is set before the call");
    cr_expect(is_live(call, 3));
    cr_expect(is_live(after, 0));
}

Test(liveness, an_exception_that_no_clause_wants_goes_on)
{
    for (uint32_t is_for_all = 0; is_for_all < 2; is_for_all++) {
        begin(2);
        open(OP_Block);
        open(OP_TryTable);
        put_clause(OP_ClauseCatchAll, NO_INDEX, 0);
        open(OP_Block);
        open(OP_TryTable);
        put_clause(is_for_all ? OP_ClauseCatchAllRef : OP_ClauseCatchRef,
                   is_for_all ? NO_INDEX : 0, 0);
        uint32_t thrown = put(OP_Throw, 0);
        end();
        end();
        put(OP_LocalGet, 1);
        put(OP_LocalSet, 0);
        end();
        put(OP_LocalSet, 0);
        end();
        put(OP_LocalGet, 0);
        end();
        cr_expect(is_live(thrown, is_for_all ? 2 : 3));
    }
}

Test(liveness, what_is_thrown_outside_of_any_try_leaves_the_frame)
{
    begin(1);
    uint32_t thrown = put(OP_ThrowRef, 0);
    put(OP_LocalGet, 0);
    open(OP_TryTable);
    put_clause(OP_ClauseCatch, 0, 0);
    uint32_t call = put(OP_ReturnCall, 0);
    end();
    put(OP_LocalGet, 0);
    end();
    cr_expect(is_live(thrown, 0));
    cr_expect(is_live(call, 0), "the frame has gone");
}

Test(liveness, a_clause_may_lead_back_to_a_loop)
{
    begin(2);
    uint32_t loop = open(OP_Loop);
    put(OP_LocalGet, 0);
    open(OP_TryTable);
    put_clause(OP_ClauseCatchAll, NO_INDEX, 0);
    uint32_t call = put(OP_Call, 0);
    end();
    put(OP_LocalSet, 0);
    put(OP_LocalGet, 1);
    put(OP_BrIf, 0);
    end();
    end();
    cr_expect(is_live(loop, 3));
    cr_expect(is_live(call, 3), "0 is read again if the call throws");
}

Test(liveness, handlers_of_a_legacy_try)
{
    begin(5);
    open(OP_Try);
    uint32_t in_body = put(OP_Call, 0);
    put(OP_LocalSet, 4);
    put_catch(0);
    put(OP_LocalGet, 0);
    uint32_t in_first = put(OP_Call, 0);
    put_catch(1);
    put(OP_LocalGet, 1);
    uint32_t thrown = put(OP_Throw, 0);
    put(OP_LocalGet, 3);
    end_try();
    put(OP_LocalGet, 2);
    end();
    cr_expect(is_live(in_body, 1 | 2 | 4));
    cr_expect(is_live(in_first, 4), "handlers do not catch what they throw");
    cr_expect(is_live(thrown, 0));
}

Test(liveness, a_catch_all_keeps_exceptions_from_outer_handlers)
{
    begin(2);
    open(OP_Try);
    open(OP_Try);
    uint32_t in_body = put(OP_Call, 0);
    put(OP_LocalSet, 0);
    put_catch(NO_INDEX);
    put(OP_LocalGet, 1);
    uint32_t rethrown = put(OP_Rethrow, 0);
    end_try();
    put_catch(0);
    put(OP_LocalGet, 0);
    end_try();
    end();
    cr_expect(is_live(rethrown, 1), "the outer try's");
    cr_expect(is_live(in_body, 3));
}

Test(liveness, a_delegate_hands_on_to_the_try_at_its_label)
{
    for (uint32_t depth = 0; depth < 3; depth++) {
        begin(2);
        open(OP_Try);
        open(OP_Try);
        open(OP_Try);
        uint32_t call = put(OP_Call, 0);
        put(OP_Delegate, depth);
        end();
        put_catch(NO_INDEX);
        put(OP_LocalGet, 0);
        end_try();
        put_catch(NO_INDEX);
        put(OP_LocalGet, 1);
        end_try();
        end();
        cr_expect(is_live(call, depth == 0 ? 1 : depth == 1 ? 2 : 0));
    }
}
