"""Tars of any writer are read as tarfile reads them, and broken ones are told."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.shards import tar

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def made(members, kind="ustar"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=FORMATS[kind]) as written:
        for name, body in members:
            info = tarfile.TarInfo(name)
            if body is None:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(body)
            written.addfile(info, io.BytesIO(body or b""))
    return out.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
@given(
    st.lists(
        st.tuples(
            st.text("abcdé日/", min_size=1, max_size=140).filter(lambda n: n.strip("/")), st.binary(max_size=1500)
        )
    )
)
def test_members_are_those_that_tarfile_finds(kind, members):
    members = [(f"{number}/{name.strip('/')}.x", body) for number, (name, body) in enumerate(members)]
    try:
        body = made(members, kind)
    except ValueError:
        return  # a name too long for ustar
    assert list(tar.members(io.BytesIO(body))) == members
    told = list(tar.places(io.BytesIO(body)))
    assert [name for name, _, _ in told] == [name for name, _ in members]
    for (_, start, behind), member in zip(told, members, strict=True):
        assert list(tar.members(io.BytesIO(body[start:behind] + bytes(512)))) == [member]


def test_folders_are_passed_over():
    body = made([("a", None), ("a/b.json", b"{}")])
    assert list(tar.members(io.BytesIO(body))) == [("a/b.json", b"{}")]
    assert [name for name, _, _ in tar.places(io.BytesIO(body))] == ["a/b.json"]


WHOLE = made([("a.json", b"{}"), ("a.0.jpg", bytes(700))])


@pytest.mark.parametrize("reader", [tar.members, tar.places])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (WHOLE[:100], "without its end mark"),
        (WHOLE[:1024], "without its end mark"),
        (WHOLE[:1800], "a.0.jpg is cut off"),
        (WHOLE[:1024] + b"b" * 512 + WHOLE[1536:], "checksum|broken"),
        (b"", "without its end mark"),
        (b"no tar" * 200, "checksum|broken"),
    ],
)
def test_a_broken_tar_is_told(reader, body, said):
    with pytest.raises(tarfile.ReadError, match=said):
        list(reader(io.BytesIO(body)))


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=120), st.integers(0, 2**34))
def test_headers_are_those_that_tarfile_makes(name, size):
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    try:
        expected = info.tobuf(tarfile.USTAR_FORMAT)
    except ValueError:
        with pytest.raises(ValueError, match=r"name is too long|overflow"):
            tar.header(name, size)
        return
    assert tar.header(name, size) == expected
    plain = "a" * (size % 101)
    assert tar.header(plain, size % 8**11) == tar._made(plain, size % 8**11)
