from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

from tests import services


@pytest.mark.parametrize("again", [False, True])
def test_every_test_has_a_database_of_its_own(database_url: str, again: bool) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (n integer)"))


def test_postgresql_has_the_logs_tables(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    assert sa.inspect(engine).get_table_names(schema="auditlog")


def test_postgresql_writes_as_a_server_would_where_times_are_measured() -> None:
    with services.postgres_server(fsync=True) as server:
        engine = sa.create_engine(server.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SHOW fsync")) == "on"


def test_a_missing_program_is_an_error_that_names_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(services.ServiceMissing, match="make test"):
        services.chromium()


@pytest.mark.browser
def test_the_browser_is_real(page: Page) -> None:
    page.set_content("<title>there</title>")
    assert page.title() == "there"
