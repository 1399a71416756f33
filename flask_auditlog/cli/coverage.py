"""``coverage``: what of the app is recorded, and what was forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

import click

from ..capture.coverage import gather
from ..capture.coverage import Item
from ..capture.coverage import read_seen
from ..capture.coverage import Report
from ..capture.coverage import report
from ..capture.coverage.report import STATES
from ..errors import Disabled
from ..state import current
from .terminal import command
from .terminal import inert

COLOURS = {"uncovered": "red", "ignored": "yellow", "audited": "green"}

# In characters. What is longer pushes the next column aside.
WIDEST = (60, 50)


@click.command()
@click.option(
    "--format", "name", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit with 1 when less than this is audited or ignored with a reason.",
)
@click.option(
    "--seen",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What the tests saw recorded: the file of `pytest --audit-seen`.",
)
@command
def coverage(name: str, fail_under: float | None, seen: Path | None) -> None:
    """Report what is audited, ignored with a reason, or uncovered.

    Every mapped model, every route that may change something, every signal of the login
    libraries that are installed, every type you defined; and with --seen every table that
    your tests wrote to. It needs no database.
    """
    state = current()
    if not state.settings.enabled:
        raise Disabled
    found = report(gather(state, read_seen(seen) if seen is not None else None))
    if name == "json":
        click.echo(json.dumps(found.document(), indent=2))
    else:
        for line in lines(found):
            click.echo(line)
    if fail_under is not None and found.percent < fail_under:
        click.echo(f"{found.percent:g} % is less than {fail_under:g} %.", err=True)
        click.get_current_context().exit(1)


def lines(found: Report) -> Iterator[str]:
    """Yield the report in lines, with colours for a terminal."""
    counts = " · ".join(_counted(found, state) for state in reversed(STATES))
    yield f"{click.style(f'{found.percent:g} %', bold=True)} covered: {counts}"
    widths = [_width(found.items, place) for place in range(len(WIDEST))]
    for state in STATES:
        if items := found.of(state):
            yield ""
            yield click.style(state, fg=COLOURS[state], bold=True)
            yield from (_line(item, widths) for item in items)


def _counted(found: Report, state: str) -> str:
    items = [item for item in found.items if item.state == state]

    return click.style(f"{len(items)} {state}", fg=COLOURS[state] if items else None)


def _width(items: Sequence[Item], place: int) -> int:
    return min(WIDEST[place], max((len(_cells(item)[place]) for item in items), default=0))


def _cells(item: Item) -> tuple[str, str]:
    return inert(item.name), inert(item.place)


def _line(item: Item, widths: Sequence[int]) -> str:
    cells = [cell.ljust(width) for cell, width in zip(_cells(item), widths, strict=True)]

    return f"  {item.kind:<7} {'  '.join(cells)}  {inert(item.why)}".rstrip()
