/* Gravity between five bodies, symplectic integration. */
#include <math.h>

#include "bench.h"

enum { BODIES = 5 };

struct body {
    double x[3], v[3], mass;
};

KERNEL void advance(struct body *bodies, double dt)
{
    for (int i = 0; i < BODIES; i++) {
        struct body *p = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            struct body *q = &bodies[j];
            double dx = p->x[0] - q->x[0], dy = p->x[1] - q->x[1], dz = p->x[2] - q->x[2];
            double square = dx * dx + dy * dy + dz * dz;
            double pull = dt / (square * sqrt(square));
            p->v[0] -= dx * q->mass * pull;
            p->v[1] -= dy * q->mass * pull;
            p->v[2] -= dz * q->mass * pull;
            q->v[0] += dx * p->mass * pull;
            q->v[1] += dy * p->mass * pull;
            q->v[2] += dz * p->mass * pull;
        }
    }
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++)
            bodies[i].x[k] += dt * bodies[i].v[k];
}

/* One heavy body in the middle, light ones on rough circles around it. */
static void place(struct body *bodies)
{
    uint64_t seed = 42;
    memset(bodies, 0, BODIES * sizeof *bodies);
    bodies[0].mass = 40.0;
    for (int i = 1; i < BODIES; i++) {
        struct body *p = &bodies[i];
        double distance = 3.0 * i + bench_real(&seed);
        double speed = sqrt(bodies[0].mass / distance);
        p->mass = 0.001 + 0.03 * bench_real(&seed);
        p->x[i & 1] = distance;
        p->x[2] = 0.1 * bench_real(&seed);
        p->v[1 - (i & 1)] = speed;
        p->v[2] = 0.05 * bench_real(&seed);
    }
}

int main(int argc, char **argv)
{
    struct body bodies[BODIES];
    place(bodies);
    for (int round = bench_rounds(argc, argv, 280); round > 0; round--)
        for (int step = 0; step < 40000; step++)
            advance(bodies, 0.001);
    return bench_report(bench_mix_doubles(0, &bodies[0].x[0], BODIES * 7));
}
