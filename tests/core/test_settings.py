from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog.errors import ConfigError
from flask_auditlog.settings import Capture
from flask_auditlog.settings import Limits
from flask_auditlog.settings import Redact
from flask_auditlog.settings import RequestRule
from flask_auditlog.settings import Settings

WRONG = [
    ({"DATABSE_URL": "sqlite://"}, "AUDITLOG_DATABSE_URL"),
    ({"ENABLED": "yes"}, "AUDITLOG_ENABLED must be True or False"),
    ({"ENABLED": 1}, "AUDITLOG_ENABLED must be True or False"),
    ({"DATABASE_URL": 5}, "AUDITLOG_DATABASE_URL must be a string"),
    ({"REALMS": "default"}, "must be a list"),
    ({"REALMS": 5}, "AUDITLOG_REALMS must be a list"),
    ({"REALMS": []}, "at least one realm"),
    ({"REALMS": ["a/b"]}, "realm's name"),
    ({"REALMS": [""]}, "realm's name"),
    ({"REALMS": ["x" * 64]}, "realm's name"),
    ({"REALMS": [5]}, "AUDITLOG_REALMS"),
    ({"URL_PREFIX": "audit"}, "AUDITLOG_URL_PREFIX"),
    ({"URL_PREFIX": "/"}, "AUDITLOG_URL_PREFIX"),
    ({"URL_PREFIX": None}, "AUDITLOG_URL_PREFIX must be a string"),
    ({"API_PREFIX": "/auth/"}, "AUDITLOG_API_PREFIX"),
    ({"CAPTURE": True}, "AUDITLOG_CAPTURE must be a dict"),
    ({"CAPTURE": {"login": True}}, "login"),
    ({"CAPTURE": {"rules": "POST"}}, "must be a list"),
    ({"CAPTURE": {"rules": {"path": "/"}}}, "must be a list"),
    ({"CAPTURE": {"rules": ["/"]}}, "AUDITLOG_CAPTURE: rules[0] must be a dict"),
    ({"CAPTURE": {"rules": [{}, {"methds": []}]}}, "AUDITLOG_CAPTURE: rules[1]: methds"),
    ({"CAPTURE": {"rules": [{"methods": "POST"}]}}, "methods must be a list"),
    ({"CAPTURE": {"rules": [{"methods": ["PSOT"]}]}}, "the method PSOT"),
    ({"CAPTURE": {"rules": [{"methods": [5]}]}}, "methods must be a list of strings"),
    ({"CAPTURE": {"rules": [{"statuses": [True]}]}}, "statuses must be a list"),
    ({"CAPTURE": {"rules": [{"statuses": [4]}]}}, "the status 4."),
    ({"CAPTURE": {"rules": [{"statuses": ["6xx"]}]}}, "the status 6xx"),
    ({"CAPTURE": {"rules": [{"statuses": [404.0]}]}}, "statuses must be a list"),
    ({"CAPTURE": {"rules": [{"path": "api/*"}]}}, "begins with a slash"),
    ({"CAPTURE": {"rules": [{"path": 5}]}}, "path must be a string"),
    ({"CAPTURE": {"rules": [{"record": "no"}]}}, "record must be True or False"),
    ({"CAPTURE": {"rules": [{"record": False}]}}, "needs a reason"),
    ({"CAPTURE": {"rules": [{"record": False, "reason": " "}]}}, "needs a reason"),
    ({"CAPTURE": {"username": 5}}, "username must be a string"),
    ({"REDACT": {"names": "iban"}}, "must be a list"),
    ({"LIMITS": {"page_size": 0}}, "page_size must be more than 0"),
    ({"LIMITS": {"page_size": "50"}}, "page_size must be a whole number"),
    ({"LIMITS": {"page_size": True}}, "page_size must be a whole number"),
    ({"LIMITS": {"event_bytes": 1.5}}, "event_bytes must be a whole number"),
    ({"LIMITS": {"query_seconds": "10"}}, "query_seconds must be a number"),
    ({"LIMITS": {"query_seconds": float("nan")}}, "query_seconds"),
    ({"LIMITS": {"query_seconds": float("inf")}}, "query_seconds"),
    ({"KEYS": "one"}, "must be a list"),
    ({"REDIS_URL": "localhost:6379"}, "AUDITLOG_REDIS_URL must begin with one of redis://"),
    ({"RATE_LIMIT": "many"}, "AUDITLOG_RATE_LIMIT is a number per second"),
    ({"RATE_LIMIT": "0/minute"}, "AUDITLOG_RATE_LIMIT"),
    ({"RATE_LIMIT": "5/fortnight"}, "AUDITLOG_RATE_LIMIT"),
    ({"RATE_LIMIT": 600}, "AUDITLOG_RATE_LIMIT must be a string"),
    ({"RATE_LIMIT_STATUS": 418}, "AUDITLOG_RATE_LIMIT_STATUS must be 429 or 403"),
    ({"RATE_LIMIT_STATUS": None}, "AUDITLOG_RATE_LIMIT_STATUS must be a whole number"),
    ({"WEBHOOKS": {"timeout": 0}}, "AUDITLOG_WEBHOOKS: timeout is more than 0 and at most 30"),
    ({"WEBHOOKS": {"timeout": 31}}, "AUDITLOG_WEBHOOKS: timeout"),
    ({"WEBHOOKS": {"timeout": float("nan")}}, "AUDITLOG_WEBHOOKS: timeout"),
    ({"WEBHOOKS": {"in_flight": 513}}, "AUDITLOG_WEBHOOKS: in_flight is 1 to 512"),
    ({"WEBHOOKS": {"lease": 0}}, "AUDITLOG_WEBHOOKS: lease"),
    ({"WEBHOOKS": {"schedule": []}}, "AUDITLOG_WEBHOOKS: schedule"),
    ({"WEBHOOKS": {"schedule": [0, -1]}}, "AUDITLOG_WEBHOOKS: schedule"),
    ({"WEBHOOKS": {"schedule": ["0"]}}, "AUDITLOG_WEBHOOKS: schedule must be a list of numbers"),
    ({"WEBHOOK_ALLOW": "10.0.0.0/8"}, "AUDITLOG_WEBHOOK_ALLOW must be a list"),
    ({"KEYS": b"one"}, "AUDITLOG_KEYS must be a list"),
    ({"KEYS": [5]}, "AUDITLOG_KEYS"),
    ({"KEYS": [""]}, "AUDITLOG_KEYS"),
]


def read(**values: Any) -> Settings:
    return Settings.from_config({f"AUDITLOG_{name}": value for name, value in values.items()})


@pytest.mark.parametrize(("values", "words"), WRONG, ids=str)
def test_a_wrong_value_is_told_in_a_sentence_that_names_it(
    values: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as error:
        read(**values)
    assert words in str(error.value)


@pytest.mark.parametrize(
    "values",
    [
        WRONG[0][0],
        {"DATABASE_URL": "no database"},
        {"WEBHOOK_ALLOW": ["10.0.0.1/8"]},
        WRONG[-1][0],
    ],
    ids=str,
)
def test_a_bad_config_leaves_no_trace(values: dict[str, Any]) -> None:
    app = Flask("host")
    app.config.update({f"AUDITLOG_{name}": value for name, value in values.items()})
    before = (len(app.cli.commands), list(app.url_map.iter_rules()))
    with pytest.raises(ConfigError):
        AuditLog(app)
    assert "auditlog" not in app.extensions
    assert (len(app.cli.commands), list(app.url_map.iter_rules())) == before
    assert not any(app.before_request_funcs.values())
    assert not any(app.after_request_funcs.values())


def test_without_a_word_everything_has_its_default() -> None:
    assert read() == Settings()


def test_what_is_not_ours_is_not_looked_at() -> None:
    assert Settings.from_config({"SECRET_KEY": "x", "AUDIT_LOG": 1}) == Settings()


def test_an_unknown_key_is_answered_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"Known:.*AUDITLOG_DATABASE_URL"):
        read(NOPE=1)


def test_a_group_is_a_dict_or_its_class() -> None:
    by_dict = read(
        CAPTURE={"rules": [{"methods": ["post"]}], "username": "login"},
        REDACT={"names": ["iban"]},
        LIMITS={"page_size": 10, "query_seconds": 2},
    )
    by_class = read(
        CAPTURE=Capture(rules=(RequestRule(methods=("POST",)),), username="login"),
        REDACT=Redact(names=("iban",)),
        LIMITS=Limits(page_size=10, query_seconds=2.0),
    )
    assert by_dict == by_class
    assert isinstance(by_dict.limits.query_seconds, float)


def test_a_key_that_is_no_list_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ConfigError) as error:
        read(KEYS="hunter2")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("given", [["a", "b"], ("a", "b")])
def test_a_list_may_be_written_as_one_or_as_a_tuple(given: Any) -> None:
    assert read(REALMS=given).realms == ("a", "b")


@pytest.mark.parametrize("name", ["database_url", "api_prefix"])
def test_what_is_optional_may_be_none(name: str) -> None:
    assert getattr(read(**{name.upper(): None}), name) is None
