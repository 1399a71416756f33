"""What there is in an app that the log should know of, as found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A mapped class. ``left_out``: ``track_all`` was told to, perhaps for a ``reason``."""

    name: str
    module: str
    is_tracked: bool = False
    is_left_out: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method of a path that may change something.

    :param action: the type of the event of ``@audit.action``.
    :param reason: why it is not recorded, as the view or a rule in the configuration says.
    :param is_recorded: whether a rule has the request recorded.
    :param seen: the types of the events that such requests left in the tests.
    """

    method: str
    path: str
    endpoint: str
    place: str = ""
    action: str | None = None
    reason: str | None = None
    is_recorded: bool = False
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A signal that an installed library sends. ``type``: the event it becomes."""

    library: str
    name: str
    type: str | None = None
    reason: str | None = None
    is_listened_to: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A table that was written to in the tests, and by which paths."""

    table: str
    paths: tuple[str, ...]
    is_tracked: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type of event that the app defined.

    :param was_recorded: whether one was in the tests; ``None`` if nobody looked.
    """

    name: str
    was_recorded: bool | None = None


Fact = Model | Route | Signal | Type | Write
