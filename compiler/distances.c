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

/* The local of an address, and where it lies. */
struct place {
    uint32_t local, origin, bytes, step;
};

/* False if it does not step by a constant. */
static bool find_place(struct place *place, const struct distances *d,
                       const struct iteration *it, uint32_t local)
{
    *place = (struct place){.local = local, .origin = local};
    for (uint32_t i = 0; i < d->n; i++)
        if (d->rows[i].local == local) {
            place->origin = d->rows[i].origin;
            place->bytes = d->rows[i].bytes;
        }
    return find_step(it, local, &place->step);
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
    while (i < c->n &&
           (c->places[i].origin != place->origin || c->places[i].step != place->step))
        i++;
    if (i == c->n)
        c->places[c->n++] = *place;
    return &c->places[i];
}

void apply_distances(const struct distances *d, struct iteration *it)
{
    struct chosen chosen = {.n = 0};
    for (uint32_t i = 0; i < it->n_met && d->n > 0; i++) {
        const struct affine old = it->met[i].address;
        struct symbol sum = symbol_constant(old.constant, false);
        for (uint32_t k = 0; k < old.n_terms; k++) {
            uint32_t local = old.terms[k].local, bytes = 0;
            struct place place;
            if (find_place(&place, d, it, local)) {
                const struct place *other = choose(&chosen, &place);
                local = other->local;
                bytes = place.bytes - other->bytes;
            }
            struct symbol term = symbol_local(local, false);
            term.a.constant = bytes;
            affine_add_scaled(&sum.a, &term.a, old.terms[k].factor);
        }
        it->met[i].address = sum.a;
    }
}
