"""``types``: what kinds of events there are, and the lock file of those that are defined."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import ConfigError
from ..errors import NotFound
from ..recorder.catalogue import Catalogue
from ..recorder.catalogue import lock
from ..recorder.catalogue.kinds import kinds
from ..state import current
from ..store import Scope
from ..store import TypeCount
from ..web.reads import record_read
from .terminal import command
from .type_pages import as_json
from .type_pages import as_markdown
from .type_pages import as_text

# More than these were made up by whoever sends events.
MOST = 1000


@click.command()
@click.option("--realm", default=None, help="The realm; the app's own if not given.")
@click.option(
    "--format",
    "name",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="`markdown` is a page of documentation: what is defined, without the log.",
)
@click.option("--defined", is_flag=True, help="Only what is defined, without looking into the log.")
@click.option(
    "--lock",
    "to_lock",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what is defined to a lock file, unless a type changed that needs a new version.",
)
@click.option(
    "--check",
    "to_check",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Fail if what is defined is not what the lock file says.",
)
@command
def types(
    realm: str | None,
    name: str,
    defined: bool,  # noqa: FBT001 (click names it)
    to_lock: Path | None,
    to_check: Path | None,
) -> None:
    """List the types of events: defined ones and those in the log, with their numbers."""
    catalogue = current().catalogue
    if to_check is not None:
        _check(catalogue, to_check)
    elif to_lock is not None:
        _lock(catalogue, to_lock)
    elif name == "markdown":
        click.echo("\n".join(as_markdown(catalogue)))
    else:
        seen = [] if defined else _seen(realm or current().settings.realms[0])
        listed = kinds(catalogue, seen)
        if name == "text":
            click.echo("\n".join(as_text(listed)))
        else:
            click.echo(as_json(listed, counted=not defined))


def _seen(realm: str) -> list[TypeCount]:
    """Return what is in the log of a realm. That is a read, and recorded as such."""
    store = current().store
    if realm not in store.realms:
        raise NotFound(f"There is no realm {realm}. `flask auditlog realm list` shows all.")
    scope = Scope(realm=realm, organization_id=None)
    seen = store.types.seen(scope, at_most=MOST + 1)
    record_read(scope, "types", None, sum(each.records for each in seen[:MOST]))
    if len(seen) > MOST:
        click.echo(f"More than {MOST} types: those after {seen[MOST].type} are left out.", err=True)

    return seen[:MOST]


def _check(catalogue: Catalogue, path: Path) -> None:
    if said := lock.differences(lock.read(path), lock.locked(catalogue), path):
        raise ConfigError(" ".join(said))
    click.echo(f"{len(catalogue)} types, as {path} says.")


def _lock(catalogue: Catalogue, path: Path) -> None:
    new = lock.locked(catalogue)
    if path.exists() and (said := list(lock.broken(lock.read(path), new))):
        raise ConfigError(" ".join(said))
    try:
        lock.write(new, path)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from error
    click.echo(f"{len(new)} types are locked in {path}.")
