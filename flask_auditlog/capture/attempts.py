"""The end of a request: what was told is recorded, and what failed without a word is found."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Request
from flask import request
from flask import Response
from flask import url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError

from ..state import here
from ..state import session_as_it_was
from ..state import State
from . import captured
from . import deeds
from . import harmless
from . import oauth
from .deeds import Deed
from .expected import Answer
from .expected import code
from .expected import Expected
from .expected import names_of
from .expected import Return
from .expected import verdict
from .expected import verdict_of_return
from .tried import tried

# Says what an endpoint of the app is for, if it knows.
Guide = Callable[[State, str], Expected | None]

# In bytes: a larger answer to a login is a page.
LARGEST_JSON = 64 * 1024

_DONE = "flask_auditlog.attempts"

# A session that goes on is no login, and one that was told from another browser is no refusal.
_BESIDE = frozenset({"access.RESUME_SESSION", "access.RESUME_SESSION_ERROR"})


def init(state: State, *guides: Guide) -> None:
    """Look at the end of each request of the host.

    :param guides: the first that knows an endpoint says what it is for.
    """
    ending = _Ending(state, guides)
    state.expects, state.conclude = ending.is_expected, ending.at_response

    # A function: Flask looks at each whether it is a coroutine, at a method for longer.
    def at_end(error: BaseException | None) -> None:
        if error is not None:
            ending.at_end(error)

    # After the host's own, which may still commit.
    state.app.teardown_request_funcs.setdefault(None, []).insert(0, at_end)


class _Ending:
    """The end of the requests of one app."""

    def __init__(self, state: State, guides: Sequence[Guide]) -> None:
        self._state = state
        self._guides = guides
        self._known: dict[str, Expected | None] = {}

    def is_expected(self, asked: Request) -> bool:
        """Whether something will be recorded at the end of the request."""
        return self._expected(asked) is not None or deeds.told(asked)

    def at_response(self, asked: Request, response: Response) -> None:
        """Record what was told in the request, or is found by its answer."""
        each = self._expected(asked)
        if each is not None or deeds.told(asked):
            asked.environ[_DONE] = True
            with harmless(self._state):
                if each is not None:
                    _look(self._state, each, _answer(self._state, each, response))
            deeds.record_all(self._state)

    def at_end(self, error: BaseException) -> None:
        """Without a response: the host lets an exception through, or could not commit."""
        asked = here()
        if _DONE in asked.environ:
            return
        each = self._expected(asked)
        if each is not None or deeds.told(asked):
            failure = _code(error)
            with harmless(self._state):
                if each is not None:
                    _look(self._state, each, Answer(status=500), failure)
            deeds.record_all(self._state, failure)

    def _expected(self, asked: Request) -> Expected | None:
        endpoint = asked.endpoint
        if endpoint is None:
            return None
        try:
            each = self._known[endpoint]
        except KeyError:
            found = (guide(self._state, endpoint) for guide in self._guides)
            each = next((each for each in found if each is not None), None)
            self._known[endpoint] = each

        return each if each is not None and asked.method in each.methods else None


def named(state: State, endpoint: str) -> Expected | None:
    """What the configuration, or flask-login's ``login_view``, says of an endpoint."""
    settings, views = state.settings.capture, _views(state)
    if endpoint in settings.oauth_at:
        return Expected(type="LOGIN", methods=frozenset({"GET", "POST"}), oauth=True)
    if endpoint in settings.logins_at or endpoint in views:
        return Expected(type="LOGIN", pages=views)
    return None


def _views(state: State) -> frozenset[str]:
    manager: Any = getattr(state.app, "login_manager", None)
    if manager is None:
        return frozenset()
    views = {manager.login_view, *manager.blueprint_login_views.values()}

    # It may be an address too.
    return frozenset(view for view in views if view and "/" not in view)


def _look(state: State, each: Expected, answer: Answer, failure: str | None = None) -> None:
    if not _is_silent(each):
        return
    if each.oauth:
        _look_at_return(state, answer, failure)
        return
    seen = verdict(each, answer)
    if seen is None:
        return
    error = None if seen == "done" else failure or _status(answer.status)
    details = {"endpoint": request.endpoint, "status": answer.status}
    who = tried(_given(), state.settings.capture.login_fields)
    if who is not None:
        details["username"] = who
    deeds.tell(state, Deed(type=each.type, error=error, details=details))


def _look_at_return(state: State, answer: Answer, failure: str | None) -> None:
    actor = captured().actor
    given = Return(
        received=oauth.provider() is not None,
        answered=not _ANSWERS.isdisjoint(request.args),
        logged_in=actor is not None and actor.user_id is not None,
        logins=hasattr(state.app, "login_manager"),
    )
    seen = verdict_of_return(given, answer)
    if seen is None:
        return
    kind, outcome = seen
    error = None if outcome == "done" else oauth.said() or failure or _status(answer.status)
    deeds.tell(state, Deed(type=kind, error=error, details=oauth.details_of_return()))


# What a provider's answer has at least one of.
_ANSWERS = frozenset({"code", "state", "error", "oauth_token", "denied"})


def _is_silent(each: Expected) -> bool:
    """Whether nothing was told of what is done here."""
    types = deeds.types() - _BESIDE
    if each.type == "LOGIN":
        # The host may record what it likes beside. What is sent is a second factor.
        sent = any(name.startswith("access.SEND_") for name in types)
        return not sent and types.isdisjoint(_LOGINS)
    return not any(name.startswith("access.") for name in types)


_LOGINS = frozenset({"access.LOGIN", "access.LOGIN_ERROR", "access.PERMISSION_DENIED"})


def _status(status: int) -> str:
    return f"http_{status}" if status >= 400 else "refused"


def _code(error: BaseException) -> str:
    """The code of an OAuth error, or the name of the exception; never its message."""
    if isinstance(error, HTTPException):
        return f"http_{error.code}"
    return code(getattr(error, "error", None)) or type(error).__name__


def _given() -> Mapping[str, Any]:
    """Return the fields that the host has read itself. What it did not is not for us."""
    form = vars(request).get("form")
    if form:
        fields: Mapping[str, Any] = form
        return fields
    if not request.is_json or "_cached_data" not in vars(request):
        return {}
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # somebody nested it deep
        return {}

    return body if isinstance(body, Mapping) else {}


def _answer(state: State, each: Expected, response: Response) -> Answer:
    names = _new_in_session(state)
    if response.is_json and (response.content_length or 0) <= LARGEST_JSON:
        names |= names_of(response.get_json(silent=True))

    return Answer(
        status=response.status_code,
        json=response.is_json,
        back=_leads_back(response.location, each.pages),
        names=frozenset(names),
    )


def _new_in_session(state: State) -> set[str]:
    """Return the names in the session that the request put there, or changed."""
    app = state.app
    with session_as_it_was() as after:
        opened = app.session_interface.open_session(app, here())
        before: Mapping[str, Any] = opened or {}
        return {name for name, value in after.items() if before.get(name) != value}


def _leads_back(location: str | None, pages: frozenset[str]) -> bool:
    if location is None:
        return False
    path = urlsplit(location).path
    came_from = urlsplit(request.referrer or "")
    if path == request.path or (came_from.netloc == request.host and path == came_from.path):
        return True

    return any(path == _path_of(page) for page in pages)


def _path_of(endpoint: str) -> str | None:
    try:
        return urlsplit(url_for(endpoint)).path
    except BuildError:
        return None
