"""guard: only global unicast addresses pass, however they are written."""

from __future__ import annotations

import pytest

from m3w_builder.fetch.config import FetchConfig
from m3w_builder.fetch.guard import Guard, is_public, parse_address


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.9.9.9",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "224.0.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2001:db8::1",
        "[::1]",
    ],
)
def test_an_inner_address_is_refused(text: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert not is_public(address)


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_passes(text: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert is_public(address)


def test_only_the_operators_own_targets_may_be_private() -> None:
    guard = Guard(
        FetchConfig(resolve={"a.test": "127.0.0.1:8080", "*.b.test": "[::1]:81"}, proxy="http://10.0.0.9:3128")
    )
    assert guard.passes("127.0.0.1", 8080)
    assert not guard.passes("127.0.0.1", 8081)
    assert guard.passes("10.0.0.9", 3128)
    assert guard.mapped("x.y.b.test") == ("::1", 81)
    assert guard.mapped("b.test") is None


@pytest.mark.parametrize(
    "bad", [{"resolve": {"a": "nowhere"}}, {"proxy": "socks5://x"}, {"per_host": 0}, {"total_timeout": 0.0}]
)
def test_a_config_that_cannot_work_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        FetchConfig(**bad)  # type: ignore[arg-type]
