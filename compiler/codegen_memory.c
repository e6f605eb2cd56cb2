/* Loads, stores and the other instructions on memories but for those on ranges.
 *
 * An access to a memory addressed by i32 is base + zero-extended address + offset in 64
 * bits; all of the 8 GiB it can reach is reserved, and what lies beyond the memory's size
 * faults. Addresses of 64 bits are compared with the memory's size, and so are those of a
 * memory whose pages are bytes, which need not end where the host's pages do. */
#include "compiler/codegen.h"

#include "runtime/abi.h"

static LLVMValueRef memory_base(struct fn_gen *f, uint32_t memory_index)
{
    if (memory_index == 0 && f->memory_base)
        return f->memory_base;
    return gen_load_field(f->g, f->b, f->g->ptr, gen_memory(f, memory_index),
                          offsetof(struct rt_memory, base), REGION_INSTANCE,
                          !f->g->m->memories[memory_index].type.limits.is_64);
}

/* Whether accesses that do not lie in the memory need a test: not all of them fault. */
static bool needs_check(const struct memory_type *type)
{
    return type->limits.is_64 || type->page_bits != RT_PAGE_BITS;
}

/* What is accessed, from an address that is an operand. */
struct access {
    uint32_t memory;
    uint64_t offset, n_bytes;
};

/* Whether an access to such a memory is out of bounds. Where the bytes behind the memory
 * are inaccessible, the address alone counts within their number. */
static LLVMValueRef is_outside(struct fn_gen *f, const struct access *access,
                               LLVMValueRef address)
{
    struct mod_gen *g = f->g;
    bool has_guard = g->m->memories[access->memory].type.page_bits == RT_PAGE_BITS;
    uint64_t end = 0;
    LLVMValueRef n_bytes =
        gen_load_field(g, f->b, g->i64, gen_memory(f, access->memory),
                       offsetof(struct rt_memory, n_bytes), REGION_INSTANCE, false);
    if (__builtin_add_overflow(access->offset, access->n_bytes, &end))
        return LLVMConstInt(g->i1, 1, false);
    if (has_guard && end <= RT_MEMORY_GUARD_BYTES)
        return LLVMBuildICmp(f->b, LLVMIntUGE, address, n_bytes, "");
    LLVMValueRef args[] = {address, gen_i64(g, end)};
    LLVMValueRef sum = gen_intrinsic(g, f->b, INTRINSIC_UADD_SAT, &g->i64, 1, args, 2);
    return LLVMBuildICmp(f->b, LLVMIntUGT, sum, n_bytes, "");
}

/* Where an access lies; one that is out of bounds traps here or faults when it is made.
 */
static LLVMValueRef access_pointer(struct fn_gen *f, const struct access *access,
                                   LLVMValueRef operand)
{
    LLVMValueRef address = gen_u64(f, operand);
    if (needs_check(&f->g->m->memories[access->memory].type))
        gen_trap_if(f, is_outside(f, access, address), RT_TRAP_MEMORY_BOUNDS);
    LLVMValueRef pointer = LLVMBuildInBoundsGEP2(
        f->b, f->g->i8, memory_base(f, access->memory), &address, 1, "");
    return gen_offset(f->g, f->b, pointer, access->offset);
}

/* A store to one address that nothing in the loop reads LLVM makes once, where the loop
 * is left; if it traps, a loop that is never left would not trap (core 4.4.7). So LLVM is
 * told that something reads all memory here: a call that becomes no code, with a bundle
 * of operands that stands for what a deoptimised frame would look at. */
void gen_keep_stores(struct fn_gen *f)
{
    static const char name[] = "llvm.sideeffect";
    struct mod_gen *g = f->g;
    unsigned id = LLVMLookupIntrinsicID(name, sizeof name - 1);
    LLVMValueRef fn = LLVMGetIntrinsicDeclaration(g->llvm, id, NULL, 0);
    LLVMTypeRef type = LLVMIntrinsicGetType(g->context, id, NULL, 0);
    LLVMOperandBundleRef reads_all = LLVMCreateOperandBundle("deopt", 5, NULL, 0);
    LLVMBuildCallWithOperandBundles(f->b, type, fn, NULL, 0, &reads_all, 1, "");
    LLVMDisposeOperandBundle(reads_all);
}

LLVMValueRef gen_range_address(struct fn_gen *f, uint32_t memory_index,
                               LLVMValueRef address, uint64_t n_bytes)
{
    return access_pointer(f, &(struct access){memory_index, 0, n_bytes}, address);
}

/* An address x - n with a small constant n, as code that steps back in an array computes
 * it: n, and x in *address; else 0.
 *
 * Where x < n the address wraps to the last bytes of the 4 GiB, which the memory never
 * has (so the access must trap), and x - n in 64 bits lies in the inaccessible bytes
 * below the memory (so it does). Everywhere else both are the same, and n becomes part of
 * the access. Not valid with an offset, which could lead from below the memory into it.
 */
static uint64_t backward_step(struct fn_gen *f, const struct instr *in,
                              LLVMValueRef *address)
{
    LLVMValueRef value = *address;
    const struct module *m = f->g->m;
    if (in->imm.memarg.offset != 0 || in->memory < m->n_imported_memories ||
        m->memories[in->memory].type.limits.min > RT_GROWN_PAGES ||
        !LLVMIsAInstruction(value))
        return 0;
    LLVMOpcode op = LLVMGetInstructionOpcode(value);
    if (op != LLVMAdd && op != LLVMSub)
        return 0;
    LLVMValueRef other = LLVMGetOperand(value, 0), step = LLVMGetOperand(value, 1);
    if (op == LLVMAdd && LLVMIsAConstantInt(other)) {
        step = other;
        other = LLVMGetOperand(value, 1);
    }
    if (!LLVMIsAConstantInt(step))
        return 0;
    int64_t n = LLVMConstIntGetSExtValue(step);
    if (op == LLVMAdd)
        n = -n;
    if (n <= 0 || n > RT_MEMORY_GUARD_BYTES)
        return 0;
    *address = other;
    return (uint64_t)n;
}

LLVMValueRef gen_access_address(struct fn_gen *f, const struct instr *in,
                                LLVMValueRef address)
{
    if (f->fast) {
        LLVMValueRef fast = gen_fast_address(f);
        if (fast)
            return fast;
    }
    struct access access = {in->memory, in->imm.memarg.offset, op_access_bytes(in->op)};
    if (!needs_check(&f->g->m->memories[in->memory].type))
        access.offset -= backward_step(f, in, &address);
    return access_pointer(f, &access, address);
}

/* The alignment is a hint that may be wrong, so it is never relied on. */
void gen_set_access(struct fn_gen *f, LLVMValueRef access)
{
    LLVMSetAlignment(access, 1);
    gen_set_region(f->g, access, REGION_MEMORY);
    if (f->fast)
        gen_fast_metadata(f, access);
}

/* argument: bytes, negative if the value is to be sign-extended. */
void gen_load(struct fn_gen *f, const struct instr *in, int argument)
{
    bool is_signed = argument < 0;
    unsigned bits = (unsigned)(is_signed ? -argument : argument) * 8;
    LLVMTypeRef type = gen_signature_result(f, in);
    bool is_narrow =
        LLVMGetTypeKind(type) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) > bits;
    LLVMTypeRef loaded = is_narrow ? LLVMIntTypeInContext(f->g->context, bits) : type;
    LLVMValueRef pointer = gen_access_address(f, in, gen_pop(f));
    LLVMValueRef value = LLVMBuildLoad2(f->b, loaded, pointer, "");
    gen_set_access(f, value);
    if (is_narrow)
        value = is_signed ? LLVMBuildSExt(f->b, value, type, "")
                          : LLVMBuildZExt(f->b, value, type, "");
    gen_push(f, value);
}

void gen_store(struct fn_gen *f, const struct instr *in, int n_bytes)
{
    LLVMValueRef value = gen_pop(f);
    LLVMTypeRef type = LLVMTypeOf(value);
    if (LLVMGetTypeKind(type) == LLVMIntegerTypeKind &&
        LLVMGetIntTypeWidth(type) > (unsigned)n_bytes * 8)
        value = LLVMBuildTrunc(
            f->b, value, LLVMIntTypeInContext(f->g->context, (unsigned)n_bytes * 8), "");
    LLVMValueRef pointer = gen_access_address(f, in, gen_pop(f));
    gen_set_access(f, LLVMBuildStore(f->b, value, pointer));
}

void gen_memory_size(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef n_bytes =
        gen_load_field(f->g, f->b, f->g->i64, gen_memory(f, in->imm.index),
                       offsetof(struct rt_memory, n_bytes), REGION_INSTANCE, false);
    const struct memory_type *type = &f->g->m->memories[in->imm.index].type;
    LLVMValueRef pages = LLVMBuildLShr(f->b, n_bytes, gen_i64(f->g, type->page_bits), "");
    gen_push_size(f, pages, &type->limits);
}

void gen_memory_grow(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef args[] = {gen_memory(f, in->imm.index), gen_pop_u64(f)};
    LLVMValueRef old = gen_runtime_call(f->g, f->b, CALL_rt_memory_grow, args);
    gen_push_size(f, old, &f->g->m->memories[in->imm.index].type.limits);
}

void gen_data_drop(struct fn_gen *f, const struct instr *in, int argument)
{
    (void)argument;
    LLVMValueRef args[] = {f->instance, gen_i32(f->g, in->imm.index)};
    gen_runtime_call(f->g, f->b, CALL_rt_data_drop, args);
}
