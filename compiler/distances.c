/* The way to the loop is followed as an iteration is: what it makes of two locals tells
 * whether they differ by a constant. */
#include "compiler/distances.h"

#include <stdbool.h>

/* The start of the construct around a loop, or of the body. False if that is too far
 * away, or has parameters. */
static bool find_start(const struct body *body, uint32_t loop_position, uint32_t *start)
{
    uint32_t depth = 0, position = loop_position, lowest = 0;
    if (loop_position > ITERATION_INSTRS)
        lowest = loop_position - ITERATION_INSTRS;
    for (*start = 0; position > lowest; position--) {
        const struct instr *in = &body->instrs[position - 1];
        if (depth == 0 && in->op == OP_Else && *start == 0)
            *start = position;
        if (in->op == OP_End) {
            depth++;
        } else if (op_opens_block(in->op) && depth-- == 0) {
            if (*start == 0)
                *start = position;
            return in->imm.block.type == NO_INDEX;
        }
    }
    return lowest == 0;
}

/* The local that the one at an index of before->changed differs from by a constant:
 * what it was computed from, if that is as it was, or else the first that was changed to
 * such a value. */
static bool find_origin(const struct iteration *before, uint32_t index, uint32_t *origin,
                        uint32_t *bytes)
{
    const struct affine *value = &before->changed[index].value.a;
    if (value->n_terms == 1 && value->terms[0].factor == 1 &&
        !find_changed(before, value->terms[0].local)) {
        *origin = value->terms[0].local;
        *bytes = (uint32_t)value->constant;
        return true;
    }
    for (uint32_t i = 0; i < index; i++) {
        const struct symbol *other = &before->changed[i].value;
        if (other->kind != SYMBOL_AFFINE || !affine_same_terms(&other->a, value))
            continue;
        *origin = before->changed[i].local;
        *bytes = (uint32_t)(value->constant - other->a.constant);
        return true;
    }
    return false;
}

void find_distances(struct distances *d, const struct callees *callees,
                    const struct body *body, uint32_t loop_position)
{
    struct iteration before;
    uint32_t start;
    d->n = 0;
    if (!find_start(body, loop_position, &start) ||
        !follow_way_to(&before, callees, body, start, loop_position))
        return;
    for (uint32_t i = 0; i < before.n_changed; i++) {
        const struct symbol *value = &before.changed[i].value;
        uint32_t origin, bytes;
        if (value->kind != SYMBOL_AFFINE || value->a.n_terms == 0 ||
            !find_origin(&before, i, &origin, &bytes))
            continue;
        d->rows[d->n].local = before.changed[i].local;
        d->rows[d->n].origin = origin;
        d->rows[d->n++].bytes = bytes;
    }
}

/* How much an iteration adds to a local, modulo 2^32; false if that is no constant. */
static bool find_step(const struct iteration *it, uint32_t local, uint32_t *step)
{
    const struct changed_local *changed = find_changed(it, local);
    *step = 0;
    if (!changed)
        return true;
    const struct affine *next = &changed->value.a;
    *step = (uint32_t)next->constant;
    return changed->value.kind == SYMBOL_AFFINE && next->n_terms == 1 &&
           next->terms[0].local == local && next->terms[0].factor == 1;
}

void apply_distances(const struct distances *d, const struct iteration *it,
                     struct affine *a)
{
    for (uint32_t i = 0; i < d->n; i++) {
        uint32_t term = 0, step, origin_step;
        while (term < a->n_terms && a->terms[term].local != d->rows[i].local)
            term++;
        if (term == a->n_terms || !find_step(it, d->rows[i].local, &step) ||
            !find_step(it, d->rows[i].origin, &origin_step) || step != origin_step)
            continue;
        uint64_t factor = a->terms[term].factor;
        struct symbol local = symbol_local(d->rows[i].local, false);
        struct symbol origin = symbol_local(d->rows[i].origin, false);
        origin.a.constant = d->rows[i].bytes;
        affine_add_scaled(a, &local.a, 0 - factor);
        affine_add_scaled(a, &origin.a, factor);
    }
}
