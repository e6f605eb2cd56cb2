"""The report: tables in Markdown, and one HTML page with them and all pictures, that needs nothing beside it."""

import html
import sys
import traceback
from dataclasses import dataclass
from typing import Callable

import checkpoint
import cost
import exceptions
import io_cost
import large
import moving_tables
import programs
import start
from progress import duration

STYLE = '''
body { font: 15px/1.5 system-ui, sans-serif; max-width: 84rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 13px; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { padding: .2rem .5rem; border-bottom: 1px solid #ddd; text-align: left; }
td[style*=right] { white-space: nowrap; }
figure { margin: 1rem 0; }
figcaption { font-weight: 600; }
svg { max-width: 100%; height: auto; margin: 1rem 0; }
'''


@dataclass
class Section:
    title: str
    part: str           # what it is made of
    table: Callable     # of the part's data: lines of Markdown
    pictures: str = ''  # the function of plots.py that gives (title, picture)


SECTIONS = (
    Section('Run time', 'programs', programs.table, 'of_programs'),
    Section('Compile time', 'programs', programs.compile_table, 'of_compiling'),
    Section('Start and size', 'start', start.table),
    Section('Input and output', 'io', io_cost.table),
    Section('Exceptions', 'exceptions', exceptions.table),
    Section('What checkpoint code costs', 'cost', cost.table, 'of_cost'),
    Section('Checkpoint and restore', 'checkpoint', checkpoint.table, 'of_checkpoints'),
    Section('Against CRIU', 'moving', moving_tables.table, 'of_moving'),
    Section('Large modules', 'large', large.table, 'of_large'),
)


def is_usable(part):
    """One that ended early has a table if it has rows; one of some programs only is whole in itself."""
    return bool(part) and (not part['failure'] or bool(part['data'].get('rows')))


def describe(results):
    """Which machine, who takes part."""
    host = results['machine']
    yield from ('# Benchmarks', '', f'{host["cpu"]}, {host["cores"]} cores, {host["memory"] / 2**30:.0f} GiB, Linux '
                f'{host["kernel"]} {host["isa"]}; begun {results["began"]}', '')
    yield from (f'- {name}: {version}' for name, version in results['versions'].items())
    yield from ('', f'At most {results["settings"]["percent"]} % of the standard work, and {results["settings"]["rounds"]} rounds.')


def missing(results, wanted):
    """What a reader might look for and not find: parts, rows, peers."""
    parts = results['parts']
    for key in wanted:
        part = parts.get(key)
        if not part:
            yield f'- {key}: not measured'
        elif part['failure']:
            yield f'- {key}: {part["failure"]}'
        elif not part['complete']:
            yield f'- {key}: measured in part only'
    for key, part in parts.items():
        failed = [row for row in part['data'].get('rows', []) if row.get('failure')]
        if failed:
            yield f'- {key}: {len(failed)} of {len(part["data"]["rows"])} rows failed'
    if 'large' in parts:
        rows = {row['module'] for row in parts['large']['data'].get('rows', [])}
        yield from (f'- {name}: not measured; `make bench-large` does it' for name in large.MODULES if name not in rows)
    absent = dict(results['absent'])
    if 'moving' in parts and parts['moving']['data'].get('no_criu'):
        absent['CRIU'] = parts['moving']['data']['no_criu']
    yield from (f'- {name}: absent ({why})' for name, why in absent.items())


def circumstances(part, results):
    """How a part came to be; a compiler that is not the run's is told, since then parts can't be compared."""
    loads = ' and '.join(f'{load:.1f}' for load in dict.fromkeys(part['load']))
    text = f'Measured {part["time"]}, in {duration(part["seconds"])}, at a load of {loads}.'
    other = part['compiler'] != results['compiler'] or part['settings'] != results['settings']
    return text + (' **Not with the compiler or the settings of the other parts.**' if other else '')


def tables(results, wanted):
    """(section or None, lines) for each."""
    yield None, [*describe(results), '', '## Missing', '', *(list(missing(results, wanted)) or ['Nothing.'])]
    for section in SECTIONS:
        part = results['parts'].get(section.part)
        if is_usable(part):
            yield section, [f'## {section.title}', '', circumstances(part, results), '', *shown(section.table, part['data'])]


def shown(show_data, data):
    """A mistake in one table or picture must not cost the others, and what was measured after it."""
    try:
        return list(show_data(data))
    except Exception:
        traceback.print_exc()
        return ['This could not be shown: it is a mistake of the report.']


def pictures_of(section, results):
    if not section or not section.pictures:
        return []
    import plots
    return [drawn for drawn in shown(getattr(plots, section.pictures), results['parts'][section.part]['data'])
            if isinstance(drawn, tuple)]


def page(results, wanted):
    import markdown
    for section, lines in tables(results, wanted):
        yield markdown.markdown('\n'.join(lines), extensions=['tables', 'sane_lists'])
        for title, picture in pictures_of(section, results):
            yield f'<figure><figcaption>{html.escape(title)}</figcaption>{picture}</figure>'


def write(folder, results, wanted):
    """Returns what the reader is told of where it is."""
    (folder / 'results.md').write_text('\n'.join(line for _, lines in tables(results, wanted) for line in [*lines, '']))
    try:
        body = '\n'.join(page(results, wanted))
    except ImportError as error:
        return f'Tables: {folder / "results.md"}; the page needs python3-markdown and python3-matplotlib ({error})'
    (folder / 'report.html').write_text('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Wanco: benchmarks</title>'
                                        f'<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n')
    return f'Report: {folder / "report.html"}'


def show(key, results):
    """The tables of one part, on stdout."""
    for section, lines in tables(results, []):
        if section and section.part == key:
            print('\n'.join([*lines, '']))
    sys.stdout.flush()
