"""The report: one HTML page with all tables and pictures, that needs nothing beside it."""

import html

STYLE = '''
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: left; }
td[style*=right] { white-space: nowrap; }
figure { margin: 1rem 0; }
figcaption { font-weight: 600; }
svg { max-width: 100%; height: auto; margin: 1rem 0; }
'''


def write(path, sections, pictures):
    """sections: key -> lines of Markdown; pictures: key -> (title, SVG). Returns why there is none, '' if there is."""
    try:
        import markdown
    except ImportError:
        return 'the report needs python3-markdown'
    body = []
    for key, lines in sections.items():
        body.append(markdown.markdown('\n'.join(lines), extensions=['tables', 'sane_lists']))
        body += [f'<figure><figcaption>{html.escape(title)}</figcaption>{picture}</figure>'
                 for title, picture in pictures.get(key, [])]
    path.write_text('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>'
                    f'{html.escape("Wanco: benchmarks")}</title><style>{STYLE}</style></head>\n<body>\n'
                    + '\n'.join(body) + '\n</body></html>\n')
    return ''
