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
#include "compiler/points.h"
#include "compiler/suspension.h"

struct gen_options {
    const char *module_symbol; /* of the module's description; its functions' prefix */
    const char *cpu;
    const char *tune_cpu; /* whose instruction costs count */
    const char *features;
    bool has_optimizer;            /* not -O0 */
    bool has_saved_registers_only; /* the processor has none that rt_suspend ignores */
    /* The process has one instance of the module, at a fixed address: nothing need be
     * passed to reach it, nor a register be kept for it. */
    bool is_only_instance;
    uint64_t memory0;                    /* where memory 0 lies; 0: known at run time */
    const struct suspension *suspension; /* NULL: no checkpoint code */
    const struct suspension *throwing;   /* NULL: nothing in the module catches */
    const uint32_t *n_brief;             /* as in struct survey */
    uint32_t poll_interval; /* loop iterations between polls; 0: about a millisecond's */
    char *const *plugins;   /* as in struct emit_options */
};

enum intrinsic {
    INTRINSIC_CTLZ,
    INTRINSIC_CTTZ,
    INTRINSIC_CTPOP,
    INTRINSIC_FSHL,
    INTRINSIC_FSHR,
    INTRINSIC_UADD_SAT,
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
    INTRINSIC_SADD_SAT,
    INTRINSIC_SSUB_SAT,
    INTRINSIC_USUB_SAT,
    INTRINSIC_SMIN,
    INTRINSIC_SMAX,
    INTRINSIC_UMIN,
    INTRINSIC_UMAX,
    INTRINSIC_ABS,
    INTRINSIC_REDUCE_AND,
    INTRINSIC_REDUCE_OR,
    INTRINSIC_X86_PSHUFB,
    INTRINSIC_X86_PMULHRSW,
    INTRINSIC_X86_CVTTPS2DQ,
    INTRINSIC_AARCH64_TBL,
    INTRINSIC_AARCH64_SQRDMULH,
    INTRINSIC_CONSTRAINED_FMUL,
    INTRINSIC_SCOPE_DECL,
    N_INTRINSICS
};

/* Which half of the lanes is extended, and how; the argument of some families. */
enum half { HALF_HIGH = 1, HALF_UNSIGNED = 2 };
enum {
    HALF_LOW_S = 0,
    HALF_HIGH_S = HALF_HIGH,
    HALF_LOW_U = HALF_UNSIGNED,
    HALF_HIGH_U = HALF_HIGH | HALF_UNSIGNED
};

/* What a memory access touches: regions that never overlap, for type-based alias
 * analysis. */
enum region { REGION_MEMORY, REGION_INSTANCE, REGION_TABLE, N_REGIONS };

enum runtime_call {
#define RT_CALL(name, signature) CALL_##name,
#include "runtime/abi.def"
    N_RUNTIME_CALLS
};

/* A function that holds clean copies of loops (codegen_clean.c). */
struct clean_group {
    LLVMValueRef fn;     /* NULL: there is none yet */
    LLVMValueRef copies; /* a switch from a copy's number to its start */
    LLVMBasicBlockRef entry;
    uint32_t n_copies;
    uint64_t n_instrs;
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
    LLVMTypeRef v128;    /* what all values of that type are between instructions */
    LLVMValueRef *funcs; /* func index -> function, declared on demand */
    LLVMValueRef only_instance; /* declared on demand */
    LLVMValueRef runtime_calls[N_RUNTIME_CALLS];
    LLVMMetadataRef region_tags[N_REGIONS];
    LLVMValueRef personality; /* declared on demand */
    unsigned tbaa_kind, invariant_kind, alias_scope_kind, noalias_kind, loop_kind,
        profile_kind;
    LLVMMetadataRef empty_node;
    LLVMMetadataRef scope_domain; /* of the alias scopes of versioned loops; on demand */
    uint32_t n_scopes;
    struct clean_group clean_group; /* the last one, which takes more */
};

/* A construct that can be branched to. */
struct label {
    enum opcode op;           /* of a block's kind; the function's body is an OP_Block */
    LLVMBasicBlockRef target; /* of branches: the loop's head, or what follows the end */
    LLVMBasicBlockRef next;   /* what follows the end */
    LLVMBasicBlockRef else_block; /* of an if whose else has not come yet; else NULL */
    LLVMValueRef *target_phis;    /* one per value that a branch carries */
    LLVMValueRef *next_phis;      /* one per result */
    LLVMValueRef *params;         /* of an if: what its else starts with */
    uint32_t n_target_phis, n_params, n_results;
    uint32_t stack_height;       /* below the parameters */
    bool is_slow;                /* a loop that has fast versions too */
    bool has_points;             /* in a cold copy: ways in lead into it */
    const struct point *point;   /* of a loop that polls where it goes back; else NULL */
    LLVMBasicBlockRef head;      /* of a loop that polls: where it goes after that */
    LLVMValueRef *head_phis;     /* one per parameter */
    uint32_t fuel;               /* iterations between its polls; 0: polls in each */
    struct dispatch *dispatch;   /* of a loop that does (codegen_dispatch.c); else NULL */
    struct advance_gen *advance; /* the same (codegen_advance.c) */
    bool handles; /* a try, in its body: what is thrown there goes to its handler */
    const struct instr *clauses; /* of a try_table */
    LLVMBasicBlockRef handler;   /* what tries the catches that have not come yet; on
                                    demand, as is: */
    LLVMBasicBlockRef pad;       /* in a cold copy: of all calls in its body */
    LLVMValueRef exception;      /* where the handler begins: a PHI */
};

/* How the accesses of a versioned loop are emitted; see codegen_loop.c. */
struct fast_loop;

/* What only the body that resumes has; see codegen_resume.h. */
struct resume_gen;

struct fn_gen {
    struct mod_gen *g;
    uint32_t func_index;
    LLVMBuilderRef b;
    const struct func_type *type; /* results are those of the body */
    struct body body;
    struct arena *arena; /* as long as this function */
    LLVMValueRef fn;
    LLVMValueRef *params; /* not in a body that resumes */
    LLVMValueRef instance;
    LLVMValueRef memory_base; /* of memory 0, or NULL: it is not used, or may move */
    LLVMValueRef *locals;     /* allocas */
    LLVMValueRef results;     /* where two or more results go, or NULL */
    LLVMBasicBlockRef entry;
    LLVMBasicBlockRef trap_blocks[16]; /* by enum rt_trap_code, made on demand */
    LLVMValueRef *stack;   /* the operand stack; in a clean copy none below its loop */
    uint32_t *stack_words; /* operand -> words that those below it take */
    uint32_t *local_words; /* local -> words that those before it take; then all */
    uint32_t sp, stack_capacity;
    struct label *labels;
    uint32_t n_labels;
    size_t label_capacity;
    uint32_t position;            /* of the instruction in work */
    bool is_dead;                 /* code that can't be reached is skipped */
    const struct fast_loop *fast; /* while the fast version of a loop is emitted */
    struct points points; /* none if it can't be suspended, or without checkpoints */
    LLVMValueRef fuel; /* iterations until an innermost loop polls; alloca, on demand */
    struct resume_gen *resume; /* NULL but in a body that resumes */
    LLVMValueRef image;        /* there: the frame's locals and operands in memory */
    LLVMValueRef entries; /* a switch to the loops where the fast body is entered; NULL:
                             nowhere */
    LLVMValueRef entered_image; /* there: the locals */
    bool is_cold; /* in its cold copy: locals and operands are in the image wherever the
                     frame can be suspended */
};

/* ---- codegen.c: the LLVM module and what its functions share ---- */

/* Fills g and makes its LLVM module, empty, in context; both belong to the caller. What g
 * points to is lent until the module is finished. */
void gen_begin(struct mod_gen *g, const struct module *m, const struct layout *layout,
               const struct gen_options *options, LLVMContextRef context,
               const char *target_triple, const char *data_layout, struct arena *arena);
void gen_finish(struct mod_gen *g); /* frees the builder, not the LLVM module */

/* Memory 0, of which nothing is known but where it lies; only if options->memory0. */
LLVMValueRef gen_memory0(struct mod_gen *g);
/* The only instance; only if is_only_instance. */
LLVMValueRef gen_only_instance(struct mod_gen *g);
/* Defines the function of struct rt_import (abi.h), for an import that is not WASI's. */
LLVMValueRef gen_adapter(struct mod_gen *g, uint32_t func_index);

LLVMTypeRef gen_type(const struct mod_gen *g, val_type t);
LLVMTypeRef gen_func_type(const struct mod_gen *g, const struct func_type *type);
/* The function's body; has the convention of codegen_tail.c if it makes tail calls. */
LLVMValueRef gen_func(struct mod_gen *g, uint32_t func_index);
/* Its tail_code of abi.h, or null. */
LLVMValueRef gen_tail_code(struct mod_gen *g, uint32_t func_index);
/* What has the convention of abi.h: the same, or what calls it. */
LLVMValueRef gen_func_entry(struct mod_gen *g, uint32_t func_index);
/* A symbol of the runtime's data. */
LLVMValueRef gen_runtime_object(struct mod_gen *g, LLVMTypeRef type, const char *name);
LLVMValueRef gen_runtime_function(struct mod_gen *g, enum runtime_call call);
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
/* A Wasm value where the runtime keeps it: a union rt_value, or words of a frame. Such a
 * place is aligned to 8 bytes, whatever the type. */
LLVMValueRef gen_load_value(const struct mod_gen *g, LLVMBuilderRef b, LLVMTypeRef type,
                            LLVMValueRef pointer);
LLVMValueRef gen_store_value(const struct mod_gen *g, LLVMBuilderRef b,
                             LLVMValueRef value, LLVMValueRef pointer);
/* The words that a value takes in a frame. */
uint32_t gen_words(const struct mod_gen *g, LLVMValueRef value);

/* ---- codegen_static.c: only for tables whose is_static holds ---- */

/* Of struct static_entry. */
LLVMValueRef gen_static_table(struct mod_gen *g, uint32_t table_index);
/* Element -> tail_code of abi.h. */
LLVMValueRef gen_static_tails(struct mod_gen *g, uint32_t table_index);
/* Element -> code, which traps if the element has not this type; only if is_typed. */
LLVMValueRef gen_typed_table(struct mod_gen *g, uint32_t table_index,
                             uint32_t canonical_type);
/* Defines them all. */
void gen_define_static_tables(struct mod_gen *g, uint32_t table_index);

/* ---- codegen_function.c ---- */

/* Defines the function. is_copy: only for inlining into others of this LLVM module. */
void gen_function(struct mod_gen *g, uint32_t func_index, bool is_copy,
                  struct arena *arena);
/* What the fast body and the one that resumes share: f->body decoded, its points found,
 * and the entry block with instance and locals; then the body itself. */
void gen_begin_body(struct fn_gen *f);
void gen_whole_body(struct fn_gen *f);
void gen_load_memory_base(struct fn_gen *f);
/* Evaluates a constant expression in the function under construction. */
LLVMValueRef gen_const_expr(struct fn_gen *f, const struct const_expr *expr);
void gen_instr(struct fn_gen *f, const struct instr *in);
/* Generates instructions [from, to) with the builder where it stands. */
void gen_range(struct fn_gen *f, uint32_t from, uint32_t to);

/* The local's value, from a place that holds it. */
LLVMValueRef gen_load_local(struct fn_gen *f, uint32_t local, LLVMValueRef place);
LLVMValueRef gen_pop(struct fn_gen *f);
/* An i32 or i64 as the unsigned 64-bit number that the runtime's functions take. */
LLVMValueRef gen_u64(struct fn_gen *f, LLVMValueRef value);
LLVMValueRef gen_pop_u64(struct fn_gen *f);
/* Pushes such a number as an address or size of what has these limits. */
void gen_push_size(struct fn_gen *f, LLVMValueRef size, const struct limits *limits);
void gen_push(struct fn_gen *f, LLVMValueRef value);
/* Pushes values of these types from an array of union rt_value; stores the topmost n in
 * one. */
void gen_push_values(struct fn_gen *f, const val_type *types, uint32_t n,
                     LLVMValueRef array);
void gen_store_values(struct fn_gen *f, uint32_t n, LLVMValueRef array);
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

/* ---- codegen_memory.c: what loads and stores of any type share ---- */

/* Where an instruction with a memarg accesses its memory, given the address that was its
 * operand. */
LLVMValueRef gen_access_address(struct fn_gen *f, const struct instr *in,
                                LLVMValueRef address);
/* Where n_bytes from an address of a memory lie. If not all of them are in bounds, it
 * traps, or accessing the last one does. */
LLVMValueRef gen_range_address(struct fn_gen *f, uint32_t memory_index,
                               LLVMValueRef address, uint64_t n_bytes);
/* What LLVM is told about the load or store made there. */
void gen_set_access(struct fn_gen *f, LLVMValueRef access);
/* In a loop: has the stores in it made as often as it goes round. */
void gen_keep_stores(struct fn_gen *f);

/* ---- codegen_numeric.c: on numbers or vectors of them ---- */

/* The type of the instruction's result, by its signature. */
LLVMTypeRef gen_signature_result(const struct fn_gen *f, const struct instr *in);
LLVMValueRef gen_arithmetic(struct fn_gen *f, LLVMOpcode op, LLVMValueRef lhs,
                            LLVMValueRef rhs);
/* core 4.3.3, fmin and fmax: by INTRINSIC_MINIMUM or INTRINSIC_MAXIMUM. */
LLVMValueRef gen_float_extreme(struct fn_gen *f, enum intrinsic intrinsic,
                               LLVMValueRef lhs, LLVMValueRef rhs);

/* ---- codegen_control.c ---- */

/* Opens the block that is the function's body. */
void gen_open_body(struct fn_gen *f);
/* Opens a block, whose parameters are on the stack. */
struct label *gen_open_label(struct fn_gen *f, const struct instr *in);
/* Ends the block: branches with the topmost values of the stack. */
void gen_branch(struct fn_gen *f, uint32_t depth);
struct label *gen_branch_target(struct fn_gen *f, uint32_t depth);
/* Leaves a construct by falling off the end of a part of it. */
void gen_fall_through(struct fn_gen *f, struct label *label);
/* Starts a part of the construct, with no operands of its own, where the builder is. */
void gen_start_part(struct fn_gen *f, const struct label *label);
/* PHIs of these types at the end of a block that is still empty. */
LLVMValueRef *gen_phis(struct fn_gen *f, LLVMBasicBlockRef block, const val_type *types,
                       uint32_t n);
/* An edge from the block in work to one with PHIs, which take the topmost values of the
 * stack. */
void gen_edge(struct fn_gen *f, LLVMValueRef *phis, uint32_t n);
/* Starts the loop whose label is the innermost: from here on the builder stands at its
 * head, its parameters on the stack, and branches to it are polls. */
void gen_start_loop(struct fn_gen *f, const struct func_type *type);
/* Falls off the end of the innermost label's body, and closes the way back if it is a
 * loop. The label stays open. */
void gen_finish_body(struct fn_gen *f);

/* ---- codegen_exceptions.c ---- */

bool gen_can_throw(const struct mod_gen *g, uint32_t func_index);
/* Whether the call in work may throw. */
bool gen_call_throws(const struct fn_gen *f);
/* Whether the function has a try. */
bool gen_has_try(const struct fn_gen *f);
/* The innermost try among the outermost n labels that handles what is thrown, or NULL. */
struct label *gen_enclosing_try(struct fn_gen *f, uint32_t n_labels);
/* Ends the block: throws an exception there. */
void gen_throw_from(struct fn_gen *f, uint32_t n_labels, LLVMValueRef exception);
/* At the end of the construct whose label is the innermost: if it is a try, what remains
 * of its handler. */
void gen_finish_try(struct fn_gen *f);

/* ---- codegen_tail.c: the convention of functions that make tail calls ---- */

LLVMTypeRef gen_tail_type(const struct mod_gen *g);
/* The arguments for a call of a function of this type, of which there are *n. results:
 * where two or more go. */
LLVMValueRef *gen_tail_args(struct fn_gen *f, const struct func_type *type,
                            LLVMValueRef instance, const LLVMValueRef *values,
                            LLVMValueRef results, unsigned *n);
/* The only result of a function of this type, in what the call of it has returned. */
LLVMValueRef gen_tail_result(struct fn_gen *f, const struct func_type *type,
                             LLVMValueRef returned);
/* At the start of such a function: its parameters, and where its results go. */
void gen_tail_params(struct fn_gen *f);
/* Returns the only result, or none (NULL). */
void gen_tail_return(struct fn_gen *f, LLVMValueRef result);
/* Defines the function's entry. */
void gen_tail_entry(struct mod_gen *g, uint32_t func_index, struct arena *arena);

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

/* ---- codegen_thunk.c ---- */

/* Defines the rt_call_function of a function type; NULL if libffi can do it. */
LLVMValueRef gen_call_thunk(struct mod_gen *g, uint32_t type_index);

/* ---- codegen_module.c ---- */

/* Defines the module's description, struct rt_module of abi.h. */
void gen_module_description(struct mod_gen *g);

/* ---- codegen_initialize.c ---- */

/* Defines its initialize function. */
LLVMValueRef gen_initialize(struct mod_gen *g);

/* ---- The families of opcodes.def; argument is the table's last column ---- */

#define OP(code, id, text, imm, sig, flags, family, arg)                                 \
    void gen_##family(struct fn_gen *f, const struct instr *in, int argument);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wredundant-decls"
#include "compiler/opcodes.def"
#pragma GCC diagnostic pop
#undef OP

#endif
