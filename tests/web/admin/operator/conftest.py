"""The people of the pages of webhooks: they may do as much with tokens."""

from __future__ import annotations

from tests.web.admin.webhooks.conftest import admin as admin
from tests.web.admin.webhooks.conftest import hooking as hooking
from tests.web.admin.webhooks.conftest import person as person
from tests.web.admin.webhooks.conftest import store as store
