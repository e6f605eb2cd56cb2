/* The terms of a sum are kept in the order of their locals, none of them zero: so equal
 * sums are equal term by term. */
#include "compiler/symbols.h"

#include <stddef.h>
#include <string.h>

#include "compiler/opcodes.h"

const struct symbol symbol_unknown = {.kind = SYMBOL_UNKNOWN};

struct symbol symbol_constant(uint64_t value, bool is_wide)
{
    return (struct symbol){.kind = SYMBOL_AFFINE,
                           .a = {.is_wide = is_wide, .constant = value}};
}

struct symbol symbol_local(uint32_t local, bool is_wide)
{
    return (struct symbol){
        .kind = SYMBOL_AFFINE,
        .a = {.is_wide = is_wide, .n_terms = 1, .terms = {{local, 1}}}};
}

static uint64_t reduced(const struct affine *sum, uint64_t value)
{
    return sum->is_wide ? value : (uint32_t)value;
}

/* Adds factor * (a term of local) and keeps the order. False if there is no room. */
static bool add_term(struct affine *sum, uint32_t local, uint64_t factor)
{
    uint32_t i = 0;
    while (i < sum->n_terms && sum->terms[i].local < local)
        i++;
    if (i < sum->n_terms && sum->terms[i].local == local) {
        sum->terms[i].factor = reduced(sum, sum->terms[i].factor + factor);
        if (sum->terms[i].factor == 0) {
            sum->n_terms--;
            memmove(&sum->terms[i], &sum->terms[i + 1],
                    (sum->n_terms - i) * sizeof sum->terms[0]);
        }
        return true;
    }
    if (sum->n_terms == AFFINE_TERMS)
        return false;
    memmove(&sum->terms[i + 1], &sum->terms[i],
            (sum->n_terms - i) * sizeof sum->terms[0]);
    sum->terms[i].local = local;
    sum->terms[i].factor = factor;
    sum->n_terms++;
    return true;
}

bool affine_add_scaled(struct affine *sum, const struct affine *other, uint64_t factor)
{
    sum->constant = reduced(sum, sum->constant + other->constant * factor);
    for (uint32_t i = 0; i < other->n_terms; i++) {
        uint64_t scaled = reduced(sum, other->terms[i].factor * factor);
        if (scaled && !add_term(sum, other->terms[i].local, scaled))
            return false;
    }
    return true;
}

static struct symbol linear(const struct symbol *x, const struct symbol *y,
                            uint64_t y_factor)
{
    if (x->kind != SYMBOL_AFFINE || y->kind != SYMBOL_AFFINE)
        return symbol_unknown;
    struct symbol result = *x;
    return affine_add_scaled(&result.a, &y->a, y_factor) ? result : symbol_unknown;
}

static bool is_constant(const struct symbol *s)
{
    return s->kind == SYMBOL_AFFINE && s->a.n_terms == 0;
}

static struct symbol scaled(const struct symbol *x, uint64_t factor)
{
    struct symbol zero = symbol_constant(0, x->a.is_wide);
    return linear(&zero, x, factor);
}

struct symbol symbol_wrapped(const struct symbol *value)
{
    struct symbol zero = symbol_constant(0, false);
    return linear(&zero, value, 1);
}

static struct symbol comparison(uint16_t op, const struct symbol *x,
                                const struct symbol *y)
{
    if (x->kind == SYMBOL_AFFINE && y->kind == SYMBOL_AFFINE)
        return (struct symbol){SYMBOL_COMPARE, op, x->a, y->a};
    return symbol_unknown;
}

struct symbol symbol_binary(uint16_t op, const struct symbol *x, const struct symbol *y)
{
    switch (op) {
    case OP_I32Add:
    case OP_I64Add:
        return linear(x, y, 1);
    case OP_I32Sub:
    case OP_I64Sub:
        return linear(x, y, UINT64_MAX);
    case OP_I32Mul:
    case OP_I64Mul:
        if (is_constant(y))
            return scaled(x, y->a.constant);
        return is_constant(x) ? scaled(y, x->a.constant) : symbol_unknown;
    case OP_I32Shl:
        return is_constant(y) ? scaled(x, UINT64_C(1) << (y->a.constant & 31))
                              : symbol_unknown;
    case OP_I64Shl:
        return is_constant(y) ? scaled(x, UINT64_C(1) << (y->a.constant & 63))
                              : symbol_unknown;
    default: /* comparisons come in the same order */
        if (op >= OP_I32Eq && op <= OP_I32GeU)
            return comparison(op, x, y);
        if (op >= OP_I64Eq && op <= OP_I64GeU)
            return comparison(op - OP_I64Eq + OP_I32Eq, x, y);
        return symbol_unknown;
    }
}

struct symbol symbol_negated(const struct symbol *value)
{
    static const struct {
        uint16_t op, opposite;
    } opposites[] = {{OP_I32Eq, OP_I32Ne},
                     {OP_I32LtS, OP_I32GeS},
                     {OP_I32LtU, OP_I32GeU},
                     {OP_I32GtS, OP_I32LeS},
                     {OP_I32GtU, OP_I32LeU}};
    struct symbol result = *value;
    if (value->kind == SYMBOL_AFFINE)
        return (struct symbol){
            SYMBOL_COMPARE, OP_I32Eq, value->a, {.is_wide = value->a.is_wide}};
    for (size_t i = 0; i < sizeof opposites / sizeof opposites[0]; i++) {
        if (opposites[i].op == value->compare)
            result.compare = opposites[i].opposite;
        else if (opposites[i].opposite == value->compare)
            result.compare = opposites[i].op;
    }
    return result;
}

bool affine_same_terms(const struct affine *a, const struct affine *b)
{
    if (a->n_terms != b->n_terms)
        return false;
    for (uint32_t i = 0; i < a->n_terms; i++)
        if (a->terms[i].local != b->terms[i].local ||
            a->terms[i].factor != b->terms[i].factor)
            return false;
    return true;
}
