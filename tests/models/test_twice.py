"""A model may be tracked by itself and under its base: that makes one event, by what was said of it."""

from __future__ import annotations

import pytest

from tests.models.host import Base
from tests.models.host import Host
from tests.models.host import Role


@pytest.mark.parametrize("base_first", [True, False])
def test_a_change_is_told_once(host: Host, base_first: bool) -> None:
    if base_first:
        host.audit.track_all(Base)
    host.audit.track(Role, resource_type="ROLE_OF_OURS")
    host.audit.track(Role, resource_type="ROLE_OF_OURS")
    if not base_first:
        host.audit.track_all(Base)
    role = Role(name="owner")
    host.session.add(role)
    host.commit()
    role.name = "admin"
    host.commit()
    host.session.delete(role)
    host.commit()
    operations = ("CREATE", "UPDATE", "DELETE")
    assert host.told == [(f"ROLE_OF_OURS-{each}", "roles/1") for each in operations]


def test_two_flushes_are_two_events(host: Host) -> None:
    host.audit.track_all(Base)
    role = host.add(Role(name="owner"))
    for name in ("admin", "member"):
        role.name = name
        host.flush()
    host.commit()
    assert host.told == [("ROLE-UPDATE", "roles/1")] * 2
