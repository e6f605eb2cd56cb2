/* Exceptions; load_module refuses modules that have any. */
#include <assert.h>

#include "compiler/codegen.h"

static void gen_exception(void)
{
    assert(false);
}

void gen_legacy_try(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)f, (void)in, (void)argument;
    gen_exception();
}

void gen_legacy_catch(struct fn_gen *f, const struct instr *in, int argument)
{
    gen_legacy_try(f, in, argument);
}

void gen_throw(struct fn_gen *f, const struct instr *in, int argument)
{
    gen_legacy_try(f, in, argument);
}

void gen_rethrow(struct fn_gen *f, const struct instr *in, int argument)
{
    gen_legacy_try(f, in, argument);
}

void gen_throw_ref(struct fn_gen *f, const struct instr *in, int argument)
{
    gen_legacy_try(f, in, argument);
}

void gen_delegate(struct fn_gen *f, const struct instr *in, int argument)
{
    gen_legacy_try(f, in, argument);
}

void gen_try_table(struct fn_gen *f, const struct instr *in, int argument)
{
    gen_legacy_try(f, in, argument);
}

void gen_clause(struct fn_gen *f, const struct instr *in, int argument)
{
    gen_legacy_try(f, in, argument);
}
