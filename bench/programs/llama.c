/* Inference with a small decoder-only transformer, in the manner of llama2: a tokenizer
 * that merges pairs, RMS norms, rotary positions, grouped attention over a cache, a gated
 * feed-forward. The weights and the vocabulary are generated. All arithmetic is f32 in a
 * fixed order. */
#include <math.h>

#include "bench.h"

enum { DIM = 192, HIDDEN = 512, LAYERS = 4, HEADS = 6, HEAD = DIM / HEADS };
enum { VOCAB = 2048, CONTEXT = 96, PROMPT = 32 };

struct layer {
    float attention_norm[DIM], query[DIM * DIM], key[DIM * DIM], value[DIM * DIM];
    float output[DIM * DIM], forward_norm[DIM];
    float gate[HIDDEN * DIM], up[HIDDEN * DIM], down[DIM * HIDDEN];
};

struct model {
    float embedding[VOCAB * DIM], final_norm[DIM];
    struct layer layer[LAYERS];
};

struct state {
    float x[DIM], normed[DIM], query[DIM], mixed[DIM], projected[DIM];
    float gate[HIDDEN], up[HIDDEN], score[CONTEXT], logits[VOCAB];
    float key[LAYERS][CONTEXT][DIM], value[LAYERS][CONTEXT][DIM];
};

/* exp by its series on a narrow range, then squared back; no libm, so that every build
 * computes the same bits. */
static float exponential(float x)
{
    if (x < -80.0f)
        return 0.0f;
    float t = x / 256.0f, sum = 1.0f + t * (1.0f + t * (0.5f + t * (1.0f / 6.0f)));
    for (int i = 0; i < 8; i++)
        sum *= sum;
    return sum;
}

KERNEL void multiply(float *out, const float *x, const float *w, int n, int d)
{
    for (int i = 0; i < d; i++) {
        float sum = 0.0f;
        for (int j = 0; j < n; j++)
            sum += w[i * n + j] * x[j];
        out[i] = sum;
    }
}

KERNEL void normalise(float *out, const float *x, const float *weight)
{
    float square = 0.0f;
    for (int i = 0; i < DIM; i++)
        square += x[i] * x[i];
    float scale = 1.0f / sqrtf(square / DIM + 1e-5f);
    for (int i = 0; i < DIM; i++)
        out[i] = weight[i] * (scale * x[i]);
}

KERNEL void softmax(float *x, int n)
{
    float greatest = x[0], sum = 0.0f;
    for (int i = 1; i < n; i++)
        greatest = x[i] > greatest ? x[i] : greatest;
    for (int i = 0; i < n; i++)
        sum += x[i] = exponential(x[i] - greatest);
    for (int i = 0; i < n; i++)
        x[i] /= sum;
}

/* Each pair is turned once more for each position; the angle of pair i is 2^-i. */
KERNEL void rotate(float *x, int position)
{
    for (int i = 0; i < DIM; i += 2) {
        float angle = 1.0f / (float)(1 << (i % HEAD / 2));
        float c = 1.0f - angle * angle / 2.0f, s = sqrtf(1.0f - c * c);
        for (int k = 0; k < position % 16; k++) {
            float re = x[i] * c - x[i + 1] * s;
            x[i + 1] = x[i] * s + x[i + 1] * c;
            x[i] = re;
        }
    }
}

KERNEL void attend(struct state *s, int l, int position)
{
    for (int head = 0; head < HEADS; head++) {
        const float *query = s->query + head * HEAD;
        for (int t = 0; t <= position; t++) {
            const float *key = s->key[l][t] + head * HEAD;
            float score = 0.0f;
            for (int i = 0; i < HEAD; i++)
                score += query[i] * key[i];
            s->score[t] = score / sqrtf((float)HEAD);
        }
        softmax(s->score, position + 1);
        float *mixed = s->mixed + head * HEAD;
        memset(mixed, 0, HEAD * sizeof *mixed);
        for (int t = 0; t <= position; t++) {
            const float *value = s->value[l][t] + head * HEAD;
            for (int i = 0; i < HEAD; i++)
                mixed[i] += s->score[t] * value[i];
        }
    }
}

static void add(float *x, const float *y)
{
    for (int i = 0; i < DIM; i++)
        x[i] += y[i];
}

static void run_layer(const struct layer *w, struct state *s, int l, int position)
{
    normalise(s->normed, s->x, w->attention_norm);
    multiply(s->query, s->normed, w->query, DIM, DIM);
    multiply(s->key[l][position], s->normed, w->key, DIM, DIM);
    multiply(s->value[l][position], s->normed, w->value, DIM, DIM);
    rotate(s->query, position);
    rotate(s->key[l][position], position);
    attend(s, l, position);
    multiply(s->projected, s->mixed, w->output, DIM, DIM);
    add(s->x, s->projected);
    normalise(s->normed, s->x, w->forward_norm);
    multiply(s->gate, s->normed, w->gate, DIM, HIDDEN);
    multiply(s->up, s->normed, w->up, DIM, HIDDEN);
    for (int i = 0; i < HIDDEN; i++)
        s->gate[i] = s->gate[i] / (1.0f + exponential(-s->gate[i])) * s->up[i];
    multiply(s->projected, s->gate, w->down, HIDDEN, DIM);
    add(s->x, s->projected);
}

static int next_token(const struct model *m, struct state *s, int token, int position)
{
    memcpy(s->x, m->embedding + token * DIM, sizeof s->x);
    for (int l = 0; l < LAYERS; l++)
        run_layer(&m->layer[l], s, l, position);
    normalise(s->x, s->x, m->final_norm);
    multiply(s->logits, s->x, m->embedding, DIM, VOCAB);
    int best = 0;
    for (int i = 1; i < VOCAB; i++)
        if (s->logits[i] > s->logits[best])
            best = i;
    return best;
}

/* Tokens 0 to 255 are bytes; token t beyond is the pair left[t], right[t], low ones
 * first. */
struct tokenizer {
    int left[VOCAB], right[VOCAB];
};

static void make_vocabulary(struct tokenizer *t)
{
    uint64_t seed = 5;
    for (int i = 256; i < VOCAB; i++) {
        uint32_t choices = i < 512 ? 256 : (uint32_t)i;
        t->left[i] = (int)(bench_random(&seed) % choices);
        t->right[i] = (int)(bench_random(&seed) % choices);
    }
}

static int pair_token(const struct tokenizer *t, int left, int right)
{
    for (int i = 256; i < VOCAB; i++)
        if (t->left[i] == left && t->right[i] == right)
            return i;
    return VOCAB;
}

static int tokenize(const struct tokenizer *t, const uint8_t *text, int n, int *tokens)
{
    for (int i = 0; i < n; i++)
        tokens[i] = text[i];
    for (;;) {
        int best = VOCAB, at = 0;
        for (int i = 0; i + 1 < n; i++) {
            int merged = pair_token(t, tokens[i], tokens[i + 1]);
            if (merged < best) {
                best = merged;
                at = i;
            }
        }
        if (best == VOCAB)
            return n;
        tokens[at] = best;
        memmove(tokens + at + 1, tokens + at + 2, (size_t)(n - at - 2) * sizeof *tokens);
        n--;
    }
}

static void make_weights(float *w, size_t n, float scale, uint64_t *seed)
{
    for (size_t i = 0; i < n; i++)
        w[i] = ((float)(bench_random(seed) >> 8) / 8388608.0f - 1.0f) * scale;
}

static struct model *make_model(void)
{
    struct model *m = bench_alloc(sizeof *m);
    uint64_t seed = 9;
    make_weights((float *)m, sizeof *m / sizeof(float), 0.12f, &seed);
    for (int i = 0; i < DIM; i++) {
        m->final_norm[i] = 1.0f;
        for (int l = 0; l < LAYERS; l++)
            m->layer[l].attention_norm[i] = m->layer[l].forward_norm[i] = 1.0f;
    }
    return m;
}

int main(int argc, char **argv)
{
    struct model *m = make_model();
    struct state *s = bench_alloc(sizeof *s);
    struct tokenizer *t = bench_alloc(sizeof *t);
    int tokens[PROMPT];
    uint8_t text[PROMPT];
    uint64_t seed = 21, sum = 0;
    make_vocabulary(t);
    for (int round = bench_rounds(argc, argv, 4); round > 0; round--) {
        for (int i = 0; i < PROMPT; i++)
            text[i] = i & 1 && round & 1 ? (uint8_t)t->right[256 + i]
                                         : (uint8_t)bench_random(&seed);
        int n = tokenize(t, text, PROMPT, tokens), token = tokens[0];
        for (int position = 0; position + 1 < CONTEXT; position++) {
            int predicted = next_token(m, s, token, position);
            token = position + 1 < n ? tokens[position + 1] : predicted;
            sum = bench_mix(sum, (uint64_t)token);
        }
    }
    return bench_report(sum);
}
