/* Vectors of 128 bits for the programs simd-*: clang's own, and the two instructions that
 * it has no portable name for. */
#ifndef VECTOR_H
#define VECTOR_H

#include <stdint.h>
#include <string.h>

#if defined __wasm_simd128__
#include <wasm_simd128.h>
#elif defined __SSE4_1__
#include <smmintrin.h>
#elif defined __ARM_NEON
#include <arm_neon.h>
#endif

#define VECTOR(lane) __attribute__((vector_size(16))) lane

typedef VECTOR(uint8_t) u8x16;
typedef VECTOR(int8_t) i8x16;
typedef VECTOR(uint16_t) u16x8;
typedef VECTOR(uint32_t) u32x4;
typedef VECTOR(uint64_t) u64x2;
typedef VECTOR(float) f32x4;
typedef VECTOR(double) f64x2;

/* From and to any address. */
#define LOAD(type, p)                                                                    \
    ({                                                                                   \
        type loaded;                                                                     \
        memcpy(&loaded, (p), sizeof loaded);                                             \
        loaded;                                                                          \
    })
#define STORE(p, v)                                                                      \
    do {                                                                                 \
        __typeof__(v) stored = (v);                                                      \
        memcpy((p), &stored, sizeof stored);                                             \
    } while (0)

/* Bytes of the table by indices below 16. */
static inline u8x16 lookup(u8x16 table, u8x16 indices)
{
#if defined __wasm_simd128__
    return (u8x16)wasm_i8x16_swizzle((v128_t)table, (v128_t)indices);
#elif defined __SSE4_1__
    return (u8x16)_mm_shuffle_epi8((__m128i)table, (__m128i)indices);
#elif defined __ARM_NEON
    return (u8x16)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)indices);
#else
    u8x16 found;
    for (int i = 0; i < 16; i++)
        found[i] = table[indices[i] & 15];
    return found;
#endif
}

/* Whether any bit is set. */
static inline int any_set(u8x16 v)
{
#if defined __wasm_simd128__
    return wasm_v128_any_true((v128_t)v);
#elif defined __SSE4_1__
    return !_mm_testz_si128((__m128i)v, (__m128i)v);
#elif defined __ARM_NEON
    return vmaxvq_u8((uint8x16_t)v) != 0;
#else
    return (((u64x2)v)[0] | ((u64x2)v)[1]) != 0;
#endif
}

#endif
