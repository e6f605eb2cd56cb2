#include <criterion/criterion.h>
#include <string.h>

#include "tests/compiler/wasm_bytes.h"

static struct wasm w;
static struct body body;

/* Decodes the body of a function of type [i32] -> []. */
static bool decode(const char *locals_and_code)
{
    wasm_begin(&w);
    wasm_section(&w, 1, "01 60 01 7f 00");
    wasm_section(&w, 3, "01 00");
    wasm_code(&w, locals_and_code);
    cr_assert(wasm_read(&w), "%s", w.d.text);
    return decode_body(&w.m, 0, &body, &w.arena, &w.d);
}

static void expect_refused(const char *locals_and_code, uint32_t offset, const char *text)
{
    cr_expect_not(decode(locals_and_code), "%s", text);
    cr_expect_str_eq(w.d.text, text);
    cr_expect_eq(w.d.offset - w.m.funcs[0].body_offset, offset, "%s", text);
    cr_expect_eq(w.d.func_index, 0);
}

Test(decode, locals_follow_the_parameters)
{
    cr_assert(decode("02 02 7e 01 7c 0b"), "%s", w.d.text);
    const val_type expected[] = {TYPE_I32, TYPE_I64, TYPE_I64, TYPE_F64};
    cr_assert_eq(body.n_locals, 4);
    cr_expect_arr_eq(body.locals, expected, sizeof expected);
}

Test(decode, every_block_knows_its_end)
{
    /* 0 block  1 loop  2 local.get 0  3 if  4 nop  5 else  6 nop  7 end  8 end  9 end
     * 10 local.get 0  11 if  12 end  13 end */
    cr_assert(decode("00 02 40 03 7f 20 00 04 00 01 05 01 0b 0b 0b 20 00 04 40 0b 0b"),
              "%s", w.d.text);
    cr_assert_eq(body.n_instrs, 14);
    const struct instr *in = body.instrs;
    cr_expect_eq(in[0].imm.block.end, 9);
    cr_expect_eq(in[0].imm.block.type, NO_INDEX);
    cr_expect_eq(in[0].imm.block.result, 0);
    cr_expect_eq(in[1].imm.block.end, 8);
    cr_expect_eq(in[1].imm.block.result, TYPE_I32);
    cr_expect_eq(in[3].imm.block.else_or_end, 5);
    cr_expect_eq(in[3].imm.block.end, 7);
    cr_expect_eq(in[3].imm.block.type, 0);
    cr_expect_eq(in[11].imm.block.else_or_end, 12);
    cr_expect_eq(in[11].imm.block.end, 12);
}

Test(decode, immediates_and_offsets_are_kept)
{
    cr_assert(decode("00 41 7f 42 80 7f 43 00 00 80 3f 44 00 00 00 00 00 00 f0 3f"
                     "29 43 02 81 80 80 80 10 0e 02 03 04 05 1c 01 7e fc 0e 01 02 0b"),
              "%s", w.d.text);
    const struct instr *in = body.instrs;
    cr_expect_eq(in[0].imm.i32, UINT32_MAX);
    cr_expect_eq((int64_t)in[1].imm.i64, -128);
    cr_expect_eq(in[2].imm.f32, 0x3f800000);
    cr_expect_eq(in[3].imm.f64, 0x3ff0000000000000);
    cr_expect_eq(in[4].op, OP_I64Load);
    cr_expect_eq(in[4].memory, 2);
    cr_expect_eq(in[4].imm.memarg.align, 3);
    cr_expect_eq(in[4].imm.memarg.offset, 0x100000001);
    cr_expect_eq(in[5].imm.br_table.n_labels, 2);
    cr_expect_eq(in[5].imm.br_table.labels[2], 5);
    cr_expect_eq(in[6].imm.type, TYPE_I64);
    cr_expect_eq(in[7].op, OP_TableCopy);
    cr_expect_eq(in[7].imm.pair.first, 1);
    cr_expect_eq(in[7].imm.pair.second, 2);
    cr_expect_eq(in[1].offset, w.m.funcs[0].body_offset + 3);
}

Test(decode, vector_immediates_are_kept)
{
    cr_assert(decode("01 01 7b fd 0c 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f "
                     "fd 0d 1f 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 10 "
                     "fd 15 0d fd 55 01 80 01 07 fd 93 02 0b"),
              "%s", w.d.text);
    const struct instr *in = body.instrs;
    cr_expect_eq(body.locals[1], TYPE_V128);
    cr_expect_eq(in[0].op, OP_V128Const);
    cr_expect_eq(in[0].imm.bytes[15], 15);
    cr_expect_eq(in[1].op, OP_I8x16Shuffle);
    cr_expect_eq(in[1].imm.bytes[0], 31);
    cr_expect_eq(in[1].imm.bytes[15], 16);
    cr_expect_eq(in[2].op, OP_I8x16ExtractLaneS);
    cr_expect_eq(in[2].imm.lane, 13);
    cr_expect_eq(in[3].op, OP_V128Load16Lane);
    cr_expect_eq(in[3].imm.memarg.align, 1);
    cr_expect_eq(in[3].imm.memarg.offset, 128);
    cr_expect_eq(in[3].imm.memarg.lane, 7);
    cr_expect_eq(in[4].op, OP_I32x4RelaxedDotI8x16I7x16AddS);
}

Test(decode, clauses_follow_their_try_table)
{
    /* 0 try_table  1 catch  2 catch_ref  3 catch_all  4 catch_all_ref  5 nop  6 end */
    cr_assert(decode("00 1f 7f 04 00 07 01 01 08 02 02 03 03 01 01 0b 0b"), "%s",
              w.d.text);
    cr_assert_eq(body.n_instrs, 8);
    const struct instr *in = body.instrs;
    cr_expect_eq(in[0].op, OP_TryTable);
    cr_expect_eq(in[0].imm.block.result, TYPE_I32);
    cr_expect_eq(in[0].imm.block.end, 6);
    const enum opcode ops[] = {OP_ClauseCatch, OP_ClauseCatchRef, OP_ClauseCatchAll,
                               OP_ClauseCatchAllRef};
    const uint32_t tags[] = {7, 8, NO_INDEX, NO_INDEX}, labels[] = {1, 2, 3, 1};
    for (uint32_t i = 0; i < 4; i++) {
        cr_expect_eq(in[1 + i].op, ops[i]);
        cr_expect_eq(in[1 + i].imm.handler.tag, tags[i]);
        cr_expect_eq(in[1 + i].imm.handler.label, labels[i]);
    }
    cr_expect_eq(in[1].offset, w.m.funcs[0].body_offset + 4);
    cr_expect_eq(in[5].op, OP_Nop);
    cr_assert(decode("00 1f 40 00 0b 0b"), "%s", w.d.text);
    cr_expect_eq(body.n_instrs, 3);
}

Test(decode, a_legacy_try_knows_its_catches)
{
    /* 0 try  1 catch 5  2 nop  3 catch 6  4 catch_all  5 end  6 try  7 end */
    cr_assert(decode("00 06 40 07 05 01 07 06 19 0b 06 40 0b 0b"), "%s", w.d.text);
    const struct instr *in = body.instrs;
    cr_expect_eq(in[0].imm.block.else_or_end, 1);
    cr_expect_eq(in[0].imm.block.end, 5);
    cr_expect_eq(in[1].imm.handler.tag, 5);
    cr_expect_eq(in[1].imm.handler.next, 3);
    cr_expect_eq(in[3].imm.handler.next, 4);
    cr_expect_eq(in[4].imm.handler.tag, NO_INDEX);
    cr_expect_eq(in[4].imm.handler.next, 5);
    cr_expect_eq(in[6].imm.block.else_or_end, 7);
    cr_expect_not(in[1].imm.handler.is_rethrown || in[4].imm.handler.is_rethrown);
}

Test(decode, a_delegate_ends_its_try)
{
    /* 0 try  1 try  2 delegate 0  3 end  4 catch_all  5 end */
    cr_assert(decode("00 06 40 06 40 18 00 19 0b 0b"), "%s", w.d.text);
    const struct instr *in = body.instrs;
    cr_expect_eq(in[1].imm.block.end, 3);
    cr_expect_eq(in[1].imm.block.else_or_end, 3);
    cr_expect_eq(in[2].op, OP_Delegate);
    cr_expect_eq(in[3].op, OP_End);
    cr_expect_eq(in[3].offset, in[2].offset);
    cr_expect_eq(in[0].imm.block.else_or_end, 4);
    cr_expect_eq(body.n_instrs, 7);
}

Test(decode, a_catch_knows_whether_it_is_rethrown)
{
    /* 0 try  1 catch 0  2 try  3 catch 0  4 block  5 rethrow 2  6 end  7 end  8 end */
    cr_assert(decode("00 06 40 07 00 06 40 07 00 02 40 09 02 0b 0b 0b 0b"), "%s",
              w.d.text);
    cr_expect(body.instrs[1].imm.handler.is_rethrown);
    cr_expect_not(body.instrs[3].imm.handler.is_rethrown);
    /* Only the part that the rethrow is in, and no try's body. */
    cr_assert(decode("00 06 40 09 00 07 00 07 01 09 00 0b 09 7f 0b"), "%s", w.d.text);
    cr_expect_not(body.instrs[2].imm.handler.is_rethrown);
    cr_expect(body.instrs[3].imm.handler.is_rethrown);
}

Test(decode, parts_of_a_try_stand_in_one)
{
    expect_refused("00 07 00 0b", 1, "END opcode expected: catch without try");
    expect_refused("00 19 0b", 1, "END opcode expected: catch_all without try");
    expect_refused("00 18 00 0b", 1, "END opcode expected: delegate without try");
    expect_refused("00 06 40 02 40 19 0b 0b 0b", 5,
                   "END opcode expected: catch_all without try");
    expect_refused("00 06 40 19 07 00 0b 0b", 4,
                   "END opcode expected: catch behind catch_all");
    expect_refused("00 06 40 07 00 18 00 0b", 5,
                   "END opcode expected: delegate behind catch");
    expect_refused("00 06 40 18 00", 5, "unexpected end: END opcode expected");
    expect_refused("00 1f 40 01 04 00 0b 0b", 4, "malformed catch clause 0x04");
    expect_refused("00 1f 40 ff ff ff ff 0f 0b", 3,
                   "unexpected end: length out of bounds");
}

Test(decode, malformed_bodies_are_refused_where_they_go_wrong)
{
    expect_refused("00 01", 2, "unexpected end: END opcode expected");
    expect_refused("00 02 40 0b", 4, "unexpected end: END opcode expected");
    expect_refused("00 41", 2, "unexpected end");
    expect_refused("00 0b 01", 2,
                   "section size mismatch: code after the end of the function");
    expect_refused("00 05 0b", 1, "END opcode expected: else without if");
    expect_refused("00 41 00 04 40 05 05 0b 0b", 6,
                   "END opcode expected: else without if");
    expect_refused("00 ff 0b", 1, "illegal opcode 0xff");
    expect_refused("00 fc 12 0b", 1, "illegal opcode 0xfc 0x12");
    expect_refused("00 fd 9a 01 0b", 1, "illegal opcode 0xfd 0x9a");
    expect_refused("00 fd 94 02 0b", 1, "illegal opcode 0xfd 0x114");
    expect_refused("00 fd 0c 00 0b", 5, "unexpected end");
    expect_refused("00 41 80 80 80 80 80 00 0b", 6, "integer representation too long");
    expect_refused("00 28 80 01 00 0b", 2, "malformed memop flags 0x80");
    expect_refused("00 02 c0 7f 0b 0b", 2, "malformed block type");
    expect_refused("00 fc 09 00 0b", 1, "data count section required");
    expect_refused("ff ff ff ff 0f", 0, "unexpected end: length out of bounds");
}

Test(decode, missing_features_are_named)
{
    expect_refused("00 e0 00 0b", 1, "not supported: stack switching (opcode 0xe0)");
    expect_refused("00 fb 00 0b", 1,
                   "not supported: garbage collection (opcode 0xfb 0x00)");
    expect_refused("00 fe 03 00 0b", 1, "not supported: threads (opcode 0xfe 0x03)");
}

Test(decode, the_number_of_locals_has_a_limit)
{
    cr_expect(decode("01 cf 86 03 7f 0b"), "%s", w.d.text); /* and one parameter */
    expect_refused("01 d0 86 03 7f 0b", 0,
                   "too many locals: 50001, at most 50000 are supported");
    expect_refused("02 ff ff ff ff 0f 7f ff ff ff ff 0f 7f 0b", 0,
                   "too many locals: 8589934591, at most 50000 are supported");
}

Test(decode, nesting_takes_no_stack)
{
    enum { DEPTH = 15000 };
    static char code[DEPTH * 6 + 16];
    strcpy(code, "00");
    for (int i = 0; i < DEPTH; i++)
        memcpy(code + 2 + i * 4, "0240", 4);
    for (int i = 0; i <= DEPTH; i++)
        memcpy(code + 2 + DEPTH * 4 + i * 2, "0b", 2);
    cr_assert(decode(code), "%s", w.d.text);
    cr_expect_eq(body.instrs[0].imm.block.end, 2 * DEPTH - 1);
    cr_expect_eq(body.instrs[DEPTH - 1].imm.block.end, DEPTH);
}
