"""The same change in Django, with django-auditlog and without. The only module that knows them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

import django
import sqlalchemy as sa
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db import models
from django.db import transaction

LABEL = "tracked_django"


@contextmanager
def django_changes(url: str) -> Iterator[Mapping[str, Callable[[], object]]]:
    """Give the plain and the tracked change, in a database of its own beside that of *url*."""
    _set_up(url)
    plain, tracked = _models()
    connection = connections["default"]
    call_command("migrate", verbosity=0, run_syncdb=True)
    # What it remembers is of the database before.
    import_module("django.contrib.contenttypes.models").ContentType.objects.clear_cache()
    with connection.schema_editor() as editor:
        for model in (plain, tracked):
            editor.create_model(model)
            model.objects.create(id=1, name="a", amount=1, note="")

    def change(model: Any) -> None:
        with transaction.atomic():
            found = model.objects.get(pk=1)
            found.amount += 1
            found.note = f"changed {found.amount} times"
            found.save()

    yield {"django plain": partial(change, plain), "django tracked": partial(change, tracked)}
    connection.close()


def _set_up(url: str) -> None:
    parsed = sa.make_url(url)
    database: dict[str, Any]
    if parsed.get_backend_name() == "sqlite":
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{parsed.database}-django"}
    else:
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parsed.database,
            "USER": parsed.username,
            "PASSWORD": parsed.password or "",
            "HOST": parsed.query.get("host") or parsed.host or "",
            "PORT": str(parsed.query.get("port") or parsed.port or ""),
        }
    if settings.configured:
        connections.settings = connections.configure_settings({"default": database})
        del connections["default"]
        return
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "auditlog"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
    )
    django.setup()


def _models() -> tuple[Any, Any]:
    known = apps.all_models[LABEL]
    if not known:
        for name in ("Plain", "Tracked"):
            fields: dict[str, Any] = {
                "__module__": __name__,
                "name": models.CharField(max_length=50),
                "amount": models.IntegerField(),
                "note": models.CharField(max_length=200),
                "Meta": type(
                    "Meta", (), {"app_label": LABEL, "db_table": f"django_{name.lower()}"}
                ),
            }
            type(name, (models.Model,), fields)
        # It wants to be imported when the settings are there.
        import_module("auditlog.registry").auditlog.register(known["tracked"])
    return known["plain"], known["tracked"]
