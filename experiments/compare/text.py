"""Tables as Markdown, as LaTeX and for the terminal; all values as CSV."""

import csv
import io
import re
from collections.abc import Iterable

import numpy as np
import rich.table
from rich.text import Text

from patchwright.experiments.compare.comparison import Comparison
from patchwright.experiments.compare.tables import Table
from patchwright.experiments.terminal.plain_text import shown, spreadsheet_cell

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # after a line break, LaTeX would read it as an optional argument
    "–": "--",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def markdown_text(tables: Iterable[Table], remarks: Iterable[str] = ()) -> str:
    """Write tables as Markdown; the best value of a row is bold."""
    blocks = [_markdown(remark) for remark in remarks]
    for table in tables:
        rule = ["---"] * table.names + ["---:"] * (len(table.header) - table.names)
        lines = [[_markdown(text) for text in table.header], rule]
        for row in table.rows:
            lines.append(
                [f"**{_markdown(c.whole)}**" if c.best else _markdown(c.whole) for c in row]
            )
        rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        blocks += [f"## {_markdown(table.title)}", rows, _markdown(table.note)]
    return "\n\n".join(blocks) + "\n"


def latex_text(tables: Iterable[Table], remarks: Iterable[str] = ()) -> str:
    r"""Write tables as LaTeX for `\input`; the best value of a row is bold. Needs booktabs."""
    blocks = [r"% needs \usepackage{booktabs}", *(f"% {_line(remark)}" for remark in remarks)]
    for table in tables:
        lines = [" & ".join(map(_latex, table.header)) + r" \\", r"\midrule"]
        for row in table.rows:
            cells = [rf"\textbf{{{_latex(c.whole)}}}" if c.best else _latex(c.whole) for c in row]
            lines.append(" & ".join(cells) + r" \\")
        columns = "l" * table.names + "r" * (len(table.header) - table.names)
        blocks += [
            "",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_latex(f'{table.title}. {table.note}')}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    return "\n".join(blocks) + "\n"


def csv_text(comparison: Comparison) -> str:
    """Write one line per run and measure as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["run", "group", "target", "seed", "metric", "value"])
    design = comparison.design
    for g, (group, row) in enumerate(zip(design.groups, design.runs, strict=True)):
        for c, ((target, seed), run) in enumerate(zip(design.cells, row, strict=True)):
            for result in comparison.by_measure:
                value = result.measure.cells[g, c]
                if np.isfinite(value):
                    name = spreadsheet_cell(result.measure.name)
                    line = [
                        spreadsheet_cell(str(run.folder)),
                        spreadsheet_cell(group),
                        spreadsheet_cell(design.targets[target]),
                        seed,
                        name,
                        repr(float(value)),
                    ]
                    writer.writerow(line)
    return out.getvalue()


def terminal_table(table: Table) -> rich.table.Table:
    """Make a table for the terminal; the best value of a row is bold."""
    drawn = rich.table.Table(title=Text(shown(table.title)), title_justify="left")
    for place, name in enumerate(table.header):
        drawn.add_column(Text(shown(name)), justify="left" if place < table.names else "right")
    for row in table.rows:
        drawn.add_row(*(Text(shown(cell.whole), style="bold" if cell.best else "") for cell in row))
    return drawn


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_|<>\[\]#])", r"\\\1", _line(text))


def _latex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in _line(text))


def _line(text: str) -> str:
    return " ".join(text.split())
