"""The results on disk, a file for each part: so a run that was ended goes on where it was, and one part can be measured
again. What is in them is checked when it is read (schema.py)."""

import json
import os
import shutil

import schema

IDENTITY = ('program', 'module', 'mib', 'cold')


def identity(row):
    """What row a row is."""
    return tuple(row.get(name) for name in IDENTITY)


def merge_rows(old, new):
    """The old ones with the new ones in their places, or at the end."""
    replaced = {identity(row): row for row in new}
    kept = [replaced.pop(identity(row), row) for row in old]
    return [*kept, *replaced.values()]


def write_json(path, value):
    """All of it or nothing."""
    beside = path.with_suffix('.new')
    beside.write_text(json.dumps(value, indent=1))
    os.replace(beside, path)


def read_json(path, shape):
    """The value, and why there is none."""
    try:
        value = json.loads(path.read_text())
    except FileNotFoundError:
        return None, ''
    except (OSError, ValueError) as error:
        return None, f'{path}: {error}'
    problem = schema.problem(value, shape)
    return (None, f'{path}: {problem}') if problem else (value, '')


class Part:
    """One that is being measured: its rows are written as they come."""

    def __init__(self, path, value, done, was_complete):
        self.path, self.value, self.done = path, value, {identity(row) for row in done}
        self.was_complete = was_complete    # before some of its rows were measured again

    @property
    def rows(self):
        return self.value['data'].setdefault('rows', [])

    def has(self, **names):
        """Whether this run has measured the row before it was ended."""
        return identity(names) in self.done

    def add(self, row):
        self.value['data']['rows'] = merge_rows(self.rows, [row])
        self.save()

    def save(self):
        write_json(self.path, self.value)


class Store:
    def __init__(self, folder, warn=print):
        self.folder, self.parts, self.warn = folder, folder / 'parts', warn
        self.header = {}    # of the run
        self.now = {}       # of what is measured now: with `merge` it may differ

    def begin(self, header, anew=False, merge=False):
        """Goes on with a run that was ended, if it was of the same compiler and settings; with `merge` with whatever
        is there. Returns whether it does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        old, problem = read_json(self.folder / 'run.json', schema.HEADER)
        if problem:
            self.warn(problem)
        same = old and all(old[name] == header[name] for name in ('compiler', 'settings', 'programs')) and not old['ended']
        goes_on = bool(old) and not anew and (merge or same)
        if not goes_on:
            shutil.rmtree(self.parts, ignore_errors=True)
        self.parts.mkdir(exist_ok=True)
        self.now = header
        self.header = old | {'versions': old['versions'] | header['versions']} if goes_on else header
        write_json(self.folder / 'run.json', self.header)
        return goes_on

    def end(self):
        self.header['ended'] = True
        write_json(self.folder / 'run.json', self.header)

    def path(self, key):
        return self.parts / f'{key}.json'

    def read(self, key):
        """The part as far as it was measured, or None."""
        part, problem = read_json(self.path(key), schema.PART | {'data': schema.DATA[key]})
        if problem:
            self.warn(f'{problem}; it is measured again')
        return part

    def open(self, key, facts, merge):
        """A part that is to be measured; merge: rows that are there are measured again, the others stay. Else those
        that this run has are kept."""
        old = self.read(key)
        usable = old is not None and (merge or not old['complete'])
        rows = old['data'].get('rows', []) if usable else []
        value = {**facts, 'complete': False, 'failure': '', 'data': {'rows': rows} if rows else {}}
        if rows and not merge:
            value['seconds'] += old['seconds']
        done = [] if merge else [row for row in rows if not row.get('failure')]
        return Part(self.path(key), value, done, usable and old['complete'])

    def results(self, keys):
        found = {key: part for key in keys if (part := self.read(key))}
        return {**self.header, 'parts': found}
