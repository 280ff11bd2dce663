"""The compiled modules say what their sources say as plain Python, and give way where the sources are others now."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from m3w_builder.extract import native
from m3w_builder.sampleweb import plan, shell
from m3w_builder.sampleweb.idioms import IDIOMS
from m3w_builder.sampleweb.languages import TONGUES

TOLD = """
import json, sys
from m3w_builder.extract import ExtractConfig, extract, native
from m3w_builder.stage import Drop
pages = json.load(sys.stdin)
told = []
for page in pages:
    answer = extract(page.encode("utf-8", "surrogatepass"), "http://example.org/a/b", ExtractConfig(opt_out=()))
    told.append(repr(answer))
json.dump([native.compiled(), told], sys.stdout)
"""
_SOUP = (
    "<p> </p> <div> </div> <div,class=related> <div,hidden> <span,hidden> </span> <b> </b> <a> </a> <table> <tr> <td> "
    "</table> <ul> <li> </ul> <br> <img,src=a.jpg> <img,src=b.jpg,width=400,height=300> <pre> </pre> <pre><div> <h2> "
    "</h2> <noscript> </noscript> <script> </script> <nav> </nav> <figure> </figure> <figcaption> <button> </button> "
    "<blockquote> <math><mi>x</mi></math> <video,src=v.mp4></video> <svg,width=90,height=90></svg> <a,href=/x> &nbsp; "
    "<script,type=math/tex>x</script> <span,class=lineno>1</span> <picture><source,srcset=c.webp> </picture> "
    "<td,hidden> <template> </template> <dialog,open> <iframe,src=https://www.youtube.com/embed/abcdefgh>"
)


def soups(number: int) -> list[str]:
    """Pages of markup in any order, with sentences between."""
    rng = random.Random(7)
    markup = [part.replace(",", " ") for part in _SOUP.split(" ")]
    parts = [*markup, "A sentence of some words, which a page may hold. " * 3, "漢字の文。", "é", " ", "\x00"]
    return ["<body>" + "".join(rng.choice(parts) for _ in range(rng.randrange(60))) for _ in range(number)]


def told(pages: list[str], plain: bool) -> tuple[bool, list[str]]:
    environment = {**os.environ, "M3W_PLAIN": "1" if plain else ""}
    answer = subprocess.run(
        [sys.executable, "-c", TOLD],
        input=json.dumps(pages),
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    compiled, found = json.loads(answer.stdout)
    return compiled, found


def sample_pages() -> list[str]:
    """Every idiom and language of the sample web."""
    rng = random.Random(7)
    return [
        shell.around(site, page, IDIOMS[site.idiom].content(page), [], TONGUES[site.language], rng)
        for site in plan.make(80, 3).sites
        for page in site.pages[:2]
    ]


@pytest.mark.skipif(not native.compiled(), reason="no compiled form is here: it was installed without a C compiler")
def test_the_compiled_form_says_what_the_plain_one_says() -> None:
    pages = [*sample_pages(), *soups(150)]
    compiled, fast = told(pages, plain=False)
    plain, slow = told(pages, plain=True)
    assert (compiled, plain) == (True, False)
    assert fast == slow


def test_a_compiled_form_of_other_sources_gives_way(tmp_path: Path) -> None:
    """As in a checkout that was updated and not installed again: the sources are what runs."""
    for file in native.FOLDER.glob("*.*"):
        if file.suffix in (".py", ".pxd", ".json", ".so", ".pyd"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "flat.pxd").write_text("# changed since\n")
    code = (
        f"import m3w_builder; m3w_builder.__path__.insert(0, {str(tmp_path.parent)!r});"
        "from m3w_builder.extract import flat, native; print(native.compiled(), flat.__file__)"
    )
    folder = tmp_path.parent / "extract"
    folder.symlink_to(tmp_path, target_is_directory=True)
    try:
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    finally:
        folder.unlink()
    assert out == ["False", str(folder / "flat.py")]


def test_the_digests_are_of_sources_and_types(tmp_path: Path) -> None:
    for name in native.MODULES:
        (tmp_path / f"{name}.py").write_text("pass")
    before = native.digests(tmp_path)
    (tmp_path / "walk.pxd").write_text("cimport cython")
    changed = {name for name, digest in native.digests(tmp_path).items() if digest != before[name]}
    assert changed == {"walk"}
