/* libFuzzer target: any bytes make load_module end, with a valid module or with one error
 * that can be put into words. In the bodies of a valid module all blocks end where they
 * say, and all resume points have values of known types. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/passes.h"
#include "compiler/points.h"
#include "compiler/report.h"
#include "compiler/suspension.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void check_blocks(const struct body *body)
{
    for (uint32_t i = 0; i < body->n_instrs; i++) {
        const struct instr *in = &body->instrs[i];
        if (op_info(in->op)->immediate != IMM_BLOCK)
            continue;
        assert(in->imm.block.end > i && in->imm.block.end < body->n_instrs);
        assert(body->instrs[in->imm.block.end].op == OP_End);
        uint32_t part = in->imm.block.else_or_end;
        if (in->op == OP_If)
            assert(body->instrs[part].op == OP_Else || part == in->imm.block.end);
        for (uint32_t last = i; in->op == OP_Try && part != in->imm.block.end;
             last = part, part = body->instrs[part].imm.handler.next) {
            assert(part > last && part < in->imm.block.end);
            assert(op_info(body->instrs[part].op)->immediate == IMM_CATCH);
        }
    }
}

static void check_point(const struct point *point, const struct body *body)
{
    assert(point->position < body->n_instrs);
    for (uint32_t i = 0; i < point->n_operands; i++)
        assert(point->operands[i] != TYPE_UNKNOWN);
    for (uint32_t i = 0; i < point->n_locals; i++)
        assert(point->locals[i] < body->n_locals &&
               (i == 0 || point->locals[i] > point->locals[i - 1]));
}

static void check_points(const struct module *m, const struct suspension *s,
                         uint32_t func_index, const struct body *body,
                         struct arena *scratch)
{
    struct points points;
    find_points(&points, m, s, func_index, body, scratch);
    for (uint32_t i = 0; i < points.n_points; i++) {
        const struct point *point = &points.points[i];
        check_point(point, body);
        assert(point_at(&points, point->position, point->kind) == point);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct arena arena = {0};
    struct module m = {.bytes = bytes, .n_bytes = n_bytes, .arena = &arena};
    struct diag d = DIAG_INIT;
    bool ok = load_module(&m, 1, &d);
    assert(ok == !d.is_set);
    assert(d.offset <= n_bytes);
    char line[512];
    if (!ok)
        report_diag(line, sizeof line, "input", &m, &d);
    struct suspension suspension;
    if (ok)
        find_suspension(&suspension, &m, 1);
    struct arena scratch = {0};
    for (uint32_t i = m.n_imported_funcs; ok && i < m.n_funcs; i++) {
        struct body body;
        arena_reset(&scratch);
        ok = decode_body(&m, i, &body, &scratch, &d);
        assert(ok);
        check_blocks(&body);
        check_points(&m, &suspension, i, &body, &scratch);
    }
    arena_free(&scratch);
    arena_free(&arena);
    return 0;
}
