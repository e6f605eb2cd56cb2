/* The LLVM module: types, declarations and metadata that all its functions share. */
#include "compiler/codegen.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compiler/codegen_checkpoint.h"
#include "compiler/host.h"
#include "runtime/abi.h"

static void make_region_tags(struct mod_gen *g)
{
    static const char *const names[N_REGIONS] = {"linear memory", "instance", "table"};
    LLVMMetadataRef root = LLVMMDStringInContext2(g->context, "wanco", 5);
    LLVMMetadataRef root_node = LLVMMDNodeInContext2(g->context, &root, 1);
    LLVMMetadataRef zero = LLVMValueAsMetadata(gen_i64(g, 0));
    for (int i = 0; i < N_REGIONS; i++) {
        LLVMMetadataRef name =
            LLVMMDStringInContext2(g->context, names[i], strlen(names[i]));
        LLVMMetadataRef type = LLVMMDNodeInContext2(
            g->context, (LLVMMetadataRef[]){name, root_node, zero}, 3);
        g->region_tags[i] =
            LLVMMDNodeInContext2(g->context, (LLVMMetadataRef[]){type, type, zero}, 3);
    }
}

static unsigned metadata_kind(const struct mod_gen *g, const char *name)
{
    return LLVMGetMDKindIDInContext(g->context, name, (unsigned)strlen(name));
}

void gen_begin(struct mod_gen *g, const struct module *m, const struct layout *layout,
               const struct gen_options *options, LLVMContextRef context,
               const char *target_triple, const char *data_layout, struct arena *arena)
{
    *g = (struct mod_gen){
        .m = m, .layout = layout, .options = options, .arena = arena, .context = context};
    g->llvm = LLVMModuleCreateWithNameInContext("wasm", context);
    LLVMSetTarget(g->llvm, target_triple);
    LLVMSetDataLayout(g->llvm, data_layout);
    g->b = LLVMCreateBuilderInContext(context);
    g->void_type = LLVMVoidTypeInContext(context);
    g->i1 = LLVMInt1TypeInContext(context);
    g->i8 = LLVMInt8TypeInContext(context);
    g->i16 = LLVMInt16TypeInContext(context);
    g->i32 = LLVMInt32TypeInContext(context);
    g->i64 = LLVMInt64TypeInContext(context);
    g->f32 = LLVMFloatTypeInContext(context);
    g->f64 = LLVMDoubleTypeInContext(context);
    g->ptr = LLVMPointerTypeInContext(context, 0);
    g->v128 = LLVMVectorType(g->i64, 2);
    g->funcs = arena_array(arena, m->n_funcs, sizeof(LLVMValueRef));
    g->tbaa_kind = metadata_kind(g, "tbaa");
    g->invariant_kind = metadata_kind(g, "invariant.load");
    g->alias_scope_kind = metadata_kind(g, "alias.scope");
    g->noalias_kind = metadata_kind(g, "noalias");
    g->loop_kind = metadata_kind(g, "llvm.loop");
    g->profile_kind = metadata_kind(g, "prof");
    g->empty_node = LLVMMDNodeInContext2(context, NULL, 0);
    make_region_tags(g);
}

void gen_finish(struct mod_gen *g)
{
    LLVMDisposeBuilder(g->b);
}

LLVMTypeRef gen_type(const struct mod_gen *g, val_type t)
{
    switch (t) {
    case TYPE_I32:
        return g->i32;
    case TYPE_I64:
        return g->i64;
    case TYPE_F32:
        return g->f32;
    case TYPE_F64:
        return g->f64;
    case TYPE_V128:
        return g->v128;
    default:
        assert(type_is_ref(t));
        return g->ptr;
    }
}

/* The calling convention that abi.h describes. */
LLVMTypeRef gen_func_type(const struct mod_gen *g, const struct func_type *type)
{
    uint32_t n = type->n_params + 1;
    LLVMTypeRef *params = arena_array(g->arena, n + 1, sizeof *params);
    params[0] = g->ptr;
    for (uint32_t i = 0; i < type->n_params; i++)
        params[i + 1] = gen_type(g, type->params[i]);
    if (type->n_results >= 2)
        params[n++] = g->ptr;
    LLVMTypeRef result =
        type->n_results == 1 ? gen_type(g, type->results[0]) : g->void_type;
    return LLVMFunctionType(result, params, n, false);
}

LLVMValueRef gen_i32(const struct mod_gen *g, uint32_t value)
{
    return LLVMConstInt(g->i32, value, false);
}

LLVMValueRef gen_i64(const struct mod_gen *g, uint64_t value)
{
    return LLVMConstInt(g->i64, value, false);
}

void gen_set_attribute(struct mod_gen *g, LLVMValueRef fn, const char *name,
                       uint64_t value)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    assert(kind != 0);
    LLVMAddAttributeAtIndex(fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(g->context, kind, value));
}

void gen_set_string_attribute(struct mod_gen *g, LLVMValueRef fn, const char *name,
                              const char *value)
{
    LLVMAddAttributeAtIndex(fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            LLVMCreateStringAttribute(g->context, name,
                                                      (unsigned)strlen(name), value,
                                                      (unsigned)strlen(value)));
}

static void set_param_attribute(struct mod_gen *g, LLVMValueRef fn, unsigned param,
                                const char *name, uint64_t value)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(fn, param + 1,
                            LLVMCreateEnumAttribute(g->context, kind, value));
}

void gen_function_attributes(struct mod_gen *g, LLVMValueRef fn)
{
    gen_set_attribute(g, fn, "uwtable",
                      2); /* exact at every instruction: any access may fault */
    gen_set_string_attribute(g, fn, "probe-stack", "inline-asm");
    /* Unbounded recursion must exhaust the stack, not become a loop. */
    gen_set_string_attribute(g, fn, "disable-tail-calls", "true");
    gen_set_string_attribute(g, fn, "target-cpu", g->options->cpu);
    gen_set_string_attribute(g, fn, "tune-cpu", g->options->tune_cpu);
    if (g->options->features[0])
        gen_set_string_attribute(g, fn, "target-features", g->options->features);
    if (g->options->is_only_instance)
        return; /* the parameter has no value */
    set_param_attribute(g, fn, 0, "nonnull", 0);
    set_param_attribute(g, fn, 0, "noundef", 0);
    set_param_attribute(g, fn, 0, "align", 16);
    set_param_attribute(g, fn, 0, "dereferenceable", g->layout->instance_bytes);
}

LLVMValueRef gen_memory0(struct mod_gen *g)
{
    static const char name[] = "wanco_memory0";
    LLVMValueRef symbol = LLVMGetNamedGlobal(g->llvm, name);
    if (!symbol) {
        char definition[64];
        int n = snprintf(definition, sizeof definition, ".set %s, 0x%" PRIx64, name,
                         g->options->memory0);
        LLVMAppendModuleInlineAsm(g->llvm, definition, (size_t)n);
        symbol = LLVMAddGlobal(g->llvm, LLVMArrayType2(g->i8, 0), name);
        LLVMSetVisibility(symbol, LLVMHiddenVisibility);
    }
    return symbol;
}

LLVMValueRef gen_only_instance(struct mod_gen *g)
{
    if (!g->only_instance) {
        char symbol[256];
        snprintf(symbol, sizeof symbol, "%s.instance", g->options->module_symbol);
        LLVMTypeRef type = LLVMArrayType2(g->i8, g->layout->instance_bytes);
        g->only_instance = LLVMAddGlobal(g->llvm, type, symbol);
        LLVMSetVisibility(g->only_instance, LLVMHiddenVisibility);
        LLVMSetAlignment(g->only_instance, 64);
    }
    return g->only_instance;
}

/* The symbol of a function: the prefix, its index and its name, for tools that show
 * symbols. */
static void func_symbol(const struct mod_gen *g, uint32_t func_index, char *symbol,
                        size_t n_bytes)
{
    const struct func *func = &g->m->funcs[func_index];
    char name[128];
    module_func_name(g->m, func_index, name, sizeof name);
    if (func->import_index != NO_INDEX) {
        const struct host_func *host = find_host_func(&g->m->imports[func->import_index]);
        snprintf(symbol, n_bytes, "rt_wasi_%s", host->function);
    } else {
        snprintf(symbol, n_bytes, "%s.%u.%s", g->options->module_symbol, func_index,
                 name);
    }
}

/* What may fit into a line of the cache should not lie across two: short functions that
 * only call each other took 1.2 of the time. */
enum { CACHE_LINE = 64 };

/* An own function, or a host function that is linked directly; other imports have no
 * symbol. */
LLVMValueRef gen_func(struct mod_gen *g, uint32_t func_index)
{
    if (!g->funcs[func_index]) {
        char symbol[512];
        func_symbol(g, func_index, symbol, sizeof symbol);
        LLVMTypeRef type = g->m->funcs[func_index].makes_tail_calls
                               ? gen_tail_type(g)
                               : gen_func_type(g, module_func_type(g->m, func_index));
        /* A module may import a host function twice. */
        LLVMValueRef fn = LLVMGetNamedFunction(g->llvm, symbol);
        if (!fn)
            fn = LLVMAddFunction(g->llvm, symbol, type);
        if (g->m->funcs[func_index].import_index == NO_INDEX) {
            LLVMSetVisibility(fn, LLVMHiddenVisibility);
            if (g->m->funcs[func_index].body_bytes <= CACHE_LINE)
                LLVMSetAlignment(fn, CACHE_LINE);
        }
        if (!gen_can_suspend(g, func_index) && !gen_can_throw(g, func_index))
            gen_set_attribute(g, fn, "nounwind", 0);
        g->funcs[func_index] = fn;
    }
    return g->funcs[func_index];
}

LLVMValueRef gen_func_entry(struct mod_gen *g, uint32_t func_index)
{
    if (!g->m->funcs[func_index].makes_tail_calls)
        return gen_func(g, func_index);
    char symbol[256];
    snprintf(symbol, sizeof symbol, "%s.%u.entry", g->options->module_symbol, func_index);
    LLVMValueRef entry = LLVMGetNamedFunction(g->llvm, symbol);
    if (!entry) {
        LLVMTypeRef type = gen_func_type(g, module_func_type(g->m, func_index));
        entry = LLVMAddFunction(g->llvm, symbol, type);
        LLVMSetVisibility(entry, LLVMHiddenVisibility);
    }
    return entry;
}

LLVMValueRef gen_runtime_object(struct mod_gen *g, LLVMTypeRef type, const char *name)
{
    LLVMValueRef object = LLVMGetNamedGlobal(g->llvm, name);
    if (!object) {
        object = LLVMAddGlobal(g->llvm, type, name);
        if (g->options->is_only_instance)
            LLVMSetVisibility(object, LLVMHiddenVisibility);
    }
    return object;
}

static LLVMTypeRef letter_type(const struct mod_gen *g, char letter)
{
    switch (letter) {
    case 'i':
        return g->i32;
    case 'I':
        return g->i64;
    case 'f':
        return g->f32;
    case 'F':
        return g->f64;
    case 'p':
        return g->ptr;
    default:
        assert(letter == 'v');
        return g->void_type;
    }
}

/* signature: "result(params)", as in abi.def. */
static LLVMTypeRef signature_type(const struct mod_gen *g, const char *signature)
{
    LLVMTypeRef params[8];
    unsigned n = 0;
    for (const char *p = signature + 2; *p != ')'; p++)
        params[n++] = letter_type(g, *p);
    return LLVMFunctionType(letter_type(g, signature[0]), params, n, false);
}

static const struct {
    const char *name, *signature;
} runtime_calls[N_RUNTIME_CALLS] = {
#define RT_CALL(name, signature) {#name, signature},
#include "runtime/abi.def"
};

LLVMValueRef gen_runtime_function(struct mod_gen *g, enum runtime_call call)
{
    if (!g->runtime_calls[call]) {
        LLVMTypeRef type = signature_type(g, runtime_calls[call].signature);
        LLVMValueRef fn = LLVMAddFunction(g->llvm, runtime_calls[call].name, type);
        if (call == CALL_rt_trap || call == CALL_rt_trap_indirect ||
            call == CALL_rt_trap_null_element || call == CALL_rt_trap_element_type ||
            call == CALL_rt_suspend || call == CALL_rt_image_raise ||
            call == CALL_rt_throw) {
            gen_set_attribute(g, fn, "noreturn", 0);
            gen_set_attribute(g, fn, "cold", 0);
        }
        if (call != CALL_rt_suspend && call != CALL_rt_image_raise &&
            call != CALL_rt_call_host && call != CALL_rt_throw)
            gen_set_attribute(g, fn, "nounwind", 0);
        g->runtime_calls[call] = fn;
    }
    return g->runtime_calls[call];
}

LLVMValueRef gen_runtime_call(struct mod_gen *g, LLVMBuilderRef b, enum runtime_call call,
                              LLVMValueRef *args)
{
    LLVMValueRef fn = gen_runtime_function(g, call);
    return LLVMBuildCall2(b, LLVMGlobalGetValueType(fn), fn, args,
                          (unsigned)strlen(runtime_calls[call].signature) - 3, "");
}

LLVMValueRef gen_intrinsic(struct mod_gen *g, LLVMBuilderRef b, enum intrinsic id,
                           LLVMTypeRef *overloads, unsigned n_overloads,
                           LLVMValueRef *args, unsigned n_args)
{
    static const char *const names[N_INTRINSICS] = {
        [INTRINSIC_CTLZ] = "llvm.ctlz",
        [INTRINSIC_CTTZ] = "llvm.cttz",
        [INTRINSIC_CTPOP] = "llvm.ctpop",
        [INTRINSIC_FSHL] = "llvm.fshl",
        [INTRINSIC_FSHR] = "llvm.fshr",
        [INTRINSIC_UADD_SAT] = "llvm.uadd.sat",
        [INTRINSIC_FABS] = "llvm.fabs",
        [INTRINSIC_CEIL] = "llvm.ceil",
        [INTRINSIC_FLOOR] = "llvm.floor",
        [INTRINSIC_TRUNC] = "llvm.trunc",
        [INTRINSIC_NEAREST] = "llvm.roundeven",
        [INTRINSIC_SQRT] = "llvm.sqrt",
        [INTRINSIC_MINIMUM] = "llvm.minimum",
        [INTRINSIC_MAXIMUM] = "llvm.maximum",
        [INTRINSIC_COPYSIGN] = "llvm.copysign",
        [INTRINSIC_FPTOSI_SAT] = "llvm.fptosi.sat",
        [INTRINSIC_FPTOUI_SAT] = "llvm.fptoui.sat",
        [INTRINSIC_SADD_SAT] = "llvm.sadd.sat",
        [INTRINSIC_SSUB_SAT] = "llvm.ssub.sat",
        [INTRINSIC_USUB_SAT] = "llvm.usub.sat",
        [INTRINSIC_SMIN] = "llvm.smin",
        [INTRINSIC_SMAX] = "llvm.smax",
        [INTRINSIC_UMIN] = "llvm.umin",
        [INTRINSIC_UMAX] = "llvm.umax",
        [INTRINSIC_ABS] = "llvm.abs",
        [INTRINSIC_REDUCE_AND] = "llvm.vector.reduce.and",
        [INTRINSIC_REDUCE_OR] = "llvm.vector.reduce.or",
        [INTRINSIC_X86_PSHUFB] = "llvm.x86.ssse3.pshuf.b.128",
        [INTRINSIC_X86_PMULHRSW] = "llvm.x86.ssse3.pmul.hr.sw.128",
        [INTRINSIC_X86_CVTTPS2DQ] = "llvm.x86.sse2.cvttps2dq",
        [INTRINSIC_AARCH64_SQRDMULH] = "llvm.aarch64.neon.sqrdmulh",
        [INTRINSIC_AARCH64_TBL] = "llvm.aarch64.neon.tbl1",
        [INTRINSIC_CONSTRAINED_FMUL] = "llvm.experimental.constrained.fmul",
        [INTRINSIC_SCOPE_DECL] = "llvm.experimental.noalias.scope.decl",
    };
    assert(names[id]);
    unsigned llvm_id = LLVMLookupIntrinsicID(names[id], strlen(names[id]));
    LLVMValueRef fn =
        LLVMGetIntrinsicDeclaration(g->llvm, llvm_id, overloads, n_overloads);
    LLVMTypeRef type = LLVMIntrinsicGetType(g->context, llvm_id, overloads, n_overloads);
    return LLVMBuildCall2(b, type, fn, args, n_args, "");
}

LLVMValueRef gen_offset(const struct mod_gen *g, LLVMBuilderRef b, LLVMValueRef pointer,
                        uint64_t n_bytes)
{
    if (n_bytes == 0)
        return pointer;
    LLVMValueRef index = gen_i64(g, n_bytes);
    return LLVMBuildInBoundsGEP2(b, g->i8, pointer, &index, 1, "");
}

void gen_set_region(const struct mod_gen *g, LLVMValueRef access, enum region region)
{
    LLVMSetMetadata(access, g->tbaa_kind,
                    LLVMMetadataAsValue(g->context, g->region_tags[region]));
}

/* LLVM expects vectors at multiples of 16, else. */
static LLVMValueRef align_access(const struct mod_gen *g, LLVMTypeRef type,
                                 LLVMValueRef access)
{
    if (type == g->v128)
        LLVMSetAlignment(access, 8);
    return access;
}

LLVMValueRef gen_load_value(const struct mod_gen *g, LLVMBuilderRef b, LLVMTypeRef type,
                            LLVMValueRef pointer)
{
    return align_access(g, type, LLVMBuildLoad2(b, type, pointer, ""));
}

LLVMValueRef gen_store_value(const struct mod_gen *g, LLVMBuilderRef b,
                             LLVMValueRef value, LLVMValueRef pointer)
{
    return align_access(g, LLVMTypeOf(value), LLVMBuildStore(b, value, pointer));
}

uint32_t gen_words(const struct mod_gen *g, LLVMValueRef value)
{
    return rt_words_of(LLVMTypeOf(value) == g->v128 ? TYPE_V128 : 0);
}

LLVMValueRef gen_load_field(const struct mod_gen *g, LLVMBuilderRef b, LLVMTypeRef type,
                            LLVMValueRef pointer, uint64_t offset, enum region region,
                            bool is_invariant)
{
    LLVMValueRef value = gen_load_value(g, b, type, gen_offset(g, b, pointer, offset));
    gen_set_region(g, value, region);
    if (is_invariant)
        LLVMSetMetadata(value, g->invariant_kind,
                        LLVMMetadataAsValue(g->context, g->empty_node));
    return value;
}
