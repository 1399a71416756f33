"""Views that are imported when somebody asks for them: an app starts without them.

After Flask's pattern for large apps
(https://flask.palletsprojects.com/en/stable/patterns/lazyloading/).
"""

from __future__ import annotations

from functools import cached_property
from importlib.util import resolve_name
from typing import Any

from werkzeug.utils import import_string


class View:
    """A view that is imported when it is called for the first time.

    :param path: the module that it is in, from *package* on, and its name there:
        ``.search_page.search``.
    """

    def __init__(self, path: str, package: str) -> None:
        module, _, name = path.rpartition(".")
        # What Flask and extensions know a view by: Flask-Limiter names its limits after these.
        self.__module__ = resolve_name(module, package)
        self.__name__ = self.__qualname__ = name
        self.__doc__ = None

    @cached_property
    def itself(self) -> Any:
        """The function."""
        return import_string(f"{self.__module__}.{self.__name__}")

    def __call__(self, *args: Any, **values: Any) -> Any:
        """Answer as it does."""
        return self.itself(*args, **values)
