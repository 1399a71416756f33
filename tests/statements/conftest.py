from __future__ import annotations

from tests.apps import make_app as make_app
from tests.statements.hosts import engine as engine
from tests.statements.hosts import host as host
