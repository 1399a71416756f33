"""The key of tokens: one for each log, whoever asks first, and sealed."""

from __future__ import annotations

import os

import pytest

from flask_auditlog.delivery.sealing import Sealer
from flask_auditlog.delivery.signing_key import signing_key
from flask_auditlog.errors import ConfigError

from .hooked import Hooked


def test_it_is_made_once_and_stays_while_the_key_that_seals_it_is_replaced(hooked: Hooked) -> None:
    old, new = os.urandom(32), os.urandom(32)
    made = signing_key(hooked.store, Sealer([old]))
    assert made.startswith("-----BEGIN PRIVATE KEY-----")
    assert signing_key(hooked.store, Sealer([new, old])) == made


def test_one_that_cannot_be_opened_says_what_to_do(hooked: Hooked) -> None:
    signing_key(hooked.store, Sealer([os.urandom(32)]))
    with pytest.raises(ConfigError, match="last of AUDITLOG_KEYS"):
        signing_key(hooked.store, Sealer([os.urandom(32)]))
