"""urls: links resolve as in a browser, equal pages have equal canonical forms, nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from m3w_builder import urls

BASE = "http://a.example/dir/page.html?q=1#top"


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("x.png", "http://a.example/dir/x.png"),
        ("/x.png", "http://a.example/x.png"),
        ("../x.png", "http://a.example/x.png"),
        ("../../../x.png", "http://a.example/x.png"),
        ("?p=2", "http://a.example/dir/page.html?p=2"),
        ("#part", "http://a.example/dir/page.html?q=1"),
        ("", "http://a.example/dir/page.html?q=1"),
        ("//b.example/x", "http://b.example/x"),
        ("HTTP://B.Example:80/x", "http://b.example/x"),
        ("https://b.example:443", "https://b.example/"),
        ("https://b.example:8443/", "https://b.example:8443/"),
        (" \t\n x.png \r\n", "http://a.example/dir/x.png"),
        ("x\n.p\tng", "http://a.example/dir/x.png"),
        ("a b.png", "http://a.example/dir/a%20b.png"),
        ("100%.png", "http://a.example/dir/100%25.png"),
        ("bücher.png", "http://a.example/dir/b%C3%BCcher.png"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("\\x\\y.png", "http://a.example/x/y.png"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("http://a.example./x", "http://a.example/x"),
        ("http://b.example/./a/%2e%2e/c", "http://b.example/c"),
        ("javascript:alert(1)", ""),
        ("data:image/png;base64,AAAA", ""),
        ("mailto:me@a.example", ""),
        ("file:///etc/passwd", ""),
        ("ftp://a.example/x", ""),
        ("http://", ""),
        ("http://[::1", ""),
        ("http://a.example:99999/x", ""),
        ("http://a b/x", ""),
    ],
)
def test_a_link_resolves_as_in_a_browser(link: str, wanted: str) -> None:
    assert urls.absolute(link, BASE) == wanted


def test_a_relative_link_without_a_base_is_nothing() -> None:
    assert urls.absolute("x.png", "") == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP://A.Example:80/x#y", "http://a.example/x"),
        ("http://a.example", "http://a.example/"),
        ("http://a.example/x?utm_source=n&id=3&fbclid=z", "http://a.example/x?id=3"),
        ("http://a.example/x?gclid=1", "http://a.example/x"),
        ("http://a.example/x?PHPSESSID=1a2b", "http://a.example/x"),
        ("http://a.example/x;jsessionid=1a2b?y=1", "http://a.example/x?y=1"),
        ("http://a.example/%7euser/%c3%bc", "http://a.example/~user/%C3%BC"),
        ("http://a.example/a/./b/../c", "http://a.example/a/c"),
        ("http://a.example/a%2Fb", "http://a.example/a%2fb"),
    ],
)
def test_equal_pages_have_one_canonical_form(one: str, other: str) -> None:
    assert urls.canonical(one) == urls.canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.example/x", "https://a.example/x"),
        ("http://a.example/x?a=1&b=2", "http://a.example/x?b=2&a=1"),
        ("http://a.example/a%2Fb", "http://a.example/a/b"),
        ("http://a.example/X", "http://a.example/x"),
    ],
)
def test_different_pages_keep_different_forms(one: str, other: str) -> None:
    assert urls.canonical(one) != urls.canonical(other)


_PARTS_TEXT = "http: https: / // a.example A.example :80 :443 :8080 @ ? & = # . .. %20 %2e \\ é ; ~ x.png dir [ : -"
_PARTS = _PARTS_TEXT.split()
_BASES = (
    BASE,
    "https://b.example/",
    "http://b.example",
    "http://b.example/a/../b",
    "http://b.example/a;x/b?c/d",
    "x",
    "",
)


@given(st.lists(st.sampled_from([*_PARTS, " "]), max_size=8).map("".join), st.sampled_from(_BASES))
def test_what_needs_no_repair_is_what_the_repair_leaves_alone(link: str, base: str) -> None:
    assert urls._plain(link, base) in ("", urls._repaired(link, base))


@given(
    st.text(max_size=60),
    st.sampled_from(["", "http://", "https://a.example/", "http://a.example/?", "//", "http://[", BASE]),
)
@example("%2e%2e/%2E/..", "https://a.example/")
@example("%%37e", "https://a.example/")
@example(";sid=1;sid=2", "https://a.example/")
def test_nothing_raises_and_the_canonical_form_is_its_own(text: str, head: str) -> None:
    once = urls.canonical(head + text)
    assert urls.canonical(once) == once
    found = urls.absolute(head + text, BASE)
    assert found == "" or found.startswith(("http://", "https://"))
    assert urls.absolute(found, "") == found
    assert isinstance(urls.host(head + text), str)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://a.example", "/"),
        ("http://a.example?q=/x", "/?q=/x"),
        ("http://a.example/x/y?z#f", "/x/y?z"),
    ],
)
def test_the_path_is_what_a_request_names(url: str, path: str) -> None:
    assert urls.site_path(url) == path


def test_host() -> None:
    assert urls.host("HTTPS://User:pw@WWW.Example.COM:8080/x") == "www.example.com"
    assert urls.host("no url") == ""
