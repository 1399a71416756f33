from __future__ import annotations

import pytest

from flask_auditlog.delivery.addresses import Networks
from flask_auditlog.delivery.target import Target
from flask_auditlog.delivery.target import target_of
from flask_auditlog.errors import ConfigError
from flask_auditlog.errors import InvalidEvent

CLOSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.170 192.0.2.1 192.88.99.1 192.168.1.1
198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255 168.63.129.16 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254
::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:db8::1
2001:10::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0
febf::1 fec0::1 ff02::1 ff0e::1
""".split()

OPEN = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 198.17.255.255
198.20.0.0 223.255.255.255 168.63.129.15 168.63.129.17 2606:4700:4700::1111 2a00::1
2001:4860:4860::8888 2001:200::1 ::ffff:8.8.8.8 64:ff9b::808:808
""".split()


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_inside_is_nobodys(address: str) -> None:
    assert not Networks().allows(address)


@pytest.mark.parametrize("address", OPEN)
def test_what_is_outside_is_everybodys(address: str) -> None:
    assert Networks().allows(address)
    assert not Networks().opened(address)


def test_the_operator_opens_networks_of_their_own() -> None:
    networks = Networks(["127.0.0.0/8", "fd00::/8"])
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00:ec2::254"):
        assert networks.opened(address)
        assert networks.allows(address)
    for address in ("10.0.0.1", "::1", "fe80::1"):
        assert not networks.allows(address)


@pytest.mark.parametrize("network", ["10.0.0.1/8", "example.com", "", "10.0.0.0/33"])
def test_what_is_no_network_is_said(network: str) -> None:
    with pytest.raises(ConfigError, match="AUDITLOG_WEBHOOK_ALLOW"):
        Networks([network])


@pytest.mark.parametrize(
    ("url", "scheme", "authority", "path"),
    [
        ("https://example.com", "https", "example.com", "/"),
        ("HTTPS://Example.COM/a?b=c", "https", "example.com", "/a?b=c"),
        ("https://example.com:443/", "https", "example.com", "/"),
        ("https://example.com:8443/", "https", "example.com:8443", "/"),
        ("http://10.0.0.1/", "http", "10.0.0.1", "/"),
        ("https://[2001:db8::1]:8443/x", "https", "[2001:db8::1]:8443", "/x"),
        ("https://bücher.example/é?ü=1", "https", "xn--bcher-kva.example", "/%C3%A9?%C3%BC=1"),
        ("https://example.com/a%20b/%zz", "https", "example.com", "/a%20b/%zz"),
        ("https://example.com/a//b/../c", "https", "example.com", "/a//b/../c"),
        ("https://localhost./", "https", "localhost.", "/"),
    ],
)
def test_a_url_is_taken_apart(url: str, scheme: str, authority: str, path: str) -> None:
    target = target_of(url)
    assert (target.scheme, target.authority, target.path) == (scheme, authority, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:hunter2@example.com/",
        "https://user@example.com/",
        "https://@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:70000/",
        "https://example.com:port/",
        "https://example.com/a b",
        "https://example.com/\r\nHost: other",
        "https://example.com\\@other/",
        "https://example.com/\x00",
        "https://[::1/",
        "https://ex%61mple.com/",
        "https://.example.com/",
        "https://" + "a" * 64 + ".com/",
        "https://example.com/" + "a" * 2048,
    ],
)
def test_what_is_no_url_for_a_webhook_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidEvent) as raised:
        target_of(url)
    assert raised.value.faults[0].field == "url"
    assert "hunter2" not in str(raised.value)


def test_targets_can_be_compared() -> None:
    assert target_of("https://a.test/x") == target_of("https://A.test:443/x")
    assert hash(target_of("https://a.test")) == hash(
        Target(scheme="https", host="a.test", port=443, path="/")
    )
