"""kinds: what pictures are by their names; the words that are looked for first are in all that the patterns find."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from m3w_builder.extract import kinds

_PARTS_TEXT = (
    "avatar author profile pic photo userpic share social facebook red button btn icon icons logo emoji smiley favicon "
    "advert ads ad banner sponsor adserver 728x90 12x3 blank spacer pixel trans transparent placeholder lazy lazyload "
    "gray 1x1 shim clear dot s null tex la math mwe-math ql-img image equation php render codecogs .com mimetex .gif "
    ".png .svgz .svg ? / - _ . a Z 9 x A ü"
)
_TEXTS = st.lists(st.sampled_from([*_PARTS_TEXT.split(" "), " ", "LOGO", "Avatar"]), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("names", "url", "wanted"),
    [
        ("user-Avatar", "https://a.example/x.jpg", "avatar"),
        ("", "https://a.example/author-photo.jpg?x", "avatar"),
        ("share-button", "https://a.example/x.jpg", "share_button"),
        ("", "https://a.example/share.jpg", ""),
        ("sponsored", "https://a.example/x.jpg", "advertisement"),
        ("", "https://a.example/ad-728x90.jpg", "advertisement"),
        ("", "https://a.example/load-728x90.jpg", ""),
        ("site-logo", "https://a.example/x.jpg", "icon"),
        ("", "https://a.example/logo.png", "icon"),
        ("", "https://a.example/logo/photo.png", ""),
        ("biologos products", "https://a.example/catalogo.png", ""),
        ("", "https://a.example/x.SVG?v=2", "svg"),
    ],
)
def test_a_picture_is_known_by_its_names(names: str, url: str, wanted: str) -> None:
    assert kinds.judged(url, 0, 0, names) == wanted


def test_a_picture_of_a_px_counts_visits() -> None:
    assert kinds.judged("https://a.example/x.jpg", 1, 400, "") == "tracking_pixel"


@given(_TEXTS, _TEXTS)
def test_no_pattern_finds_more_than_it_is_asked_for(names: str, file: str) -> None:
    name = file.replace("/", "").replace("?", "")
    wanted = "advertisement" if kinds._AD_FILE.search(name) else ""
    for reason, pattern in (
        ("avatar", kinds._AVATAR),
        ("share_button", kinds._SHARE),
        ("advertisement", kinds._ADVERTISEMENT),
        ("icon", kinds._ICON),
    ):
        wanted = wanted or (reason if pattern.search(names) else "")
    for reason, pattern in (("avatar", kinds._AVATAR), ("icon", kinds._ICON)):
        wanted = wanted or (reason if pattern.search(name) else "")
    assert kinds.named(names, name) == wanted


@given(_TEXTS)
def test_stand_ins_are_what_the_pattern_finds(value: str) -> None:
    wanted = value.strip() != "" and kinds._PLACEHOLDER.search(value.strip()) is None
    assert kinds.is_usable(value, kinds.look(value)) == wanted


@example("avatarql-img", "")
@given(_TEXTS, _TEXTS)
def test_formulae_are_what_the_patterns_find(names: str, url: str) -> None:
    wanted = kinds._DRAWS.search(url) is not None or kinds._FORMULA.search(names) is not None
    bits = kinds.look(url)
    assert kinds.stands_for("x", names, url, bits) == (kinds.SOURCE if wanted else 0)


def test_an_emoji_stands_for_its_sign() -> None:
    assert kinds.stands_for("😀", "emoji", "https://a.example/1f600.png", 0) == kinds.SIGN
    assert kinds.stands_for("été", "emoji", "https://a.example/1f600.png", 0) == 0
    assert kinds.stands_for("😀", "photo", "https://a.example/1f600.png", 0) == 0
