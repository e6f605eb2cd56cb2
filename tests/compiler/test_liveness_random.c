/* find_live_locals on random bodies. */
#include "compiler/liveness.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/compiler/liveness_body.h"
#include "tests/compiler/random.h"

/* ---- Random bodies ---- */

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

/* ---- Data flow over single instructions ---- */

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

Test(liveness_random, random_bodies_agree_with_data_flow)
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
