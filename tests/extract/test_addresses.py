"""addresses: links resolve as `urls.absolute` resolves them, in either form."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from m3w_builder import urls
from m3w_builder.extract import addresses

_PARTS_TEXT = (
    "http: https: http:// https:// / // a.example A.example -a :80 :443 :8080 :08 @ ? & = # . .. ./ ../ "
    '%20 %2e /%2f %g \\ é 漢 ; ~ x.png dir/ [ ] : - | { " \x7f \t \n \x00 javascript: data: q=1 + h'
)
_PARTS = [*_PARTS_TEXT.split(" "), " "]
_BASES = (
    "http://a.example/dir/sub/page.html?q=1#top",
    "https://b.example/",
    "http://b.example",
    "http://b.example/a/../b",
    "http://b.example:8080/a;x/b?c/d",
    "http://b.example/a%20b/c",
    "http://[::1",
    "http://B.example/x/y",
    "x",
    "",
)


@example(":80", _BASES[0])
@given(st.lists(st.sampled_from(_PARTS), max_size=8).map("".join), st.sampled_from(_BASES))
def test_a_link_is_what_it_is_by_the_long_way(link: str, base: str) -> None:
    assert addresses.absolute(link, base) == urls.absolute(link, base)


@given(st.text(max_size=30), st.sampled_from(_BASES))
def test_so_is_any_text(link: str, base: str) -> None:
    assert addresses.absolute(link, base) == urls.absolute(link, base)


@given(st.lists(st.sampled_from(_PARTS), max_size=6).map("".join), st.sampled_from(("http://a.example/", "")))
def test_a_page_has_the_parts_that_it_has_by_the_long_way(rest: str, start: str) -> None:
    base = addresses.Base(start + rest)
    assert (base.start, base.folder) == (urls.origin_of(start + rest), urls.folder_of(start + rest))


@pytest.mark.parametrize(
    "link",
    [
        "https://b.example/a/b.png?w=1&h=2",
        "//b.example/a.png",
        "/a.png#top",
        "a.png",
        "../../a b.png",
        "/é.png",
        "/a%20b|c.png",
        "javascript:void(0)",
    ],
)
def test_common_links_need_no_repair(link: str) -> None:
    data = link.encode()
    found = addresses.join(data, 0, len(data), addresses.base_of(_BASES[0]))
    assert found == urls.absolute(link, _BASES[0])
