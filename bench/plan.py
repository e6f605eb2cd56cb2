"""How much is measured: in short, and in full. In full it takes about two hours of two cores that do nothing
else: what differs little is repeated less, and a program that takes long does less of its work."""

from dataclasses import dataclass, replace

from stats import Rounds

# The families of the published evaluation that are moved, and of each kind one: little memory, much, graphs.
FAMILIES = ('bc', 'bfs', 'binary-trees', 'cc', 'fannkuch', 'llama', 'mandelbrot', 'nbody', 'pagerank', 'sssp')
KINDS = ('nbody', 'binary-trees', 'pagerank')


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
    moved: tuple                # programs that are moved
    moved_cold: tuple           # those of them that are moved with cold caches, too
    sizes: tuple                # MiB of memory that is moved
    modules: tuple              # large ones
    seconds: dict               # part -> what it takes, for the time left


SHORT = Plan(10, 0.4, Rounds(3, 3, 0.02), Rounds(3, 3, 0.05), 40, 1.0, 12, 100, False, False,
             KINDS, KINDS, (1, 64), (),
             {'programs': 900, 'start': 5, 'io': 10, 'exceptions': 30, 'cost': 60, 'checkpoint': 150, 'moving': 150})
FULL = Plan(100, 0.4, Rounds(3, 5, 0.02), Rounds(3, 5, 0.05), 300, 2.0, 40, 1000, True, True, FAMILIES, KINDS, (1, 16, 64, 256, 1024), ('yosys',),
            {'programs': 3600, 'start': 5, 'io': 20, 'exceptions': 75, 'cost': 240, 'checkpoint': 300, 'moving': 1000,
             'large': 1800})


def plan_of(short, rounds=None, percent=None):
    plan = SHORT if short else FULL
    if rounds:
        plan = replace(plan, rounds=plan.rounds.at_most(rounds), moves=plan.moves.at_most(rounds))
    return replace(plan, percent=percent) if percent else plan
