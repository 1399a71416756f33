"""Which models are tracked, and how each is shown. Knows classes and tables, no app."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import exc

from ...errors import ConfigError

# The name of an attribute, or a function that is given what is loaded of the object.
Named = str | Callable[[Any], Any]
Model = type[Any]

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_RESOURCE = re.compile(r"[^\W-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the host said of a model and of those that inherit from it."""

    mask: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    hash: frozenset[str] = frozenset()
    label: Named | None = None
    organization: Named | None = None
    resource_type: str | None = None
    resource_path: str | None = None


# Compared by identity: it stands for one class of one registry.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tracked:
    """One mapped class whose changes are recorded.

    ``table`` is the one its rows are identified by: the base's in joined inheritance. The names
    in ``mask``, ``ignore`` and ``hash`` are of attributes or columns.
    """

    model: Model
    mapper: orm.Mapper[Any]
    table: sa.Table
    resource_type: str
    resource_path: str
    options: Options = field(default_factory=Options)

    def path_of(self, key: Iterable[Any]) -> str:
        """Return the resource path of the row with that primary key, in text: ``users/7``."""
        return path_of(self.resource_path, key)


def path_of(resource_path: str, key: Iterable[Any]) -> str:
    """Return the path of the row with that primary key: ``users/7``, ``user_roles/7,3``."""
    return f"{resource_path}/{','.join(map(_part, key))}"


class Registry:
    """The models one audit object tracks. Asked in every flush: what it finds, it keeps."""

    def __init__(self) -> None:
        self._given: dict[Model, Options] = {}
        self._bases: dict[Model, Options] = {}
        self._excluded: dict[Model, str | None] = {}
        self._found: dict[Model, Tracked | None] = {}
        self._tables: dict[sa.Table, Tracked] = {}
        self._mappers_seen = -1
        # What ``plan.py`` found out of each class.
        self.plans: dict[Model, Any] = {}
        # Grows with everything that is said.
        self.version = 0

    def add(self, models: Collection[Model], options: Options) -> None:
        """Track *models* and what inherits from them.

        :raises ConfigError: for what is no class, and for names that none of them has.
        """
        _check(models, options)
        for model in models:
            self._given[model] = options
        self._forget()

    def add_all(self, base: Model, options: Options, excluded: Mapping[Model, str | None]) -> None:
        """Track everything mapped under *base*, now and later, but what is *excluded*."""
        if not isinstance(base, type):
            raise ConfigError("audit.track_all needs the base class of your models.")
        _check_resource(options, several=True)
        self._bases[base] = options
        self._excluded.update(excluded)
        self._forget()

    @property
    def excluded(self) -> Mapping[Model, str | None]:
        """What ``track_all`` was told to leave out, and why."""
        return self._excluded

    def of_class(self, model: Model) -> Tracked | None:
        """Return how *model* is tracked; ``None`` if it is not."""
        try:
            return self._found[model]
        except KeyError:
            return self._find(model)

    def of_mapper(self, mapper: orm.Mapper[Any]) -> Tracked | None:
        """Return how the class of *mapper* is tracked; ``None`` if it is not."""
        return self.of_class(mapper.class_)

    def of_table(self, table: sa.FromClause) -> Tracked | None:
        """Return what is tracked in *table*: of an inheritance in one table, its base."""
        return self.tables.get(table)  # type: ignore[call-overload, no-any-return]  # a key of another kind is not there

    @property
    def tables(self) -> Mapping[sa.Table, Tracked]:
        """Every table of a tracked class. Those of models that are mapped later come to it."""
        mappers = [mapper for model in self.models for mapper in _mapper(model)]
        if len(mappers) != self._mappers_seen:
            found: dict[sa.Table, Tracked] = {}
            for mapper in sorted(mappers, key=_depth):
                tracked = self.of_mapper(mapper)
                table = mapper.local_table
                if tracked is not None and isinstance(table, sa.Table):
                    found.setdefault(table, tracked)
            self._tables, self._mappers_seen = found, len(mappers)

        return self._tables

    @property
    def models(self) -> Iterator[Model]:
        """Every class that is tracked and mapped so far."""
        for model in dict.fromkeys(
            each for root in (*self._given, *self._bases) for each in _family(root)
        ):
            if self.of_class(model) is not None:
                yield model

    @property
    def empty_bases(self) -> list[Model]:
        """The bases of ``track_all`` under which nothing is mapped so far."""
        return [
            base for base in self._bases if not any(any(_mapper(each)) for each in _family(base))
        ]

    def _forget(self) -> None:
        self._found, self._mappers_seen, self.plans = {}, -1, {}
        self.version += 1

    def _find(self, model: Model) -> Tracked | None:
        options = self._options_of(model)
        mapper = next(iter(_mapper(model)), None)
        if mapper is None:
            # Mapped later, perhaps: asked again.
            return None
        tracked = None if options is None else _tracked(mapper, options)
        self._found[model] = tracked

        return tracked

    def _options_of(self, model: Model) -> Options | None:
        """What was said nearest to *model*: of itself, of a base, or that it is left out."""
        for each in model.__mro__:
            if each in self._given:
                return self._given[each]
            if each in self._excluded:
                return None
        return next((self._bases[each] for each in model.__mro__ if each in self._bases), None)


def _tracked(mapper: orm.Mapper[Any], options: Options) -> Tracked | None:
    root = mapper
    while root.inherits is not None and not root.concrete:
        root = root.inherits
    table = root.local_table
    if not isinstance(table, sa.Table):
        # A query that is mapped: its rows are those of tables, and told of there.
        return None
    model = mapper.class_
    keys = {prop.key: column.name for prop, column in columns_of(mapper)}

    return Tracked(
        model=model,
        mapper=mapper,
        table=table,
        resource_type=options.resource_type or _WORD.sub("_", model.__name__).upper(),
        resource_path=options.resource_path or table.name,
        options=replace(
            options,
            mask=_both(options.mask, keys),
            ignore=_both(options.ignore, keys),
            hash=_both(options.hash, keys),
        ),
    )


def columns_of(mapper: orm.Mapper[Any]) -> Iterator[tuple[Any, sa.Column[Any]]]:
    """Yield each mapped column with its attribute, without configuring the mappers."""
    for column in mapper.columns:
        if isinstance(column, sa.Column):
            yield mapper.get_property_by_column(column), column


def _both(names: frozenset[str], keys: Mapping[str, str]) -> frozenset[str]:
    """Return *names* with the column of each attribute, and the attribute of each column."""
    return names | {
        other
        for key, column in keys.items()
        if key in names or column in names
        for other in (key, column)
    }


def _family(model: Model) -> Iterator[Model]:
    yield model
    for child in model.__subclasses__():
        yield from _family(child)


def _mapper(model: Model) -> Iterator[orm.Mapper[Any]]:
    # Not by `inspect`, which configures all mappers: at import time some names are not there yet.
    try:
        yield orm.class_mapper(model, configure=False)
    except (exc.UnmappedClassError, sa.exc.ArgumentError):
        return


def _depth(mapper: orm.Mapper[Any]) -> int:
    return len(list(mapper.iterate_to_root()))


def _check(models: Collection[Model], options: Options) -> None:
    if not models or not all(isinstance(model, type) for model in models):
        raise ConfigError("audit.track needs model classes.")
    _check_resource(options, several=len(models) > 1)
    if not all(any(_mapper(model)) for model in models):
        return
    # A misspelt name in `mask` would be a secret in the log.
    known = {name for model in models for each in _family(model) for name in _names(each)}
    if unknown := sorted((options.mask | options.ignore | options.hash) - known):
        names = ", ".join(model.__name__ for model in models)
        raise ConfigError(f"audit.track: {names} has no attribute or column {unknown[0]}.")


def _check_resource(options: Options, *, several: bool) -> None:
    if several and (options.resource_type or options.resource_path):
        raise ConfigError("resource_type and resource_path are given to one model at a time.")
    if options.resource_type is not None and not _RESOURCE.fullmatch(options.resource_type):
        raise ConfigError("resource_type is one word of letters, digits and underscores.")


def _names(model: Model) -> Iterator[str]:
    yield from dir(model)
    for mapper in _mapper(model):
        yield from (column.name for _, column in columns_of(mapper))


# What would be another key, or another path, if it stood in one as it is.
_ESCAPED = {ord(each): f"%{ord(each):02X}" for each in "%/,"}


def _part(value: Any) -> str:
    return str(value).translate(_ESCAPED)
