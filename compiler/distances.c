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

/* A local of an address: what it is before the loop, and how much it steps in it. */
struct place {
    uint32_t local, step;
    struct affine value;
};

/* False if it does not step by a constant. */
static bool find_place(struct place *place, const struct iteration *before,
                       const struct iteration *it, uint32_t local)
{
    const struct changed_local *changed = find_changed(before, local);
    bool is_known =
        changed && changed->value.kind == SYMBOL_AFFINE && changed->value.a.n_terms > 0;
    place->local = local;
    place->value = is_known ? changed->value.a : symbol_local(local, false).a;
    return (!changed || is_known) && find_step(it, local, &place->step);
}

/* Those that stand for the others near them. */
struct chosen {
    struct place places[ITERATION_ACCESSES * AFFINE_TERMS];
    uint32_t n;
};

/* The one that stands for a place: it itself, if there is none yet. */
static const struct place *choose(struct chosen *c, const struct place *place)
{
    uint32_t i = 0;
    while (i < c->n && (!affine_same_terms(&c->places[i].value, &place->value) ||
                        c->places[i].step != place->step))
        i++;
    if (i == c->n)
        c->places[c->n++] = *place;
    return &c->places[i];
}

void apply_distances(struct iteration *it, const struct callees *callees,
                     const struct body *body, uint32_t loop_position)
{
    struct iteration before;
    struct chosen chosen = {.n = 0};
    uint32_t start;
    if (!find_start(body, loop_position, &start) ||
        !follow_way_to(&before, callees, body, start, loop_position))
        return;
    for (uint32_t i = 0; i < it->n_met; i++) {
        const struct affine old = it->met[i].address;
        struct symbol sum = symbol_constant(old.constant, false);
        for (uint32_t k = 0; k < old.n_terms; k++) {
            struct place place;
            struct symbol term = symbol_local(old.terms[k].local, false);
            if (find_place(&place, &before, it, old.terms[k].local)) {
                const struct place *other = choose(&chosen, &place);
                term = symbol_local(other->local, false);
                term.a.constant = place.value.constant - other->value.constant;
            }
            affine_add_scaled(&sum.a, &term.a, old.terms[k].factor);
        }
        it->met[i].address = sum.a;
    }
}
