"""What an endpoint wants of TLS: a certificate of ours that it knows us by, and authorities of its
own that we know it by.
"""

from __future__ import annotations

import os
import ssl
import sys
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.hazmat.primitives.serialization import PublicFormat

from ..errors import Fault
from ..errors import InvalidWebhook
from .dial import client_context

# The parts, each in PEM, and the most characters of one.
PARTS = ("certificate", "key", "ca")
CHARS = 32 * 1024


def check_tls(value: Mapping[str, object] | None) -> dict[str, str] | None:
    """Return *value* if TLS can be made of it; ``None`` for nothing of its own.

    :raises InvalidWebhook: with what is wrong. Nothing of it is repeated.
    """
    if not value:
        return None
    parts = _texts(value)
    for name in ("certificate", "ca"):
        if name in parts:
            _certificates(name, parts[name])
    if "key" in parts:
        _check_pair(parts["certificate"], parts["key"])
    try:
        context_of(parts)
    except (OSError, ValueError):
        raise _wrong("TLS cannot be made with what is in tls: something is too weak.") from None

    return parts


def _texts(value: Mapping[str, object]) -> dict[str, str]:
    if value.keys() - set(PARTS):
        raise _wrong(f"tls has {', '.join(PARTS)}, and nothing else.")
    parts = {name: each for name, each in value.items() if isinstance(each, str)}
    if len(parts) < len(value) or any(len(each) > CHARS for each in parts.values()):
        raise _wrong(f"Each part of tls is a text in PEM of at most {CHARS} characters.")
    if ("certificate" in parts) != ("key" in parts):
        raise _wrong("A certificate and its key belong together in tls.")

    return parts


def context_of(parts: Mapping[str, str]) -> ssl.SSLContext:
    """Return what TLS is made with. With a ``ca`` of its own, no other authority is trusted."""
    context = client_context(ca=parts.get("ca"))
    if "key" in parts:
        _load(context, f"{parts['certificate']}\n{parts['key']}\n")

    return context


def _load(context: ssl.SSLContext, pem: str) -> None:
    with _file(pem) as path:
        # Without a password it would ask for one at the terminal.
        context.load_cert_chain(path, password="")


@contextmanager
def _file(text: str) -> Iterator[str]:
    """Give a path to *text*, since Python takes nothing else: where that can be had, it is on no
    disk; elsewhere nobody else may read it, and it is gone in a moment.
    """
    if sys.platform != "linux":
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            yield file.name
        return
    with os.fdopen(os.memfd_create("auditlog"), "w") as memory:
        memory.write(text)
        memory.flush()
        yield f"/proc/self/fd/{memory.fileno()}"


def _certificates(name: str, pem: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        raise _wrong(f"The {name} in tls is no certificate in PEM.") from None


def _check_pair(certificate: str, key: str) -> None:
    try:
        # A library of cryptography's own exceptions: whatever it is, it is no key of ours.
        private: Any = load_pem_private_key(key.encode(), password=None)
    except TypeError:
        raise _wrong("The key in tls is encrypted: give it without a password.") from None
    except Exception:  # noqa: BLE001 (whatever it finds wrong)
        raise _wrong("The key in tls is no private key in PEM.") from None
    own = _certificates("certificate", certificate)[0].public_key()
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if own.public_bytes(*form) != private.public_key().public_bytes(*form):
        raise _wrong("The key in tls is not that of the certificate, which comes first.")


def _wrong(message: str) -> InvalidWebhook:
    return InvalidWebhook(faults=[Fault("tls", message)])
