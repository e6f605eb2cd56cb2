"""How much is measured: in short, and in full. In full it takes about ninety minutes of two cores that do nothing
else: what differs little is repeated less, and a program that takes long does less of its work."""

from dataclasses import dataclass, replace

from stats import Rounds


@dataclass(frozen=True)
class Plan:
    percent: int                # of the programs' standard work, at most
    native_seconds: float       # a program does as much of its work as takes native code so long
    rounds: Rounds              # of programs that are compared
    moves: Rounds               # of checkpoints and restores that are compared with CRIU's
    signals: int                # to one program, at most
    signal_seconds: float       # that they may take
    kernel_rounds: int          # rounds of work in one run of guests/rounds.c
    starts: int
    all_loops: bool             # compare the vectorised loops of all programs
    real: bool                  # real programs, too
    moved: tuple                # programs that are moved; none named: all of the set
    sizes: tuple                # MiB of memory that is moved
    seconds: dict               # part -> what it takes, for the time left


SHORT = Plan(10, 0.5, Rounds(3, 3, 0.01), Rounds(3, 3, 0.05), 40, 1.0, 12, 100, False, False,
             ('nbody', 'binary-trees', 'pagerank'), (1, 64),
             {'programs': 300, 'start': 5, 'io': 10, 'exceptions': 60, 'cost': 60, 'checkpoint': 90, 'moving': 90})
FULL = Plan(100, 0.5, Rounds(3, 5, 0.01), Rounds(3, 5, 0.05), 300, 2.0, 40, 1000, True, True, (), (1, 16, 64, 256, 1024),
            {'programs': 2700, 'start': 10, 'io': 30, 'exceptions': 120, 'cost': 180, 'checkpoint': 240, 'moving': 900,
             'large': 1500})


def plan_of(short, rounds=None, percent=None):
    plan = SHORT if short else FULL
    if rounds:
        plan = replace(plan, rounds=plan.rounds.at_most(rounds), moves=plan.moves.at_most(rounds))
    return replace(plan, percent=percent) if percent else plan
