/* Correlation matrix of a table of samples. */
#include <math.h>

#include "bench.h"

enum { SAMPLES = 420, ITEMS = 360 };

KERNEL void normalise(double data[SAMPLES][ITEMS], double mean[ITEMS], double dev[ITEMS])
{
    for (int j = 0; j < ITEMS; j++) {
        mean[j] = 0;
        for (int i = 0; i < SAMPLES; i++)
            mean[j] += data[i][j];
        mean[j] /= SAMPLES;
    }
    for (int j = 0; j < ITEMS; j++) {
        dev[j] = 0;
        for (int i = 0; i < SAMPLES; i++)
            dev[j] += (data[i][j] - mean[j]) * (data[i][j] - mean[j]);
        dev[j] = sqrt(dev[j] / SAMPLES);
        dev[j] = dev[j] <= 0.1 ? 1.0 : dev[j];
    }
    for (int i = 0; i < SAMPLES; i++)
        for (int j = 0; j < ITEMS; j++)
            data[i][j] = (data[i][j] - mean[j]) / (sqrt((double)SAMPLES) * dev[j]);
}

KERNEL void correlate(double data[SAMPLES][ITEMS], double corr[ITEMS][ITEMS])
{
    for (int i = 0; i < ITEMS; i++) {
        corr[i][i] = 1;
        for (int j = i + 1; j < ITEMS; j++) {
            corr[i][j] = 0;
            for (int k = 0; k < SAMPLES; k++)
                corr[i][j] += data[k][i] * data[k][j];
            corr[j][i] = corr[i][j];
        }
    }
}

int main(int argc, char **argv)
{
    double(*data)[ITEMS] = bench_alloc(sizeof(double[SAMPLES][ITEMS]));
    double(*corr)[ITEMS] = bench_alloc(sizeof(double[ITEMS][ITEMS]));
    double *mean = bench_alloc(sizeof(double[ITEMS]));
    double *dev = bench_alloc(sizeof(double[ITEMS]));
    uint64_t sum = 0;
    for (int round = bench_rounds(argc, argv, 18); round > 0; round--) {
        bench_fill(data[0], SAMPLES * ITEMS, (uint64_t)round);
        normalise(data, mean, dev);
        correlate(data, corr);
        sum = bench_mix_doubles(sum, corr[round], ITEMS);
    }
    return bench_report(sum);
}
