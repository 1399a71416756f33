"""Secrets inside a text: by shape, by a name beside them, and in text that is JSON.

The tokens here are made up; they have the form of real ones.
"""

from __future__ import annotations

import json

import pytest

from flask_auditlog.redact import MASK
from flask_auditlog.redact import Masker

X = "Ab1" * 20
HEX = "0123456789abcdef" * 4
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r"
# Put together here, so that no scanner takes this file for a leak.
TOKENS = [
    JWT,
    "eyJfZnJlc2giOnRydWV9.ZK1x2A.k3J9xqv0",
    ".eJwljkEKwzAMBP-icw-2ZVl2PhNkeUV7TWi.ZK1x2A.k3J9xqv0mFCl4q9wQm7rBx",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nMIIE and then it was cut off",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----",
    *(f"gh{kind}_{X[:36]}" for kind in "opsur"),
    f"github_pat_{X}",
    f"glpat-{X[:20]}",
    f"ATBB{X[:28]}",
    f"xoxb-1234567890-{X[:24]}",
    f"xapp-1-{X[:30]}",
    *(f"{kind}_live_{X[:24]}" for kind in ("sk", "rk")),
    f"sk_test_{X[:24]}",
    f"whsec_{X[:32]}",
    f"AIza{X[:35]}",
    f"ya29.{X}",
    f"GOCSPX-{X[:28]}",
    f"SG.{X[:22]}.{X[:43]}",
    f"npm_{X[:36]}",
    f"pypi-{X}",
    f"sk-{X[:48]}",
    f"sk-proj-{X}",
    f"sk-ant-api03-{X}",
    f"al_{X[:43]}",
    f"dop_v1_{HEX}",
    f"shpat_{HEX[:32]}",
    f"hf_{X[:34]}",
    f"hvs.{X[:24]}",
    f"dapi{HEX[:32]}",
    f"{HEX[:32]}-us12",
    f"123456789:AA{X[:33]}",
    f"IQoJb3JpZ2luX2Vj{X}//8wE=",
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4222222222222",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "3782 822463 10005",
    "6011111111111117",
    "3530111333300000",
    "30569309025904",
]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("around", ["{}", "it was {} then", "({})", "a/{}", "see\n{}"])
def test_a_token_is_masked_wherever_it_stands(token: str, around: str) -> None:
    masked = Masker().text(around.format(token))
    if "cut off" in token:
        around = around.partition("{}")[0] + "{}"
    assert masked == around.format(MASK)


INSIDE = [
    ("Bearer abc", "Bearer [masked]"),
    ("bearer 8fhx-1", "bearer [masked]"),
    ("Basic dXNlcjpwYXNz", "Basic [masked]"),
    ("got Basic dXNlcjpwYXNz there", "got Basic [masked] there"),
    ("Authorization: Bearer abc", "Authorization: Bearer [masked]"),
    ("Authorization: Custom a b", "Authorization: [masked]"),
    ("GET /\r\nCookie: a=b; c=d\r\nHost: h", "GET /\r\nCookie: [masked]\r\nHost: h"),
    ("%20" + JWT, "%20[masked]"),
    ("é4111111111111111", "é[masked]"),
    ("a\\n" + JWT, "a\\n[masked]"),
    ("X-Api-Key: abc", "X-Api-Key: [masked]"),
    ("https://bob:pw@host/x", "https://bob:[masked]@host/x"),
    ("postgres://u:p@ss@h:5432/d", "postgres://u:[masked]@h:5432/d"),
    ("redis://:pw@h", "redis://:[masked]@h"),
    ("/cb?token=abc&x=1", "/cb?token=[masked]&x=1"),
    ("/cb?x=1&code=abcdefghijklmnop1", "/cb?x=1&code=[masked]"),
    (
        "https://b.s3/x?X-Amz-Signature=abc&sig=0123456789abcdef0",
        "https://b.s3/x?X-Amz-Signature=abc&sig=[masked]",
    ),
    (
        "/go?to=https%3A%2F%2Fh%2F%3Ftoken%3Dabc%26x%3D1",
        "/go?to=https%3A%2F%2Fh%2F%3Ftoken%3D[masked]%26x%3D1",
    ),
    ("user=bob&password=x&y=1", "user=bob&password=[masked]&y=1"),
    ("user[password]=x&user[name]=y", "user[password]=[masked]&user[name]=y"),
    ("Server=h;User=u;Password=x;Db=d", "Server=h;User=u;Password=[masked];Db=d"),
    ("a=1,password=x,b=2", "a=1,password=[masked],b=2"),
    ("password=x,y", "password=[masked]"),
    ("login(password=x)", "login(password=[masked])"),
    ("password = 'a b' then", "password = '[masked]' then"),
    ('password="a \\" b" then', 'password="[masked]" then'),
    ("password='never closed", "password='[masked]"),
    ("password: x", "password: [masked]"),
    ("passphrase: correct horse\nuser: bob", "passphrase: [masked]\nuser: bob"),
    ("run --password x --user bob", "run --password [masked] --user bob"),
    ("run --api-key=x", "run --api-key=[masked]"),
    ("{'password': 'x', 'a': 1}", "{'password': '[masked]', 'a': 1}"),
    ('{"password": "x", "cut', '{"password": "[masked]", "cut'),
    ('{"password": {"a": 1}, "cut', '{"password": [masked]'),
    ('say \\"token\\": \\"x\\", ok', 'say \\"token\\": \\"[masked]\\", ok'),
    ("<a:Password t='1'>x</a:Password><b>y</b>", "<a:Password t='1'>[masked]</a:Password><b>y</b>"),
    ("hooks.slack.com/services/T0/B0/abcdefghijkl", "hooks.slack.com/services/[masked]"),
    ('{"a": 1, "password": "x"}', '{"a":1,"password":"[masked]"}'),
    (
        '[{"token": "x", "n": 12345678901234567890}]',
        '[{"token":"[masked]","n":12345678901234567890}]',
    ),
    ('{"password": "x", "password": ""}', '{"password": "[masked]", "password": ""}'),
    ('{"é": "\\ud800", "pwd": "x"}', '{"\\u00e9":"\\ud800","pwd":"[masked]"}'),
]


@pytest.mark.parametrize(("text", "masked"), INSIDE)
def test_the_rest_of_the_text_stays(text: str, masked: str) -> None:
    assert Masker().text(text) == masked


CLEAR = """
arn:aws:secretsmanager:us-east-1:123837392027:secret:stratus-red-team-retrieve-secret-1-ywtiPr
arn:aws:iam::123837392027:role/stratus-red-team-ec2-get-password-data-role
AKIATFQR7NSCUXC3DDDP
ASIATFQR7NSCTM3XVF6B
AIDATFQR7NSC5U6Q3TMDR
f7cd3491-7c6c-480c-bc5c-b2b3b0fb048c
12345678-1234-4123-8123-123456789012
1688989338000
1688990082523310002
MandoService-4719190630289683262
order-4111111111111111
4111111111111112
4111 11111111 1111
9111111111111111
+4111111111111111
1111111111111111.4111111111111111
2023-07-10T12:09:44.518Z
https://hooks.northwind.example/ledger/inbox?team=finance&region=eu-north-1
https://github.com/p2-inc/keycloak-events
git@github.com:p2-inc/keycloak-events.git
mailto:bob@acme.test
http://host:8080/@bob
http://a:80,bob@acme.test
Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)
[Boto3/1.26.165 Python/3.10.6 Linux/5.19.0-46-generic Botocore/1.29.165]
00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
desk-abcdefghijklmnopqrstuvwx
sk-learn-pipelines-for-the-team
basic authentication failed
the bearer token is missing
got basic trainings there
Basic plan
code=abcdefghijklmnop1
Bearer token
token:read secret:write password:reset
/orders?code=404&key=name&state=open
tokenType=x&max_tokens=5&nextToken=abc
password=&x=1
password=null
{"passwordPolicy": "strong", "max_tokens": 5}
{"password": null, "token": false}
grant_type=password
-----BEGIN CERTIFICATE-----MIIE-----END CERTIFICATE-----
-----BEGIN PUBLIC KEY-----MIIE-----END PUBLIC KEY-----
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""


@pytest.mark.parametrize("text", CLEAR.strip().splitlines())
def test_an_id_a_time_or_an_address_is_no_secret(text: str) -> None:
    assert Masker().text(text) is text


def test_json_in_json_in_json_is_looked_into() -> None:
    inner = json.dumps({"a": json.dumps({"password": "hunter2"})})
    assert "hunter2" not in Masker().text(json.dumps({"body": inner}))


def test_a_number_is_no_card_but_a_text_is() -> None:
    value = {"id": 4111111111111111, "card": "4111111111111111"}
    assert Masker().value(value) == {"id": 4111111111111111, "card": MASK}
