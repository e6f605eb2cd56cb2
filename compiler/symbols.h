/* What is known of a value in the body of a loop: nothing, or that it is an affine
 * function of the integer locals, or a comparison of two of these. */
#ifndef COMPILER_SYMBOLS_H
#define COMPILER_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

enum { AFFINE_TERMS = 6 };

/* constant + sum of factor * local; the locals are those at the start of an iteration, in
 * ascending order. Modulo 2^64 if it is wide, and then of i64 locals only, else 2^32. */
struct affine {
    bool is_wide;
    uint32_t n_terms;
    uint64_t constant;
    struct {
        uint32_t local;
        uint64_t factor; /* not 0 */
    } terms[AFFINE_TERMS];
};

enum symbol_kind { SYMBOL_UNKNOWN, SYMBOL_AFFINE, SYMBOL_COMPARE };

struct symbol {
    enum symbol_kind kind;
    uint16_t compare;   /* comparison of a with b, by its opcode for i32 */
    struct affine a, b; /* SYMBOL_AFFINE: a */
};

extern const struct symbol symbol_unknown;

struct symbol symbol_constant(uint64_t value, bool is_wide);
struct symbol symbol_local(uint32_t local, bool is_wide);
/* The result of an instruction on two numbers. */
struct symbol symbol_binary(uint16_t op, const struct symbol *x, const struct symbol *y);
/* The low half of a wide number. */
struct symbol symbol_wrapped(const struct symbol *value);
/* Whether a value is zero, as a comparison; that of an unknown value is unknown. */
struct symbol symbol_negated(const struct symbol *value);

/* Adds factor * other, to a wide sum a wide one. False, and the sum is spoilt, if it
 * would have too many terms. */
bool affine_add_scaled(struct affine *sum, const struct affine *other, uint64_t factor);
/* Whether they differ by a constant. */
bool affine_same_terms(const struct affine *a, const struct affine *b);

#endif
