#include "compiler/opcodes.h"

#include <criterion/criterion.h>
#include <string.h>

Test(opcodes, every_code_leads_to_its_row)
{
#define OP(code, id, text, imm, sig, flags, family, arg)                                 \
    cr_expect_eq(op_from_code(code), OP_##id);
#include "compiler/opcodes.def"
#undef OP
    cr_expect_eq(op_from_code(0x27), -1);
    cr_expect_eq(op_from_code(0xfc12), -1);
    cr_expect_eq(op_from_code(UINT32_MAX), -1);
}

Test(opcodes, every_signature_has_operands_and_results)
{
    for (unsigned op = 0; op < N_OPCODES; op++) {
        const struct op_info *info = op_info(op);
        if (!info->signature)
            continue;
        cr_expect_eq(strspn(info->signature, "iIfFva:"), strlen(info->signature), "%s",
                     info->text);
        const char *colon = strchr(info->signature, ':');
        cr_assert_not_null(colon, "%s", info->text);
        cr_expect_null(strchr(colon + 1, ':'), "%s", info->text);
    }
}

Test(opcodes, loads_and_stores_know_how_many_bytes_they_access)
{
    cr_expect_eq(op_access_bytes(OP_I32Load8S), 1);
    cr_expect_eq(op_access_bytes(OP_I64Load16U), 2);
    cr_expect_eq(op_access_bytes(OP_I64Load32S), 4);
    cr_expect_eq(op_access_bytes(OP_F64Load), 8);
    cr_expect_eq(op_access_bytes(OP_I64Store32), 4);
    for (unsigned op = 0; op < N_OPCODES; op++) {
        if (op_info(op)->immediate == IMM_MEMARG)
            cr_expect_gt(op_access_bytes(op), 0, "%s", op_info(op)->text);
    }
}

Test(opcodes, calls_are_known_as_such)
{
    cr_expect(op_is_call(OP_Call));
    cr_expect(op_is_call(OP_ReturnCallIndirect));
    cr_expect_not(op_is_call(OP_Return));
    cr_expect(op_is_tail_call(OP_ReturnCall));
    cr_expect_not(op_is_tail_call(OP_CallIndirect));
}

Test(opcodes, calls_and_throws_may_throw)
{
    cr_expect(op_may_throw(OP_Throw) && op_may_throw(OP_ThrowRef));
    cr_expect(op_may_throw(OP_Rethrow) && op_may_throw(OP_CallRef));
    cr_expect_not(op_may_throw(OP_ReturnCall), "the frame is gone by then");
    cr_expect_not(op_may_throw(OP_TryTable) || op_may_throw(OP_MemoryCopy));
}

Test(opcodes, what_has_a_block_type_opens_a_block)
{
    cr_expect(op_opens_block(OP_If) && op_opens_block(OP_Try));
    cr_expect(op_opens_block(OP_TryTable));
    cr_expect_not(op_opens_block(OP_Else) || op_opens_block(OP_Catch));
}

Test(opcodes, lanes_are_those_of_the_shape_or_of_the_access)
{
    cr_expect_eq(op_lanes(OP_I8x16ReplaceLane), 16);
    cr_expect_eq(op_lanes(OP_F64x2ExtractLane), 2);
    cr_expect_eq(op_lanes(OP_V128Load8Lane), 16);
    cr_expect_eq(op_lanes(OP_V128Store32Lane), 4);
    for (unsigned op = 0; op < N_OPCODES; op++) {
        if (op_info(op)->flags & OPF_LANE)
            cr_expect(op_lanes(op) >= 2 && op_lanes(op) <= 16, "%s", op_info(op)->text);
    }
}

Test(opcodes, codes_of_missing_features_are_known_by_the_feature)
{
    cr_expect_str_eq(op_missing_feature(0xe0), "stack switching");
    cr_expect_str_eq(op_missing_feature(0xfb00), "garbage collection");
    cr_expect_str_eq(op_missing_feature(0xfe00), "threads");
    cr_expect_null(op_missing_feature(0xff));
}

Test(opcodes, no_instruction_there_is_belongs_to_a_missing_feature)
{
#define OP(code, id, text, imm, sig, flags, family, arg)                                 \
    cr_expect_null(op_missing_feature(code), "%s", text);
#include "compiler/opcodes.def"
#undef OP
}
