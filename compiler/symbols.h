/* What is known of a value in the body of a loop: nothing, or that it is an affine
 * function of the i32 locals, or a comparison of two of these. */
#ifndef COMPILER_SYMBOLS_H
#define COMPILER_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

enum { AFFINE_TERMS = 6 };

/* constant + sum of factor * local, modulo 2^32; the locals are those at the start of an
 * iteration, in ascending order. */
struct affine {
    uint32_t constant;
    uint32_t n_terms;
    struct {
        uint32_t local;
        uint32_t factor; /* not 0 */
    } terms[AFFINE_TERMS];
};

enum symbol_kind { SYMBOL_UNKNOWN, SYMBOL_AFFINE, SYMBOL_COMPARE };

struct symbol {
    enum symbol_kind kind;
    uint16_t compare;   /* opcode of a comparison of a with b */
    struct affine a, b; /* SYMBOL_AFFINE: a */
};

extern const struct symbol symbol_unknown;

struct symbol symbol_constant(uint32_t value);
struct symbol symbol_local(uint32_t local);
/* The result of an instruction on two numbers. */
struct symbol symbol_binary(uint16_t op, const struct symbol *x, const struct symbol *y);
/* Whether a value is zero, as a comparison; that of an unknown value is unknown. */
struct symbol symbol_negated(const struct symbol *value);

/* Adds factor * other. False, and the sum is spoilt, if it would have too many terms. */
bool affine_add_scaled(struct affine *sum, const struct affine *other, uint32_t factor);
/* Whether they differ by a constant. */
bool affine_same_terms(const struct affine *a, const struct affine *b);

#endif
