"""Generates a sample web: the files of every host, how the server answers, and the truth."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from m3w_builder.sampleweb import furniture, pictures, plan, shell
from m3w_builder.sampleweb.forms import FORMS
from m3w_builder.sampleweb.idioms import IDIOMS
from m3w_builder.sampleweb.languages import LANGUAGES, TONGUES
from m3w_builder.sampleweb.pictures import place, write
from m3w_builder.sampleweb.site import File, Page, Site, picture_truth, url_of


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
    distances = pictures.write_all(folder, files, processes or len(os.sched_getaffinity(0)))
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
        write(place(folder, site.host, page.path), html.encode(site.charset, "xmlcharrefreplace"))
    for number, page in enumerate(site.lists):
        pages = listed[number * plan.LISTED : (number + 1) * plan.LISTED]
        content = shell.listing(page, pages, page is site.lists[-1], speech)
        html = shell.around(site, page, content, [], speech, rng)
        write(place(folder, site.host, page.path), html.encode(site.charset, "xmlcharrefreplace"))
    write(folder / "sites" / site.host / "robots.txt", _robots(site).encode())
    write(folder / "sites" / site.host / "sitemap.xml", _sitemap(site).encode())


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


def _truth(web: plan.Web, pages: int, seed: int) -> dict[str, Any]:
    """What a build must make of it all."""
    entries: dict[str, Any] = {}
    shown: dict[str, Any] = {}
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
            shown.update(_page_pictures(site, page))
    return {
        "pages_wanted": pages,
        "seed": seed,
        "languages": list(LANGUAGES),
        "hosts": {site.host: {"idiom": site.idiom, "language": site.language} for site in web.sites},
        "starts": [f"http://{site.host}/" for site in web.sites],
        "groups": web.groups,
        "furniture": {"reasons": list(furniture.REASONS)},
        "pages": entries,
        "pictures": shown,
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
