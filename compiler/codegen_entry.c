/* Where fast bodies are entered by frames that are resumed.
 *
 * A large loop that lies in no other needs no clean copy (codegen_clean.c): the cold
 * copy calls the fast body, which goes to the loop's head at once, with the locals that
 * it finds in the image, and does all the rest. The head has two ways in then, from
 * before the loop, so that the loop itself is none the worse; only what is known of
 * locals before it is not known in it, which large loops hardly need. A call of the fast
 * body costs a test more. */
#include "compiler/codegen_checkpoint.h"

#include "runtime/abi.h"

/* In instructions. */
enum { LEAST_ENTERED = 150 };

static bool is_in_loop(const struct fn_gen *f, uint32_t position)
{
    for (const struct point *p = f->points.points; p->position < position; p++)
        if (p->kind == RT_POINT_LOOP &&
            f->body.instrs[p->position].imm.block.end > position)
            return true;
    return false;
}

/* Tests give a poll interval, and have both kinds among their loops. */
static bool is_worth_it(const struct fn_gen *f, uint32_t position)
{
    uint32_t n_instrs = f->body.instrs[position].imm.block.end - position;
    return f->g->options->poll_interval ? position % 2 == 0 : n_instrs >= LEAST_ENTERED;
}

/* With operands below the loop, what comes behind it would need them from both ways. */
bool gen_is_entered(const struct fn_gen *f, uint32_t position)
{
    const struct point *point = point_at(&f->points, position, RT_POINT_LOOP);
    return point && point->n_operands == 0 && is_worth_it(f, position) &&
           !is_in_loop(f, position) && !f->g->m->funcs[f->func_index].makes_tail_calls;
}

/* The member of rt_entered at this offset. */
static LLVMValueRef entered(struct fn_gen *f, uint64_t offset)
{
    LLVMTypeRef type = LLVMArrayType2(f->g->i64, sizeof rt_entered / sizeof(uint64_t));
    return gen_offset(f->g, f->b, gen_runtime_object(f->g, type, "rt_entered"), offset);
}

void gen_begin_entries(struct fn_gen *f)
{
    struct mod_gen *g = f->g;
    bool is_any = false;
    for (uint32_t i = 0; i < f->points.n_points && !is_any; i++)
        is_any = gen_is_entered(f, f->points.points[i].position);
    if (!is_any)
        return;
    LLVMBasicBlockRef enter = gen_new_block(f, "enter"), next = gen_new_block(f, "");
    LLVMValueRef image = entered(f, offsetof(struct rt_entered, image));
    f->entered_image = LLVMBuildLoad2(f->b, g->ptr, image, "");
    gen_rare_branch(f, LLVMBuildIsNotNull(f->b, f->entered_image, ""), enter, next);
    LLVMPositionBuilderAtEnd(f->b, enter);
    LLVMBuildStore(f->b, LLVMConstNull(g->ptr), image);
    LLVMValueRef point = entered(f, offsetof(struct rt_entered, point));
    LLVMValueRef number = LLVMBuildLoad2(f->b, g->i64, point, "");
    LLVMBasicBlockRef none = gen_trap_block(f, RT_TRAP_UNREACHABLE);
    f->entries = LLVMBuildSwitch(f->b, number, none, 1);
    LLVMPositionBuilderAtEnd(f->b, next);
}

void gen_entry(struct fn_gen *f)
{
    const struct point *point = point_at(&f->points, f->position, RT_POINT_LOOP);
    LLVMBasicBlockRef from = gen_new_block(f, "entered"), joined = gen_new_block(f, "");
    LLVMBuildBr(f->b, joined);
    LLVMPositionBuilderAtEnd(f->b, from);
    for (uint32_t i = 0; i < point->n_locals; i++) {
        uint32_t local = point->locals[i];
        LLVMValueRef place =
            gen_offset(f->g, f->b, f->entered_image, 8 * (uint64_t)f->local_words[local]);
        gen_store_value(f->g, f->b, gen_load_local(f, local, place), f->locals[local]);
    }
    LLVMBuildBr(f->b, joined);
    LLVMAddCase(f->entries, gen_i64(f->g, point_number(&f->points, point)), from);
    LLVMPositionBuilderAtEnd(f->b, joined);
}

void gen_enter(struct fn_gen *f, const struct point *point)
{
    struct mod_gen *g = f->g;
    uint32_t n_params = f->type->n_params;
    LLVMValueRef fn = gen_func(g, f->func_index);
    LLVMValueRef *args = arena_array(f->arena, (size_t)n_params + 2, sizeof *args);
    unsigned n = 0;
    args[n++] = f->instance;
    for (uint32_t i = 0; i < n_params; i++)
        args[n++] = LLVMGetPoison(gen_type(g, f->type->params[i]));
    if (f->type->n_results >= 2)
        args[n++] = f->results;
    LLVMBuildStore(f->b, f->image, entered(f, offsetof(struct rt_entered, image)));
    LLVMBuildStore(f->b, gen_i64(g, point_number(&f->points, point)),
                   entered(f, offsetof(struct rt_entered, point)));
    LLVMValueRef result = gen_unrecorded_call(f, LLVMGlobalGetValueType(fn), fn, args, n);
    if (f->type->n_results == 1)
        gen_store_value(g, f->b, result, f->results);
    LLVMBuildRetVoid(f->b);
    f->is_dead = true;
}
