/* Suspending, of the contract in abi.h: what generated code writes about its frames, and
 * reads back.
 *
 * Where a checkpoint can happen is decided by the Wasm module alone: at resume points,
 * each named by its function and the offset of its instruction. A poll that finds
 * rt_poll_flag set calls rt_suspend, which writes a frame record to the frame buffer and
 * unwinds; the landing pad of every call that can be suspended calls it again, and the
 * caller's record goes behind. Thus records lie innermost first. A record is
 *
 *     const struct rt_point *point;
 *     struct rt_instance *instance;    unless the module is made for just one instance
 *     values                           words of 8 bytes, in the point's order
 *
 * To restore, frames are called from the outermost inwards through rt_func_points.resume:
 * a frame in a call takes `frame + 1` for the callee's and goes on with its results. */
#ifndef RUNTIME_ABI_FRAMES_H
#define RUNTIME_ABI_FRAMES_H

#include <stdint.h>

struct rt_instance;
union rt_value;

/* Changes whenever the set of resume points, or what is live at them, may have changed:
 * a snapshot is only restored where the rules are the same. */
#define RT_RESUME_RULES 2

enum rt_point_kind {
    RT_POINT_LOOP,   /* at the head of the loop, its parameters on the stack */
    RT_POINT_CALL,   /* in the call, its arguments gone from the stack */
    RT_POINT_BEFORE, /* the instruction, a call or one on ranges, is the next, its
                        operands on the stack; only the innermost frame can be there */
};

struct rt_point {
    uint32_t func_index;
    uint32_t code_offset; /* of its instruction, in bytes from the module's start */
    uint32_t kind;        /* enum rt_point_kind */
    uint32_t n_locals;    /* live ones; all others are dead and restored as zero */
    uint32_t n_operands;  /* on the operand stack, the bottom first */
    uint32_t first_value; /* its locals, then its operands, in rt_func_points.values */
    uint32_t callee;      /* of a call: func index, or RT_POINT_INDIRECT | type index */
};
#define RT_POINT_INDIRECT UINT32_C(0x80000000)

struct rt_frame;

/* The resume points of a function that can be suspended. */
struct rt_func_points {
    const struct rt_point *points; /* by code_offset, then kind */
    const uint8_t *local_types;    /* value type codes of parameters and locals */
    const uint16_t *values;        /* of a local its index; of an operand its type code */
    uint32_t n_points;
    uint32_t n_locals;
    /* Goes on in a frame, and stores the function's results 16 bytes apart. */
    void (*resume)(const struct rt_frame *frame, union rt_value *results);
    /* Full types, parallel to local_types and values (of a local: nothing); NULL: no more
     * than the codes say. */
    const uint32_t *full_local_types;
    const uint32_t *full_operand_types;
};

/* A frame to be resumed; frame + 1 is the one it called, unless it is the innermost. */
struct rt_frame {
    void (*resume)(const struct rt_frame *frame, union rt_value *results);
    struct rt_instance *instance;
    const uint64_t *values; /* in the order of the point's values */
    uint64_t point;         /* its number in rt_func_points.points */
};
_Static_assert(sizeof(struct rt_frame) == 32, "generated code steps from frame to frame");

/* A call of rt_suspend: of which point, and where the frame's values lie then. The tables
 * of sites are made of LLVM's stack maps (compiler/sites.h) and fill a section; there is
 * a group for each section of code of each object. */
struct rt_site {
    uint32_t end; /* where the call returns to, from the group's base */
    uint32_t func_index;
    uint32_t number;      /* of the point in rt_func_points.points; and flags */
    uint32_t first_place; /* its values' places; those of the next site follow */
};
#define RT_SITE_HAS_INSTANCE UINT32_C(0x80000000) /* the first value is the instance */
/* The next is the frame's image (see rt_image_load), and what follows are pairs: what
 * belongs into it, and before that the index of the word where, times 2, plus 1 if it
 * takes two words. */
#define RT_SITE_HAS_IMAGE   UINT32_C(0x40000000)
#define RT_SITE_NUMBER_MASK UINT32_C(0x3fffffff)

struct rt_site_group {
    const uint8_t *base; /* in the code */
    uint32_t n_bytes;    /* of the group: the next one follows */
    uint32_t n_sites;
    /* The sites in ascending order, and one more, where the last one's places end; then
     * uint32_t places[]. */
    struct rt_site sites[];
};
_Static_assert(sizeof(struct rt_site_group) == 16, "the compiler writes it");

/* Linkers define the begin and the end of a section of such a name. */
#define RT_SITES_SECTION "llvm_stackmaps"

/* A place is 32 bits: its kind in the topmost two, the register in the six below them. */
enum rt_place_kind {
    RT_PLACE_REGISTER, /* a general one by its number in DWARF, or one of vectors */
    RT_PLACE_SLOT, /* in memory at the register, plus 4 times the signed low 24 bits */
    RT_PLACE_CONSTANT, /* the low 30 bits, signed */
    RT_PLACE_WIDE,     /* two words of places, from the index in the low 30 bits on */
};
#define RT_PLACE_KIND_SHIFT     30
#define RT_PLACE_REGISTER_SHIFT 24
#define RT_PLACE_REGISTER_MASK  63
#define RT_PLACE_VECTORS        32 /* the first register of vectors and floats */
#define RT_PLACE_OFFSET_BITS    24
#define RT_PLACE_CONSTANT_BITS  30

/* What rt_raise unwinds with. Landing pads find the cursor through the exception pointer,
 * the writers of innermost records by its name. */
#define RT_UNWIND_CURSOR 32
struct rt_unwind {
    _Alignas(16) uint8_t exception[RT_UNWIND_CURSOR]; /* struct _Unwind_Exception */
    uint8_t *cursor; /* where the next frame record goes; 8-byte aligned */
};
extern struct rt_unwind rt_unwind;

/* All ones if a checkpoint is wanted, and nothing forbids it; else 0. Polls load it
 * (volatile). */
extern volatile uint32_t rt_poll_flag;

/* How a frame that is resumed goes on in the function's fast body: what resumes calls
 * that, which takes its locals from the image, and runs from the head of this loop. */
struct rt_entered {
    const uint64_t *image; /* NULL at any other call */
    uint64_t point;        /* its number */
};
extern struct rt_entered rt_entered;

#endif
