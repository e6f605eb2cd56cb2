#include "compiler/codegen.h"
bool gen_counted_loop(struct fn_gen *f, const struct instr *in)
{
    (void)f;
    (void)in;
    return false;
}
LLVMValueRef gen_fast_address(struct fn_gen *f)
{
    (void)f;
    return NULL;
}
void gen_fast_metadata(struct fn_gen *f, LLVMValueRef a)
{
    (void)f;
    (void)a;
}
