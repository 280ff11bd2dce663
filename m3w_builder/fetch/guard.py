"""The guard: which addresses may be connected to, and the socket factory that holds to it."""

from __future__ import annotations

import ipaddress
import re
import socket
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from m3w_builder.fetch.config import FetchConfig
from m3w_builder.fetch.lists import Places, judge
from m3w_builder.stage import Drop
from m3w_builder.urls import host_of

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Cloud metadata services: most are link-local or private anyway, these two stand in public space.
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16"), ipaddress.ip_address("192.0.0.192")})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SIMPLE = re.compile(r"https?://((?:[a-z0-9-]+\.)+[a-z0-9-]*[a-z][a-z0-9-]*)/")
_LOCAL_ENDS = ("localhost", ".local", ".internal", ".localdomain")
_LOCAL_NAMES = frozenset(name.strip(".") for name in _LOCAL_ENDS)


class Refused(OSError):
    """An address that the guard does not let pass."""


def parse_address(text: str) -> Address | None:
    """The address that `text` writes (brackets and zone allowed), None where it is a name."""
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether it is a global unicast address; IPv4 inside IPv6 (mapped, 6to4, Teredo, NAT64) is judged as IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if int(address) < 1 << 32:  # ::a.b.c.d, deprecated, yet some stacks connect to it
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and address not in _METADATA


class Guard:
    """Judges URLs before, names while, and addresses when they are connected to, by one config."""

    def __init__(self, config: FetchConfig):
        self.config = config
        self.exact: dict[str, tuple[str, int]] = {}
        self.suffixes: list[tuple[str, tuple[str, int]]] = []
        self.trusted: set[tuple[str, int]] = set()
        for name, target in config.resolve.items():
            address, _, port = target.rpartition(":")
            place = (address.strip("[]"), int(port))
            if name.startswith("*"):
                self.suffixes.append((name[1:].lower(), place))
            else:
                self.exact[name.lower()] = place
            self.trusted.add(place)
        self.proxy_host = urlsplit(config.proxy).hostname or ""
        self.proxy_port = urlsplit(config.proxy).port or 80
        if self.proxy_host:
            self.trusted.add((self.proxy_host, self.proxy_port))
        self.block, self.allow = Places(config.block), Places(config.allow)
        self.check = lru_cache(256)(self._check)  # a request asks it three times: before robots.txt, a hop, the request
        """A Drop where the URL alone shows that it must not be asked."""

    def mapped(self, host: str) -> tuple[str, int] | None:
        """Where the config sends this host, None where it says nothing of it."""
        if host in self.exact:
            return self.exact[host]
        return next((place for suffix, place in self.suffixes if host.endswith(suffix)), None)

    def _check(self, url: str) -> Drop | None:
        simple = _SIMPLE.match(url)
        if simple:  # nothing hides in such a URL, and taking it apart costs more than all else here
            host, port = simple[1], None
        else:
            try:
                parts = urlsplit(url)
                host, port = host_of(parts), parts.port
            except ValueError as error:
                return Drop("bad_url", str(error)[:200])
            if parts.scheme not in ("http", "https") or not host:
                return Drop("bad_url", f"scheme '{parts.scheme[:20]}', host '{host[:80]}'")
            if parts.username is not None or parts.password is not None:
                return Drop("bad_url", "credentials in the URL")
        if listed := judge(host, url, self.block, self.allow):
            return Drop(listed, host)
        if self.config.allow_private_addresses or self.mapped(host):
            return None
        address = None if simple else parse_address(host)  # a simple one's last label has a letter: no address has
        local = host in _LOCAL_NAMES or host.endswith(_LOCAL_ENDS)
        if local or (address and not is_public(address)):
            return Drop("private_address", host)
        if port is not None and port not in self.config.ports:
            return Drop("bad_url", f"port {port}")
        return None

    def passes(self, address: str, port: int) -> bool:
        """Whether a socket may be connected to this address."""
        return (address, port) in self.trusted or self.is_open(address)

    def is_open(self, address: str) -> bool:
        """Whether an address may be connected to without being the operator's own target."""
        if self.config.allow_private_addresses:
            return True
        parsed = parse_address(address)
        return parsed is not None and is_public(parsed)

    def make_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The socket for one address: the last moment at which it can be refused, whatever led to it."""
        family, kind, protocol, _, place = info
        if not self.passes(place[0], place[1]):
            raise Refused(f"private address {place[0]}")
        return socket.socket(family, kind, protocol)
