"""Statistics, and when a measurement has been repeated often enough."""
import unittest
from unittest import mock

import measure
import stats
from stats import Rounds


def sample(seconds):
    return {"user": seconds, "system": 0.5, "wall": 2 * seconds, "peak": 1}


class Statistics(unittest.TestCase):
    def test_the_middle_of_one_value_has_no_spread(self):
        self.assertEqual(stats.middle([3]), (3, None))

    def test_the_middle_half_leaves_out_what_is_far_away(self):
        self.assertEqual(stats.middle([1, 2, 3, 4, 1000]), (3, 1))

    def test_the_middle_takes_what_can_be_read_once(self):
        self.assertEqual(stats.middle(iter([1, 2, 3])), (2, 0.5))

    def test_ratios_are_of_the_rounds_both_took_part_in(self):
        own, base = [sample(2), sample(6)], [sample(1), sample(2), sample(100)]
        self.assertEqual(stats.ratios(own, base), [2, 3])
        self.assertEqual(stats.paired_ratio(own, base), (2.5, 0.25))

    def test_no_time_at_all_has_ratios_that_have_a_mean(self):
        self.assertEqual(stats.ratios([sample(1), sample(0)], [sample(0), sample(1)]), [10000, 0.0001])
        self.assertEqual(stats.ratios([sample(0)], [sample(0)]), [1])

    def test_cpu_time_is_the_systems_too(self):
        self.assertEqual(stats.cpu(sample(1)), 1.5)
        self.assertEqual(stats.median_of([sample(1), sample(2), sample(9)], stats.cpu), 2.5)

    def test_the_mean_of_nothing_is_a_dash(self):
        self.assertIsNone(stats.geometric_mean([]))
        self.assertEqual(stats.mean_text(None), "–")
        self.assertAlmostEqual(stats.geometric_mean(iter([1, 4])), 2)

    def test_a_quantile_is_one_of_the_values(self):
        self.assertEqual([stats.quantile(range(1, 101), share) for share in (0, 0.5, 0.99, 1)], [1, 50, 99, 100])
        self.assertEqual(stats.quantile([7], 0.99), 7)

    def test_ratio_text(self):
        self.assertEqual(stats.ratio_text(1.234, 0.056), "1.23 ± 0.06")
        self.assertEqual(stats.ratio_text(1.234, None), "1.23")


class Settling(unittest.TestCase):
    rounds = Rounds(3, 6, 0.01)

    def test_never_before_the_least(self):
        self.assertFalse(self.rounds.settled([]))
        self.assertFalse(self.rounds.settled([1, 1]))

    def test_steady_values_settle_and_others_do_not(self):
        self.assertTrue(self.rounds.settled([1, 1.001, 1]))
        self.assertFalse(self.rounds.settled([1, 1.2, 0.8]))

    def test_the_most_is_the_end(self):
        self.assertTrue(self.rounds.settled([1, 2, 3, 4, 5, 6]))

    def test_fewer_rounds_can_be_asked_for(self):
        self.assertEqual(self.rounds.at_most(1), Rounds(1, 1, 0.01))
        self.assertTrue(self.rounds.at_most(1).settled([5]))
        self.assertFalse(self.rounds.at_most(1).settled([]))
        self.assertEqual(self.rounds.at_most(9), Rounds(3, 9, 0.01))


class Interleaving(unittest.TestCase):
    def interleave(self, rounds, **seconds):
        """Every command's name gives how long it takes, run by run. Returns samples and the order of the runs."""
        order = []

        def run(name):
            order.append(name)
            return sample(seconds[name][order.count(name) - 1])
        with mock.patch("measure.run", run):
            return measure.interleave({name: name for name in seconds}, rounds), order

    def test_who_has_settled_runs_no_more_but_the_first_goes_on(self):
        samples, _ = self.interleave(Rounds(3, 5, 0.01), base=[1] * 5, steady=[2] * 5, wild=[1, 2, 3, 4, 5])
        self.assertEqual({name: len(found) for name, found in samples.items()}, {"base": 5, "steady": 3, "wild": 5})

    def test_drift_of_the_machine_does_not_count(self):
        samples, _ = self.interleave(Rounds(3, 5, 0.01), base=[1, 2, 3, 4, 5], other=[2, 4, 6, 8, 10])
        self.assertEqual(len(samples["other"]), 3)

    def test_rounds_alternate_the_order(self):
        _, order = self.interleave(Rounds(2, 2, 0), a=[1, 2], b=[1, 3])
        self.assertEqual(order, ["a", "b", "b", "a"])

    def test_one_command_settles_by_itself(self):
        samples, _ = self.interleave(Rounds(3, 6, 0.01), only=[1] * 6)
        self.assertEqual(len(samples["only"]), 3)
