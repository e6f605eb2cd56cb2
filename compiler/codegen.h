/* Code generation, private to the files that include llvm-c.
 *
 * struct mod_gen is one LLVM module in one context: a part of the Wasm module's
 * functions, or its description. struct fn_gen is one function being generated.
 * Validation has proved the input, so nothing here fails: functions return values. */
#ifndef COMPILER_CODEGEN_H
#define COMPILER_CODEGEN_H

#include <llvm-c/Core.h>
#include <stdbool.h>
#include <stdint.h>

#include "compiler/arena.h"
#include "compiler/layout.h"
#include "compiler/module.h"

struct gen_options {
    const char *
        module_symbol; /* of the module's description; also the prefix of its functions */
    const char *cpu;
    const char *tune_cpu; /* whose instruction costs count */
    const char *features;
    bool has_optimizer; /* not -O0 */
    /* The process has one instance of the module, at a fixed address: nothing need be
     * passed to reach it, nor a register be kept for it. */
    bool is_only_instance;
};

enum intrinsic {
    INTRINSIC_CTLZ,
    INTRINSIC_CTTZ,
    INTRINSIC_CTPOP,
    INTRINSIC_FSHL,
    INTRINSIC_FSHR,
    INTRINSIC_FABS,
    INTRINSIC_FNEG, /* an instruction, not an intrinsic, in LLVM */
    INTRINSIC_CEIL,
    INTRINSIC_FLOOR,
    INTRINSIC_TRUNC,
    INTRINSIC_NEAREST,
    INTRINSIC_SQRT,
    INTRINSIC_MINIMUM,
    INTRINSIC_MAXIMUM,
    INTRINSIC_COPYSIGN,
    INTRINSIC_FPTOSI_SAT,
    INTRINSIC_FPTOUI_SAT,
    INTRINSIC_CONSTRAINED_FMUL,
    INTRINSIC_SCOPE_DECL,
    N_INTRINSICS
};

/* What a memory access touches: regions that never overlap, for type-based alias
 * analysis. */
enum region { REGION_MEMORY, REGION_INSTANCE, REGION_TABLE, N_REGIONS };

enum runtime_call {
#define RT_CALL(name, signature) CALL_##name,
#include "runtime/abi.def"
    N_RUNTIME_CALLS
};

struct mod_gen {
    const struct module *m;
    const struct layout *layout;
    const struct gen_options *options;
    struct arena *arena; /* as long as this LLVM module */
    LLVMContextRef context;
    LLVMModuleRef llvm;
    LLVMBuilderRef b;
    LLVMTypeRef void_type, i1, i8, i16, i32, i64, f32, f64, ptr;
    LLVMValueRef
        *funcs; /* func index -> declared or defined function; filled on demand */
    LLVMValueRef *static_tables; /* table index -> declared or defined; on demand */
    LLVMValueRef only_instance;  /* declared on demand */
    LLVMValueRef runtime_calls[N_RUNTIME_CALLS];
    LLVMMetadataRef region_tags[N_REGIONS];
    unsigned tbaa_kind, invariant_kind, alias_scope_kind, noalias_kind, loop_kind;
    LLVMMetadataRef empty_node;
    LLVMMetadataRef
        scope_domain; /* of the alias scopes of versioned loops; NULL before the first */
};

/* A construct that can be branched to. */
struct label {
    enum opcode op; /* OP_Block, OP_Loop, OP_If; the function's body is a block */
    LLVMBasicBlockRef target; /* of branches: the loop's head, or what follows the end */
    LLVMBasicBlockRef next;   /* what follows the end */
    LLVMBasicBlockRef else_block; /* of an if whose else has not come yet; else NULL */
    LLVMValueRef *target_phis;    /* one per value that a branch carries */
    LLVMValueRef *next_phis;      /* one per result */
    LLVMValueRef *params;         /* of an if: what its else starts with */
    uint32_t n_target_phis, n_params, n_results;
    uint32_t stack_height; /* below the parameters */
    bool is_slow;          /* a loop that has fast versions too */
};

/* How the accesses of a versioned loop are emitted; see codegen_loop.c. */
struct fast_loop;

struct fn_gen {
    struct mod_gen *g;
    LLVMBuilderRef b;
    const struct func_type *type; /* results are those of the body */
    struct body body;
    struct arena *arena; /* as long as this function */
    LLVMValueRef fn;
    LLVMValueRef instance;
    LLVMValueRef memory_base; /* of memory 0, or NULL: the body does not use it */
    LLVMValueRef *locals;     /* allocas */
    LLVMValueRef results;     /* where two or more results go, or NULL */
    LLVMBasicBlockRef entry;
    LLVMBasicBlockRef trap_blocks[16]; /* by enum rt_trap_code, made on demand */
    LLVMValueRef *stack;               /* the operand stack */
    uint32_t sp, stack_capacity;
    struct label *labels;
    uint32_t n_labels, label_capacity;
    uint32_t position;            /* of the instruction in work */
    bool is_dead;                 /* code that can't be reached is skipped */
    const struct fast_loop *fast; /* while the fast version of a loop is emitted */
};

/* ---- codegen.c: the LLVM module and what its functions share ---- */

void gen_begin(struct mod_gen *g, const struct module *m, const struct layout *layout,
               const struct gen_options *options, LLVMContextRef context,
               const char *target_triple, const char *data_layout, struct arena *arena);
void gen_finish(struct mod_gen *g); /* frees the builder, not the LLVM module */

/* The only instance; only if is_only_instance. */
LLVMValueRef gen_only_instance(struct mod_gen *g);

/* The constant table behind call_indirect; only for a table whose is_static holds. */
LLVMValueRef gen_static_table(struct mod_gen *g, uint32_t table_index);

LLVMTypeRef gen_type(const struct mod_gen *g, val_type t);
LLVMTypeRef gen_func_type(const struct mod_gen *g, const struct func_type *type);
LLVMValueRef gen_func(struct mod_gen *g, uint32_t func_index);
LLVMValueRef gen_runtime_call(struct mod_gen *g, LLVMBuilderRef b, enum runtime_call call,
                              LLVMValueRef *args);
LLVMValueRef gen_intrinsic(struct mod_gen *g, LLVMBuilderRef b, enum intrinsic id,
                           LLVMTypeRef *overloads, unsigned n_overloads,
                           LLVMValueRef *args, unsigned n_args);
void gen_set_attribute(struct mod_gen *g, LLVMValueRef fn, const char *name,
                       uint64_t value);
void gen_set_string_attribute(struct mod_gen *g, LLVMValueRef fn, const char *name,
                              const char *value);
/* Attributes every generated function has: unwind tables, stack probes, the target. */
void gen_function_attributes(struct mod_gen *g, LLVMValueRef fn);
LLVMValueRef gen_i32(const struct mod_gen *g, uint32_t value);
LLVMValueRef gen_i64(const struct mod_gen *g, uint64_t value);

/* The address n_bytes behind a pointer, within the same object. */
LLVMValueRef gen_offset(const struct mod_gen *g, LLVMBuilderRef b, LLVMValueRef pointer,
                        uint64_t n_bytes);
/* A load or store of the runtime's own data. is_invariant: the value never changes once
 * set. */
LLVMValueRef gen_load_field(const struct mod_gen *g, LLVMBuilderRef b, LLVMTypeRef type,
                            LLVMValueRef pointer, uint64_t offset, enum region region,
                            bool is_invariant);
void gen_set_region(const struct mod_gen *g, LLVMValueRef access, enum region region);

/* ---- codegen_function.c ---- */

/* Defines the function. is_copy: only for inlining into others of this LLVM module. */
void gen_function(struct mod_gen *g, uint32_t func_index, bool is_copy,
                  struct arena *arena);
/* Evaluates a constant expression in the function under construction. */
LLVMValueRef gen_const_expr(struct fn_gen *f, const struct const_expr *expr);
void gen_instr(struct fn_gen *f, const struct instr *in);
/* Generates instructions [from, to) with the builder where it stands. */
void gen_range(struct fn_gen *f, uint32_t from, uint32_t to);

LLVMValueRef gen_pop(struct fn_gen *f);
/* Pops an i32 as the unsigned 64-bit number that the runtime's functions take. */
LLVMValueRef gen_pop_u64(struct fn_gen *f);
void gen_push(struct fn_gen *f, LLVMValueRef value);
LLVMBasicBlockRef gen_new_block(struct fn_gen *f, const char *name);
/* The block that traps for this reason: one per function and reason keeps the cold code
 * small. */
LLVMBasicBlockRef gen_trap_block(struct fn_gen *f, uint32_t trap_code);
/* Stack memory in the entry block, so that it is no dynamic allocation. */
LLVMValueRef gen_entry_alloca(struct fn_gen *f, LLVMTypeRef type);
/* Goes on in a new block, unless condition holds: then the function traps. */
void gen_trap_if(struct fn_gen *f, LLVMValueRef condition, uint32_t trap_code);
/* The address of a table or memory object, own or imported. */
LLVMValueRef gen_table(struct fn_gen *f, uint32_t table_index);
LLVMValueRef gen_memory(struct fn_gen *f, uint32_t memory_index);
LLVMValueRef gen_global_address(struct fn_gen *f, uint32_t global_index);

/* ---- codegen_control.c ---- */

/* Opens the block that is the function's body. */
void gen_open_body(struct fn_gen *f);

/* ---- codegen_loop.c ---- */

/* If the loop at loop_position, whose label is open, is of the kind loops.h describes,
 * generates its fast versions, which go to next, and leaves the builder where the loop as
 * it is, the slow version, starts. */
bool gen_fast_versions(struct fn_gen *f, uint32_t loop_position, LLVMBasicBlockRef next);
void gen_slow_metadata(struct fn_gen *f, LLVMValueRef back_edge);
/* The address of an access of the fast version in work. */
LLVMValueRef gen_fast_address(struct fn_gen *f);
/* Adds the no-alias facts of the fast version in work. */
void gen_fast_metadata(struct fn_gen *f, LLVMValueRef access);

/* ---- codegen_module.c ---- */

/* Defines the module's description (struct rt_module) and its initialize function. */
void gen_module_description(struct mod_gen *g);

/* ---- The families of opcodes.def; argument is the table's last column ---- */

#define OP(code, id, text, imm, sig, flags, family, arg)                                 \
    void gen_##family(struct fn_gen *f, const struct instr *in, int argument);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wredundant-decls"
#include "compiler/opcodes.def"
#pragma GCC diagnostic pop
#undef OP

#endif
