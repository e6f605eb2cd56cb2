"""What the tables of the parts share."""


def failure_lines(failures):
    """failures: (who, on what, why). Those of one reason share a line."""
    grouped = {}
    for who, what, why in failures:
        grouped.setdefault((who, why), []).append(what)
    return [f'- {who} on {", ".join(dict.fromkeys(where))}: {why}' for (who, why), where in grouped.items()]


def rows_without(rows):
    """Lines on what was to be measured and failed altogether."""
    return [f'- {row.get("program") or row.get("module") or row.get("mib")}: {row["failure"]}' for row in rows if row.get('failure')]


def figure_table(figures):
    """figures: (what, what is wanted of it, what it is), in words."""
    return ['| what | wanted | measured |', '|---|---|---|', *(f'| {" | ".join(figure)} |' for figure in figures)]


def microseconds(n):
    return f'{n:.0f} µs' if n < 1000 else f'{n / 1000:.2f} ms'


def worst(rows, of):
    """The row of the highest ratio."""
    row = max(rows, key=of)
    return f'{of(row):.2f} ({row["program"]})'
