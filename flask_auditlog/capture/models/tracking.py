"""What the host app calls to have its models tracked."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from typing import Any
from typing import TypedDict
from typing import Unpack

from .flush import listen
from .tracked import Named
from .tracked import Options
from .tracked import Registry


class TrackOptions(TypedDict, total=False):
    """The options of ``audit.track`` and ``audit.track_all``."""

    mask: Collection[str]
    ignore: Collection[str]
    hash: Collection[str]
    label: Named
    organization: Named
    resource_type: str
    resource_path: str


class Tracking:
    """Which of the host's models are tracked."""

    def __init__(self) -> None:
        super().__init__()
        self.tracked = Registry()

    def track(self, *models: type[Any], **options: Unpack[TrackOptions]) -> None:
        """Record every change of these SQLAlchemy models, and of those that inherit from them.

        :param mask: attributes whose values are never told, only that they changed.
        :param ignore: attributes that are no change at all.
        :param hash: attributes told by a keyed hash: equal values can still be matched.
        :param label: the attribute that names an object to people, or a function of it.
        :param organization: the attribute that holds its organization, or a function of it.
        :param resource_type: instead of the class's name (``InvoiceLine``: ``INVOICE_LINE``).
        :param resource_path: instead of the table's name, before the key: ``invoices/7``.
        :raises ConfigError: for a name that no model has.
        """
        self.tracked.add(models, _options(options))
        for model in models:
            listen(model)

    def track_all(
        self,
        base: type[Any],
        *,
        exclude: Collection[type[Any]] | Mapping[type[Any], str | None] = (),
        **options: Unpack[TrackOptions],
    ) -> None:
        """Record every change of all models under *base*, also of those that come later.

        :param exclude: models to leave out, with what inherits from them; as a dict, with
            the reason, which the coverage report repeats.
        :param options: as of :meth:`track`, for all. What ``track`` says of a model wins.
        """
        excluded = exclude if isinstance(exclude, Mapping) else dict.fromkeys(exclude)
        self.tracked.add_all(base, _options(options), excluded)
        listen(base)


def _options(given: TrackOptions) -> Options:
    names = {name: frozenset(_collection(name, given)) for name in ("mask", "ignore", "hash")}

    return Options(**{**given, **names})  # type: ignore[arg-type]  # a TypedDict has lost its types


def _collection(name: str, given: Mapping[str, Any]) -> Collection[str]:
    value: Collection[str] = given.get(name, ())
    # One name in place of a set is its letters.
    return (value,) if isinstance(value, str) else value
