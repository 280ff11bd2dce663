"""A page's bytes become the text that its author wrote, whatever it declares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.extract.charset import lookup, utf8

RUSSIAN = "<p>Съешь же ещё этих мягких французских булок, да выпей чаю. Широкая электрификация южных губерний.</p>"
JAPANESE = "<p>いろはにほへと ちりぬるを わかよたれそ つねならむ うゐのおくやま けふこえて</p>"
CHINESE = "<p>天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。寒来暑往，秋收冬藏。闰余成岁，律吕调阳。</p>"
GERMAN = "<p>Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich, schöne Grüße</p>"


def page(text: str, meta: str = "") -> str:
    return f"<html><head>{f'<meta charset={meta}>' if meta else ''}<title>x</title></head><body>{text}</body></html>"


@pytest.mark.parametrize(
    ("text", "written_as", "meta", "header"),
    [
        (RUSSIAN, "utf-8", "", ""),
        (RUSSIAN, "cp1251", "windows-1251", ""),
        (RUSSIAN, "cp1251", "", "windows-1251"),
        (RUSSIAN, "koi8-r", "koi8-r", ""),
        (RUSSIAN, "cp1251", "x-cp1251", ""),
        (JAPANESE, "cp932", "x-sjis", ""),
        (JAPANESE, "euc_jp", "EUC-JP", ""),
        (JAPANESE, "iso2022_jp", "iso-2022-jp", ""),
        (CHINESE, "gb18030", "gb2312", ""),
        ("<p>天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。</p>", "big5hkscs", "big5", ""),
        (GERMAN, "cp1252", "iso-8859-1", ""),
        (GERMAN + "<p>„Ja“ – €</p>", "cp1252", "iso-8859-1", ""),  # Latin-1 is read as Windows-1252, as browsers do
    ],
)
def test_a_declared_charset_is_used(text: str, written_as: str, meta: str, header: str) -> None:
    assert text in utf8(page(text, meta).encode(written_as), header).decode()


def test_the_header_goes_before_the_meta() -> None:
    assert RUSSIAN in utf8(page(RUSSIAN, "koi8-r").encode("cp1251"), "windows-1251").decode()


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_or_the_nuls_of_utf_16_go_before_all(codec: str) -> None:
    assert RUSSIAN in utf8(page(RUSSIAN, "iso-8859-1").encode(codec), "windows-1252").decode()


@pytest.mark.parametrize(
    ("text", "written_as", "declared"),
    [
        (RUSSIAN, "utf-8", "windows-1251"),
        (GERMAN, "utf-8", "iso-8859-1"),
        (GERMAN, "cp1252", "utf-8"),
        (RUSSIAN, "cp1251", "utf-8"),
        (CHINESE, "gb18030", "utf-8"),
        (JAPANESE, "cp932", "utf-16"),
        (RUSSIAN, "utf-8", "no-such-charset"),
        (RUSSIAN, "utf-8", "rot13"),
    ],
)
def test_a_wrong_declaration_makes_no_rubbish(text: str, written_as: str, declared: str) -> None:
    assert text in utf8((page(text * 8, declared)).encode(written_as)).decode()
    assert text in utf8((page(text * 8)).encode(written_as), declared).decode()


def test_another_script_under_a_latin_declaration_is_detected() -> None:
    assert "мягких французских булок" in utf8(page(RUSSIAN * 8, "iso-8859-1").encode("cp1251")).decode()


def test_two_bytes_that_happen_to_be_utf_8_do_not_undo_a_declaration() -> None:
    assert "联通" in utf8(page("<p>联通</p>", "gbk").encode("gbk")).decode()  # these four bytes are valid UTF-8 too


def test_a_meta_in_a_comment_declares_nothing() -> None:
    html = b"<!-- <meta charset=koi8-r> --><meta charset=windows-1251>" + RUSSIAN.encode("cp1251")
    assert RUSSIAN in utf8(html).decode()


@pytest.mark.parametrize("label", ["base64", "hex", "zlib", "idna", "", "\x00", "utf-8\x00", "☃"])
def test_what_is_no_charset_is_none(label: str) -> None:
    assert lookup(label) == ""


@given(st.binary(max_size=300), st.sampled_from(["", "utf-8", "gbk", "utf-16", "euc-jp", "cp1252", "zzz"]))
def test_no_bytes_raise(html: bytes, header: str) -> None:
    assert isinstance(utf8(html, header).decode(), str)
