"""Whatever is sent as a webhook: it is kept whole, or refused with a sentence."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st

from tests.web.api.conftest import Log
from tests.web.api.hooks import HOOK
from tests.web.api.hooks import Hooks

# Half characters too: JSON can say them, and no database can keep them.
TEXT = st.text(max_size=40) | st.text(st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF))
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
VALUE = st.recursive(
    SCALAR, lambda each: st.lists(each) | st.dictionaries(TEXT, each), max_leaves=9
)
NAMES = (
    "url enabled eventTypes excludeClients attributes authType algorithm secret audience description "
    "signatures headers timeout rateLimit organizationId filter id realm"
).split()
# What often fits, so that more than the first check is reached.
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "url": st.builds("https://x.test/{}".format, TEXT),
    "eventTypes": st.lists(TEXT, max_size=3),
    "authType": st.sampled_from(["none", "hmac", "bearer"]),
    "algorithm": st.sampled_from(["HmacSHA256", "HmacSHA1", "RS256"]),
    "headers": st.dictionaries(TEXT, TEXT, max_size=2),
    "secret": TEXT | st.builds("whsec_{}".format, TEXT) | st.builds("whsk_{}".format, TEXT),
    "attributes": st.dictionaries(TEXT, VALUE, max_size=3),
    "organizationId": TEXT,
    "description": TEXT,
    "filter": TEXT | st.sampled_from(["org:acme -error:*", "details.a:>=1 OR (b c)", "after:-1d"]),
}
BODY = st.fixed_dictionaries({}, optional={n: VALUE | LIKELY.get(n, VALUE) for n in NAMES})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=BODY)
def test_it_is_kept_whole_or_refused_with_a_sentence(log: Log, body: dict[str, Any]) -> None:
    hooks = Hooks(log)
    answer = hooks("POST", body=json.dumps(HOOK | body))
    assert answer.status_code in (201, 400), answer.text
    if answer.status_code == 400:
        assert answer.get_json()["error_description"]
        return
    made = answer.headers["Location"].rsplit("/", 1)[1]
    told = hooks.get(f"/{made}")
    for name in ("url", "attributes", "audience", "description", "organizationId"):
        if body.get(name):
            assert told[name] == body[name]
    assert hooks("PUT", f"/{made}", told).status_code == 204
    assert hooks("DELETE", f"/{made}").status_code == 204
