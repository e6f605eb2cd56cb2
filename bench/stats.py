"""Statistics of samples: medians, their spread, and ratios within rounds."""

import math
import statistics
from dataclasses import dataclass


LEAST_SECONDS = 1e-4


@dataclass(frozen=True)
class Rounds:
    """How often something is measured: at least so often, then until it is steady, at most so often. It is steady when
    half of the middle half of what was found is no more than this share of the median."""
    least: int
    most: int
    spread: float

    def at_most(self, most):
        return Rounds(min(self.least, most), most, self.spread)

    def settled(self, values):
        if len(values) < max(self.least, 2):
            return len(values) >= self.most
        median, spread = middle(values)
        return len(values) >= self.most or spread <= self.spread * median


def user(sample):
    return sample['user']


def cpu(sample):
    return sample['user'] + sample['system']


def wall(sample):
    return sample['wall']


def middle(values):
    """Their median, and half of the width of their middle half: None if there is one only."""
    values = list(values)
    if len(values) == 1:
        return values[0], None
    low, median, high = statistics.quantiles(values, n=4, method='inclusive')
    return median, (high - low) / 2


def ratios(samples, base, of=user):
    """Of the rounds that both took part in: they began together. The kernel may count no time at all."""
    return [max(of(a), LEAST_SECONDS) / max(of(b), LEAST_SECONDS) for a, b in zip(samples, base)]


def paired_ratio(samples, base, of=user):
    """Median of the ratios within one round, and their spread as `middle` has it."""
    return middle(ratios(samples, base, of))


def median_of(samples, of=user):
    return statistics.median(of(sample) for sample in samples)


def geometric_mean(values):
    """None of nothing."""
    values = list(values)
    return statistics.geometric_mean(values) if values else None


def quantile(values, share):
    """The least value that this share of them does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def ratio_text(ratio, spread):
    return f'{ratio:.2f}' + ('' if spread is None else f' ± {spread:.2f}')


def mean_text(mean):
    return f'{mean:.3f}' if mean else '–'
