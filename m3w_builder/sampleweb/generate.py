"""Generates a sample web: the files of every host, how the server answers, and the truth."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from m3w_builder.sampleweb import furniture, plan, shell
from m3w_builder.sampleweb.forms import FORMS, decoded, phash, scaled
from m3w_builder.sampleweb.idioms import IDIOMS
from m3w_builder.sampleweb.languages import LANGUAGES, TONGUES
from m3w_builder.sampleweb.scene import render
from m3w_builder.sampleweb.site import File, Page, Site, picture_truth, url_of

APART = 7
"""Bits by which the perceptual hashes of any two scenes differ at least."""

_MANY = 400
"""Pictures from which a pool of processes pays."""


def generate(folder: str | Path, pages: int = 200, seed: int = 0, processes: int = 0) -> dict[str, Any]:
    """Write a sample web of about `pages` article pages; its truth, which stands in `truth.json` too.

    The same pages and seed give the same bytes, whatever the number of processes (0: one a core).
    """
    folder = Path(folder)
    web = plan.make(pages, seed)
    answers: dict[str, dict[str, dict[str, Any]]] = {}
    for site in web.sites:
        _write_site(folder, site, seed, answers)
    furniture.write(folder, web.sites)
    files = _picture_files(web, answers)
    distances = _write_pictures(folder, files, processes or len(os.sched_getaffinity(0)))
    types = {site.host: _html_type(site) for site in web.sites}
    truth = _truth(web, pages, seed)
    for url, distance in distances.items():
        truth["pictures"][url]["distance"] = distance
    hosts = [*types, shell.ADS, shell.METRICS]
    _write_json(folder / "answers.json", {"hosts": hosts, "types": types, "answers": answers})
    _write_json(folder / "truth.json", truth)
    return truth


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, sort_keys=True), encoding="utf-8")


def place(folder: Path, host: str, path: str) -> Path:
    """Where the body of an address lies: a folder's is its index.html, queries do not count."""
    path = path.partition("?")[0]
    return folder / "sites" / host / (path + "index.html" if path.endswith("/") else path).lstrip("/")


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def _html_type(site: Site) -> str:
    """Content-Type of a site's pages; those in old character sets say them in a <meta> alone."""
    return "text/html; charset=utf-8" if site.charset == "utf-8" else "text/html"


def _write_site(folder: Path, site: Site, seed: int, answers: dict[str, Any]) -> None:
    """Pages, lists, robots.txt and sitemap of one host."""
    speech = TONGUES[site.language]
    rng = Random(f"site {site.host} {seed}")
    special = answers.setdefault(site.host, {})
    listed = site.listed
    for page in site.pages:
        if page.status != 200:
            special[page.path] = {"status": page.status}
            continue
        if page.moved_from:
            special[page.moved_from] = {"status": 301, "location": page.path}
        related = rng.sample(listed, min(4, len(listed)))
        content = IDIOMS[site.idiom].content(page)
        html = shell.around(site, page, content, related, speech, rng) if page.case != "empty_page" else ""
        _write(place(folder, site.host, page.path), html.encode(site.charset, "xmlcharrefreplace"))
    for number, page in enumerate(site.lists):
        pages = listed[number * plan.LISTED : (number + 1) * plan.LISTED]
        content = shell.listing(page, pages, page is site.lists[-1], speech)
        html = shell.around(site, page, content, [], speech, rng)
        _write(place(folder, site.host, page.path), html.encode(site.charset, "xmlcharrefreplace"))
    _write(folder / "sites" / site.host / "robots.txt", _robots(site).encode())
    _write(folder / "sites" / site.host / "sitemap.xml", _sitemap(site).encode())


def _robots(site: Site) -> str:
    refused = "".join(f"Disallow: {path}\n" for path in ("/private/", "/share", "/file/", "/*/closed/"))
    return f"User-agent: *\n{refused}\nSitemap: http://{site.host}/sitemap.xml\n"


def _sitemap(site: Site) -> str:
    pages = [page for page in site.pages if page.fate != "absent" and page.case != "tracked"]
    entries = "".join(f"<url><loc>{page.url}</loc></url>\n" for page in pages)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'


def _picture_files(web: plan.Web, answers: dict[str, Any]) -> list[File]:
    """The files to be made, those of one scene side by side; special answers are entered."""
    files: dict[str, File] = {}
    for page in web.pages():
        if page.fate == "absent" and page.status != 200:
            continue
        for shot in page.shots:
            form = FORMS[shot.form]
            special = answers[shot.file.host]
            if form.status != 200:
                special[shot.file.path] = {"status": form.status}
            if shot.form == "circle":
                special[shot.file.path]["location"] = shot.file.path
            if shot.form == "moved":
                target = shot.file.path.replace(".jpg", "-here.jpg")
                special[shot.file.path]["location"] = target
                files[url_of(shot.file.host, target)] = File(shot.file.host, target, shot.file.scene)
            elif form.write:
                files[shot.file.url] = shot.file
            files.update((other.url, other) for other in shot.others)
    return sorted(files.values(), key=lambda file: (file.scene.seed, file.host, file.path))


def _write_pictures(folder: Path, files: Sequence[File], processes: int) -> dict[str, int]:
    """Make all pictures; where two scenes came out too much alike, one of them again, otherwise.

    The answer says of each copy's URL by how many bits its perceptual hash differs from the original's.
    """
    distances: dict[str, int] = {}
    salts: dict[int, int] = {}
    hashes: dict[int, int] = {}
    todo = list(files)
    pool = multiprocessing.get_context("spawn").Pool(processes) if processes > 1 and len(files) > _MANY else None
    try:
        for _ in range(20):
            scenes = [list(group) for _, group in groupby(todo, key=lambda file: file.scene.seed)]
            jobs = [(folder, scenes[start : start + 50], salts) for start in range(0, len(scenes), 50)]
            for found, copies in pool.imap_unordered(_make, jobs) if pool else map(_make, jobs):
                hashes.update(found)
                distances.update(copies)
            again = _too_close(hashes)
            if not again:
                break
            salts |= {seed: salts.get(seed, 0) + 1 for seed in again}
            todo = [file for file in files if file.scene.seed in again]
    finally:
        if pool:
            pool.terminate()
    return distances


def _make(job: tuple[Path, list[list[File]], dict[int, int]]) -> tuple[dict[int, int], dict[str, int]]:
    """Write the files of some scenes; each scene's perceptual hash, and how far each copy's is from it."""
    import cv2

    cv2.setNumThreads(1)
    folder, scenes, salts = job
    hashes, distances = {}, {}
    for files in scenes:
        scene = files[0].scene
        pixels = render(scene, salts.get(scene.seed, 0))
        hashes[scene.seed] = phash(pixels)
        for file in files:
            write = FORMS[file.form].write
            assert write is not None  # files are made of forms that have bytes
            body = write(pixels if file.scale == 1 else scaled(pixels, file.scale))
            _write(place(folder, file.host, file.path), body)
            if FORMS[file.form].keep == "group" and file.planted:
                distances[file.url] = (phash(decoded(body)) ^ hashes[scene.seed]).bit_count()
    return hashes, distances


def _too_close(hashes: dict[int, int]) -> set[int]:
    """Seeds of scenes whose hash is nearer than `APART` to that of one with a smaller seed."""
    seeds = sorted(hashes)
    words = np.array([hashes[seed] for seed in seeds], dtype=">u8")
    bits = np.unpackbits(words.view(np.uint8).reshape(len(seeds), 8), axis=1).astype(np.float32) * 2 - 1
    close: set[int] = set()
    for start in range(0, len(seeds), 2048):
        alike = bits[start : start + 2048] @ bits[: start + 2048].T > 64 - 2 * APART
        rows, columns = np.nonzero(alike)
        close.update(seeds[start + row] for row, column in zip(rows, columns, strict=True) if column < start + row)
    return close


def _truth(web: plan.Web, pages: int, seed: int) -> dict[str, Any]:
    """What a build must make of it all."""
    entries: dict[str, Any] = {}
    pictures: dict[str, Any] = {}
    for site in web.sites:
        for page in (*site.lists, *site.pages):
            entries[page.url] = page.truth()
            if page.moved_from:
                old = {
                    "fate": "absent",
                    "case": "redirect",
                    "language": page.language,
                    "reasons": ["http_status", "redirect"],
                }
                entries[url_of(page.host, page.moved_from)] = old
            pictures.update(_page_pictures(site, page))
    return {
        "pages_wanted": pages,
        "seed": seed,
        "languages": list(LANGUAGES),
        "hosts": {site.host: {"idiom": site.idiom, "language": site.language} for site in web.sites},
        "starts": [f"http://{site.host}/" for site in web.sites],
        "groups": web.groups,
        "furniture": {"reasons": list(furniture.REASONS)},
        "pages": entries,
        "pictures": pictures,
    }


def _page_pictures(site: Site, page: Page) -> Iterable[tuple[str, dict[str, Any]]]:
    """The pictures that a page shows, content and furniture."""
    if page.status != 200 or page.case == "empty_page":
        return
    for shot in page.shots:
        yield shot.file.url, picture_truth(shot)
        for other in shot.others:
            yield other.url, {"fate": "other_size", "case": "other_size", "of": shot.file.url}
    for url in shell.furniture(site, page):
        yield url, {"fate": "dropped", "case": "furniture"}
    for number in range(shell.BANNERS):
        yield shell.banner(number), {"fate": "dropped", "case": "advertisement"}
