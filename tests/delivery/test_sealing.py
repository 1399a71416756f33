from __future__ import annotations

import pytest

from flask_auditlog.delivery.sealing import Sealer
from flask_auditlog.errors import ConfigError

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.mark.parametrize("secret", ["A3jt6D8lz", "", "é😀", "x" * 512])
def test_a_secret_comes_back_and_is_not_to_be_read(secret: str) -> None:
    sealed = Sealer([OLD]).seal(secret)
    assert Sealer([OLD]).open(sealed) == secret
    assert not secret or secret.encode() not in sealed
    assert Sealer([OLD]).seal(secret) != sealed


def test_an_old_key_opens_and_the_new_one_seals() -> None:
    sealed = Sealer([OLD]).seal("secret")
    both = Sealer([NEW, OLD])
    assert both.open(sealed) == "secret"
    assert Sealer([NEW]).open(both.seal("secret")) == "secret"


@pytest.mark.parametrize("change", [lambda b: b[:-8] + b"AAAAAAA=", lambda b: b"", lambda b: b"x"])
def test_what_no_key_opens_says_what_to_do(change: object) -> None:
    sealed = Sealer([OLD]).seal("secret")
    for sealer, given in ((Sealer([NEW]), sealed), (Sealer([OLD]), change(sealed))):  # type: ignore[operator]
        with pytest.raises(ConfigError, match="AUDITLOG_KEYS"):
            sealer.open(given)
