"""The form of the results: what each field is. A shape is a type, a list of one shape, a dict of fields (those whose
name ends with ? may be absent), or Map(shape) for fields of any name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Map:
    shape: object


NUMBER = float  # an integer, too
SAMPLE = {'user': NUMBER, 'system': NUMBER, 'wall': NUMBER, 'peak': int}
SAMPLES = Map([SAMPLE])
TEXTS = Map(str)
CHECKPOINT = {name: NUMBER for name in ('frames', 'bytes', 'page_bytes', 'to_safepoint', 'unwind', 'write', 'disk', 'own',
                                        'rebuild', 'pause')}
MOVE = {name: NUMBER for name in ('wall', 'stopping', 'frozen', 'disk', 'bytes', 'restore')}
SIZES = {'fast': int, 'resume': int}


def both(shape):
    return {'with': shape, 'without': shape}


HEADER = {
    'began': str, 'ended': bool, 'compiler': str, 'short': bool,
    'settings': {'percent': int, 'rounds': int, 'peers': [str]}, 'programs': [str],
    'machine': {'cpu': str, 'cores': int, 'memory': int, 'kernel': str, 'isa': str},
    'versions': TEXTS, 'absent': TEXTS,
}
PART = {'time': str, 'seconds': NUMBER, 'load': [NUMBER], 'compiler': str, 'settings': HEADER['settings'],
        'complete': bool, 'failure': str}

PROGRAM_ROW = {'program': str, 'percent': int, 'samples': SAMPLES, 'compile': Map(SAMPLE), 'failures': TEXTS, 'failure?': str}
COST_ROW = {'program': str, 'failure?': str, 'samples?': both([SAMPLE]), 'compile?': both(SAMPLE), 'text?': both(SIZES),
            'file?': both(int), 'loops?': {'with': int, 'without': int, 'lost': Map(int)}}
MOVED_ROW = {'program?': str, 'mib?': int, 'cold': bool, 'samples': Map([MOVE]), 'failures': TEXTS, 'failure?': str}
LARGE_ROW = {'module': str, 'wasm_bytes?': int, 'samples': SAMPLES, 'moved': [MOVE],
             'compiled': Map({'sample': SAMPLE, 'bytes': int, 'text?': int}), 'failures': TEXTS, 'failure?': str}

# Part -> what was measured. A part that was ended has what it had by then.
DATA = {
    'programs': {'rows?': [PROGRAM_ROW]},
    'start': {'nanoseconds?': Map([int]), 'sizes?': Map({'bytes': int, 'stripped': int})},
    'io': {'cases?': Map({'native': [SAMPLE], 'wanco': [SAMPLE]})},
    'exceptions': {'tries?': Map({'instructions': both(int), 'samples': both([SAMPLE])}), 'failures?': TEXTS,
                   'throws?': Map([NUMBER])},
    'cost': {'rows?': [COST_ROW]},
    'checkpoint': {'small?': [CHECKPOINT], 'start?': {'plain': [int], 'restored': [int]},
                   'frames?': [CHECKPOINT | {'restored_rebuild': NUMBER}],
                   'kernels?': Map({'plain': [NUMBER], 'restored': [NUMBER], 'signalled': [NUMBER]}),
                   'safepoints?': Map([CHECKPOINT]), 'failures?': TEXTS},
    'moving': {'criu?': str, 'no_criu?': str, 'floor?': NUMBER, 'rows?': [MOVED_ROW]},
    'large': {'rows?': [LARGE_ROW]},
}


def problem(value, shape, where='the results'):
    """What is not as it should be, '' if nothing is."""
    if isinstance(shape, Map):
        if not isinstance(value, dict):
            return f'{where} is no object'
        return next(filter(None, (problem(own, shape.shape, f'{where}.{name}') for name, own in value.items())), '')
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f'{where} is no list'
        return next(filter(None, (problem(own, shape[0], f'{where}[{i}]') for i, own in enumerate(value))), '')
    if isinstance(shape, dict):
        return _record_problem(value, shape, where)
    good = isinstance(value, (int, float) if shape is float else shape) and (shape is bool or not isinstance(value, bool))
    return '' if good else f'{where} is no {shape.__name__}'


def _record_problem(value, shape, where):
    if not isinstance(value, dict):
        return f'{where} is no object'
    shapes = {name.rstrip('?'): own for name, own in shape.items()}
    unknown = sorted(set(value) - set(shapes))
    missing = [name for name in shape if not name.endswith('?') and name not in value]
    if unknown or missing:
        return f'{where} has no {missing[0]}' if missing else f'{where} has {unknown[0]}, which is unknown'
    return next(filter(None, (problem(own, shapes[name], f'{where}.{name}') for name, own in value.items())), '')
