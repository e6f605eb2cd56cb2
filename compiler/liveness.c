/* Goes backwards over a body with the set of live locals. Branches lead to ends that were
 * met before, where the set is known; only at the head of a loop it is not. There the
 * first guess is the empty set, and a loop that lies in no other is gone over until the
 * guesses for all loops in it hold. As control is structured, the outermost one's holds
 * from the second round on, those of the loops in it from the third, and so on.
 *
 * An exception leads from the instruction that throws it, or a call, to the handlers of
 * the innermost try around it, and where these may not want it on to the next one's. All
 * of them lie behind, too: a try_table's are labels, and a legacy try's follow its body.
 */
#include "compiler/liveness.h"

#include <string.h>

#include "compiler/arena.h"

enum {
    WORD_BITS = 64,
    MAX_ROUNDS = 16, /* over a loop; then every local counts as live at heads in it */
    MAX_WORDS =
        1 << 22, /* of sets to read or write per round; else all locals are live */
};

/* A block of any kind whose end has been met, but not its opener. */
struct open_construct {
    uint32_t opener; /* position */
    bool has_else;
    uint64_t *at_label;       /* live where a branch to it goes */
    uint64_t *at_end;         /* room for that, unless it is a loop */
    uint64_t *at_else;        /* of an if; of a try: live at its handlers */
    const uint64_t *at_throw; /* live where an exception thrown at this place goes */
};

struct construct {
    uint32_t opener; /* position */
    uint32_t loop;   /* a loop's number, or NO_INDEX */
};

struct walk {
    const struct body *body;
    struct arena *arena;
    uint32_t n_words; /* of a set */
    uint64_t *live;
    uint32_t position;

    const struct construct *constructs; /* by end */
    uint32_t n_constructs;              /* not met yet */
    struct open_construct *open;
    uint32_t n_open, n_open_loops;
    uint64_t *at_heads; /* loop -> the guess of what is live at its head */
    uint64_t *nothing;

    /* The loop in no other that the walk is in. */
    struct {
        uint32_t end; /* position */
        uint32_t n_constructs;
        uint64_t *live; /* at the end */
        uint32_t n_rounds;
        bool has_changed; /* a guess, in this round */
    } outermost;
};

/* ---- Sets ---- */

static uint32_t words_for(uint32_t n_locals)
{
    return n_locals / WORD_BITS + (n_locals % WORD_BITS > 0);
}

static void copy_set(const struct walk *w, uint64_t *to, const uint64_t *from)
{
    memcpy(to, from, w->n_words * sizeof *to);
}

/* Returns whether the set grew. */
static bool unite(const struct walk *w, uint64_t *to, const uint64_t *from)
{
    uint64_t added = 0;
    for (uint32_t i = 0; i < w->n_words; i++) {
        added |= from[i] & ~to[i];
        to[i] |= from[i];
    }
    return added != 0;
}

static void fill_set(const struct walk *w, uint64_t *set)
{
    for (uint32_t i = 0; i < w->body->n_locals; i++)
        set[i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
}

static uint64_t *new_sets(const struct walk *w, size_t n)
{
    return arena_array(w->arena, n, w->n_words * sizeof(uint64_t));
}

/* ---- The walk ---- */

static const uint64_t *at_label(const struct walk *w, uint32_t depth)
{
    return depth < w->n_open ? w->open[w->n_open - 1 - depth].at_label : w->nothing;
}

static const uint64_t *at_throw(const struct walk *w)
{
    return w->n_open > 0 ? w->open[w->n_open - 1].at_throw : w->nothing;
}

static void enter_outermost(struct walk *w)
{
    w->outermost.end = w->position;
    w->outermost.n_constructs = w->n_constructs;
    copy_set(w, w->outermost.live, w->live);
    w->outermost.n_rounds++;
    w->outermost.has_changed = false;
}

/* What is live at the handlers of the try_table that open is for, which is not one of the
 * open ones yet. */
static void meet_clauses(struct walk *w, struct open_construct *open)
{
    const struct instr *clause = &w->body->instrs[open->opener + 1];
    bool is_caught = false;
    copy_set(w, open->at_else, w->nothing);
    for (; op_info(clause->op)->immediate == IMM_CLAUSE; clause++) {
        unite(w, open->at_else, at_label(w, clause->imm.handler.label));
        is_caught = is_caught || clause->imm.handler.tag == NO_INDEX;
    }
    if (!is_caught)
        unite(w, open->at_else, at_throw(w));
    open->at_throw = open->at_else;
}

static void meet_end(struct walk *w)
{
    if (w->position == w->body->n_instrs - 1)
        return;
    struct open_construct *open = &w->open[w->n_open];
    uint32_t loop = w->constructs[w->n_constructs - 1].loop;
    open->opener = w->constructs[w->n_constructs - 1].opener;
    open->has_else = false;
    open->at_throw = at_throw(w);
    if (w->body->instrs[open->opener].op == OP_TryTable)
        meet_clauses(w, open);
    w->n_open++;
    if (loop != NO_INDEX) {
        if (w->n_open_loops++ == 0)
            enter_outermost(w);
        open->at_label = &w->at_heads[(size_t)loop * w->n_words];
        if (w->outermost.n_rounds > MAX_ROUNDS)
            fill_set(w, open->at_label);
    } else {
        open->at_label = open->at_end;
        copy_set(w, open->at_end, w->live);
    }
    w->n_constructs--;
}

static void meet_else(struct walk *w)
{
    struct open_construct *open = &w->open[w->n_open - 1];
    open->has_else = true;
    copy_set(w, open->at_else, w->live);
    copy_set(w, w->live, open->at_end);
}

/* The beginning of a handler. From behind the others it is the last part of its try; the
 * body comes before the first. */
static void meet_catch(struct walk *w, const struct instr *in)
{
    struct open_construct *open = &w->open[w->n_open - 1];
    const struct instr *opener = &w->body->instrs[open->opener];
    bool is_last = in->imm.handler.next == opener->imm.block.end;
    if (is_last)
        copy_set(w, open->at_else,
                 in->imm.handler.tag == NO_INDEX ? w->nothing : open->at_throw);
    unite(w, open->at_else, w->live);
    copy_set(w, w->live, open->at_end);
    if (opener->imm.block.else_or_end == w->position)
        open->at_throw = open->at_else;
}

/* Exceptions of the try that it ends go to the handlers at its label, which counts from
 * outside of the try. */
static void meet_delegate(struct walk *w, uint32_t depth)
{
    struct open_construct *open = &w->open[w->n_open - 1];
    open->at_throw =
        depth < w->n_open - 1 ? w->open[w->n_open - 2 - depth].at_throw : w->nothing;
}

static void meet_if(struct walk *w)
{
    struct open_construct *open = &w->open[--w->n_open];
    unite(w, w->live, open->has_else ? open->at_else : open->at_end);
}

/* Goes back to the end of an outermost loop whose guesses did not hold. */
static void meet_loop(struct walk *w)
{
    struct open_construct *open = &w->open[--w->n_open];
    if (unite(w, open->at_label, w->live))
        w->outermost.has_changed = true;
    copy_set(w, w->live, open->at_label);
    if (--w->n_open_loops > 0)
        return;
    if (w->outermost.has_changed) {
        w->position = w->outermost.end + 1;
        w->n_constructs = w->outermost.n_constructs;
        copy_set(w, w->live, w->outermost.live);
    } else {
        w->outermost.n_rounds = 0;
    }
}

static void meet_br_table(struct walk *w, const struct instr *in)
{
    const uint32_t *labels = in->imm.br_table.labels;
    copy_set(w, w->live, at_label(w, labels[0]));
    for (uint32_t i = 1; i <= in->imm.br_table.n_labels; i++)
        if (labels[i] != labels[i - 1])
            unite(w, w->live, at_label(w, labels[i]));
}

static void meet(struct walk *w, const struct instr *in)
{
    switch (in->op) {
    case OP_LocalGet:
        w->live[in->imm.index / WORD_BITS] |= UINT64_C(1) << in->imm.index % WORD_BITS;
        break;
    case OP_LocalSet:
    case OP_LocalTee:
        w->live[in->imm.index / WORD_BITS] &= ~(UINT64_C(1) << in->imm.index % WORD_BITS);
        break;
    case OP_End:
        meet_end(w);
        break;
    case OP_Else:
        meet_else(w);
        break;
    case OP_If:
        meet_if(w);
        break;
    case OP_Block:
    case OP_TryTable:
    case OP_Try:
        w->n_open--;
        break;
    case OP_Catch:
    case OP_CatchAll:
        meet_catch(w, in);
        break;
    case OP_Delegate:
        meet_delegate(w, in->imm.index);
        break;
    case OP_Loop:
        meet_loop(w);
        break;
    case OP_Br:
        copy_set(w, w->live, at_label(w, in->imm.index));
        break;
    case OP_BrIf:
    case OP_BrOnNull:
    case OP_BrOnNonNull:
        unite(w, w->live, at_label(w, in->imm.index));
        break;
    case OP_BrTable:
        meet_br_table(w, in);
        break;
    case OP_Return:
    case OP_Unreachable:
        copy_set(w, w->live, w->nothing);
        break;
    default:
        if (op_is_tail_call(in->op))
            copy_set(w, w->live, w->nothing);
        else if (op_info(in->op)->flags & OPF_THROW)
            copy_set(w, w->live, at_throw(w));
        else if (op_may_throw(in->op))
            unite(w, w->live, at_throw(w));
        break;
    }
}

/* ---- The shape of the body ---- */

struct shape {
    struct construct *constructs; /* by end */
    uint32_t n_constructs, n_loops, depth;
    uint64_t n_sets; /* that a round reads or writes */
};

/* What the walk does at an instruction, in sets to read or write. */
static uint64_t count_sets(const struct instr *in)
{
    if (in->op == OP_BrTable)
        return UINT64_C(1) + in->imm.br_table.n_labels;
    if (in->op == OP_End)
        return 3;
    enum immediate immediate = op_info(in->op)->immediate;
    return immediate == IMM_LABEL || immediate == IMM_CLAUSE || immediate == IMM_CATCH ||
           op_may_throw(in->op);
}

static struct shape find_shape(const struct body *body, struct arena *arena)
{
    struct shape s = {0};
    for (uint32_t i = 0; i < body->n_instrs; i++)
        s.n_constructs += op_opens_block(body->instrs[i].op);
    s.constructs = arena_array(arena, s.n_constructs, sizeof *s.constructs);
    uint32_t *openers = arena_array(arena, s.n_constructs, sizeof *openers);
    uint32_t n_open = 0, n_closed = 0;
    for (uint32_t i = 0; i < body->n_instrs; i++) {
        const struct instr *in = &body->instrs[i];
        s.n_sets += count_sets(in);
        if (op_opens_block(in->op)) {
            openers[n_open++] = i;
            s.depth = n_open > s.depth ? n_open : s.depth;
        } else if (in->op == OP_End && n_open > 0) {
            uint32_t opener = openers[--n_open];
            bool is_loop = body->instrs[opener].op == OP_Loop;
            s.constructs[n_closed++] =
                (struct construct){opener, is_loop ? s.n_loops++ : NO_INDEX};
        }
    }
    return s;
}

static struct walk make_walk(const struct body *body, const struct shape *shape,
                             struct arena *arena)
{
    struct walk w = {.body = body, .arena = arena};
    w.n_words = words_for(body->n_locals);
    w.constructs = shape->constructs;
    w.live = new_sets(&w, 1);
    w.nothing = new_sets(&w, 1);
    w.outermost.live = new_sets(&w, 1);
    w.at_heads = new_sets(&w, shape->n_loops);
    w.open = arena_array(arena, shape->depth, sizeof *w.open);
    uint64_t *room = new_sets(&w, (size_t)2 * shape->depth);
    for (uint32_t i = 0; i < shape->depth; i++) {
        w.open[i].at_end = &room[(size_t)2 * i * w.n_words];
        w.open[i].at_else = &room[((size_t)2 * i + 1) * w.n_words];
    }
    return w;
}

/* ---- The answer ---- */

static struct live_locals list_set(const struct walk *w, const uint64_t *set)
{
    struct live_locals list = {0};
    for (uint32_t i = 0; i < w->n_words; i++)
        list.n += (uint32_t)__builtin_popcountll(set[i]);
    uint32_t *locals = arena_array(w->arena, list.n, sizeof *locals);
    list.locals = locals;
    for (uint32_t i = 0; i < w->n_words; i++)
        for (uint64_t left = set[i]; left != 0; left &= left - 1)
            *locals++ = i * WORD_BITS + (uint32_t)__builtin_ctzll(left);
    return list;
}

static void start(struct walk *w, const struct shape *shape)
{
    w->position = w->body->n_instrs;
    w->n_constructs = shape->n_constructs;
    copy_set(w, w->live, w->nothing);
}

static void guess_heads(struct walk *w, const struct shape *shape)
{
    start(w, shape);
    while (w->position > 0)
        meet(w, &w->body->instrs[--w->position]);
}

/* Goes over the body once, with guesses that hold. Neighbours with the same locals share
 * a list. */
static void list_at(struct walk *w, const struct shape *shape, const uint32_t *positions,
                    uint32_t n, struct live_locals *answer)
{
    uint64_t *listed = new_sets(w, 1);
    struct live_locals list = {0};
    start(w, shape);
    while (n > 0) {
        meet(w, &w->body->instrs[--w->position]);
        if (positions[n - 1] != w->position)
            continue;
        if (memcmp(listed, w->live, w->n_words * sizeof *listed) != 0) {
            list = list_set(w, w->live);
            copy_set(w, listed, w->live);
        }
        while (n > 0 && positions[n - 1] == w->position)
            answer[--n] = list;
    }
}

static void list_all(const struct body *body, struct live_locals *answer, uint32_t n,
                     struct arena *arena)
{
    uint32_t *all = arena_array(arena, body->n_locals, sizeof *all);
    for (uint32_t i = 0; i < body->n_locals; i++)
        all[i] = i;
    for (uint32_t i = 0; i < n; i++)
        answer[i] = (struct live_locals){all, body->n_locals};
}

const struct live_locals *find_live_locals(const struct body *body,
                                           const uint32_t *positions, uint32_t n,
                                           struct arena *arena)
{
    struct live_locals *answer = arena_array(arena, n, sizeof *answer);
    struct shape shape = find_shape(body, arena);
    if ((shape.n_sets + n) * words_for(body->n_locals) > MAX_WORDS) {
        list_all(body, answer, n, arena);
        return answer;
    }
    struct walk w = make_walk(body, &shape, arena);
    if (shape.n_loops > 0)
        guess_heads(&w, &shape);
    list_at(&w, &shape, positions, n, answer);
    return answer;
}
