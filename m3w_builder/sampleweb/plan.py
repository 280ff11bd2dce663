"""The plan of a sample web: which sites, which pages on them, and where which case is planted."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from m3w_builder.sampleweb.compose import Composer, repeat, set_form, short_page
from m3w_builder.sampleweb.forms import FORMS, RARE
from m3w_builder.sampleweb.idioms import IDIOMS
from m3w_builder.sampleweb.languages import FOREIGN, TONGUES
from m3w_builder.sampleweb.site import DOMAIN, Page, Shot, Site
from m3w_builder.sampleweb.tongue import Writer

PAGE_CASES: dict[str, float] = {
    "printed": 0.02,
    "mirrored": 0.01,
    "tracked": 0.01,
    "near_duplicate": 0.02,
    "too_short": 0.015,
    "repetitive": 0.015,
    "foreign": 0.015,
    "without_pictures": 0.02,
    "bad_pictures_only": 0.01,
    "moved_page": 0.01,
    "gone_page": 0.01,
    "private_page": 0.01,
    "empty_page": 0.005,
}
"""Share of the pages that are each case; at least one of each."""

LISTED = 60
"""Links on a page that lists pages."""

PICTURE_CASE = 0.006
"""Share of the pages on which each form of picture other than the plain one stands; at least one of each."""

_OLD_CHARSETS = {"ru": "windows-1251", "zh": "gb18030", "ja": "euc-jp"}


@dataclass(slots=True)
class Web:
    """A planned sample web."""

    sites: list[Site]
    groups: dict[str, list[str]] = field(default_factory=dict)
    """Addresses that are copies of one page, or of one picture, by the group's name."""

    def pages(self) -> Iterator[Page]:
        for site in self.sites:
            yield from site.pages


def hosts_per_idiom(pages: int) -> int:
    """One below 400 pages, two from there, three from 1,600, four from 6,400, ..."""
    return max(1, int(math.log(max(pages, 1) / 100, 4)) + 1) if pages >= 400 else 1


def make_sites(pages: int) -> list[Site]:
    """The sites, every idiom's first hosts before all second ones; old character sets stand on the first two alone."""
    sites = []
    for number in range(hosts_per_idiom(pages)):
        for name, idiom in IDIOMS.items():
            language = idiom.languages[number % len(idiom.languages)]
            charset = _OLD_CHARSETS.get(language, "utf-8") if number < 2 else "utf-8"
            sites.append(Site(f"{name}-{number + 1}.{DOMAIN}", name, language, number, charset))
    return sites


def make(pages: int, seed: int) -> Web:
    """The plan of about `pages` article pages, planted ones included; the lists of each host come on top."""
    rng = Random(f"sample web {seed}")
    web = Web(make_sites(pages))
    composer = Composer(rng)
    orders = _orders(pages, rng)
    shares = [IDIOMS[site.idiom].share for site in web.sites]
    homes = rng.choices(web.sites, shares, k=len(orders))
    homes[: len(web.sites)] = web.sites[: len(orders)]
    homes_by_host = {site.host: site for site in web.sites}
    plain: list[tuple[Site, Page]] = []
    for number, (site, order) in enumerate(zip(homes, orders, strict=True), start=1):
        page = _page(web, composer, site, number, order, plain)
        if page.case == "plain" and len(page.shots) > 1:
            plain.append((site, page))
        homes_by_host[page.host].pages.append(page)
    for site in web.sites:
        site.pages.append(_about(site, composer))
        site.lists = _lists(site)
    return web


def _orders(pages: int, rng: Random) -> list[str]:
    """What each page is to be, mixed, the first of each host being plain so that there is something to copy."""
    planted = [case for case, share in PAGE_CASES.items() for _ in range(max(1, round(share * pages)))]
    for form in FORMS:
        if form != "plain":
            number = max(1, round(PICTURE_CASE * pages))
            planted += [f"picture {form}"] * (min(number, 2) if form in RARE else number)
    rng.shuffle(planted)
    first = len(IDIOMS) * hosts_per_idiom(pages) * 2
    planted = planted[: max(pages - first, 0)]
    rest = ["plain"] * (pages - first - len(planted)) + planted
    rng.shuffle(rest)
    return (["plain"] * first + rest)[:pages]


def _page(web: Web, composer: Composer, site: Site, number: int, order: str, plain: list[tuple[Site, Page]]) -> Page:
    """One page as ordered."""
    rng = composer.rng
    if order.startswith("picture "):
        form = order.removeprefix("picture ")
        original = _original(plain, rng) if FORMS[form].keep == "group" else None
        page = composer.page(site, number, TONGUES[site.language], form=form, original=original)
        if original:
            shot = next(shot for shot in page.shots if shot.form == form)
            _join(web, original, shot, f"picture-{number}")
        page.case = "special_picture"
        return page
    if order in ("printed", "tracked", "near_duplicate", "mirrored"):
        return _copied_page(web, site, number, order, plain, rng)
    language = rng.choice(FOREIGN) if order == "foreign" else site.language
    page = composer.page(site, number, TONGUES[language], pictures=1 if order == "bad_pictures_only" else -1)
    if order != "plain":
        page.case = order
        _spoil(page, order, site, composer)
    return page


def _original(plain: list[tuple[Site, Page]], rng: Random) -> Shot:
    """The last picture of a plain page, of which no copy was made yet."""
    _, page = plain.pop(rng.randrange(len(plain)))
    return page.shots[-1]


def _join(web: Web, first: Shot, second: Shot, group: str) -> None:
    web.groups[group] = [first.file.url, second.file.url]
    for shot in (first, second):
        shot.group, shot.keep = group, "group"


def _copied_page(web: Web, site: Site, number: int, order: str, plain: list[tuple[Site, Page]], rng: Random) -> Page:
    """Another page once more: as it is under another address, on another host, or with a word added."""
    home, original = plain.pop(rng.randrange(len(plain)))
    page = copy.deepcopy(original)
    page.case = order
    page.fate = original.fate = "group"
    page.group = original.group = f"page-{number}"
    folder, _, name = original.path.rstrip("/").rpartition("/")
    page.path = f"{folder}/print-{name}" if order == "printed" else f"{folder}/again-{number}-{name}"
    page.path += "/" if original.path.endswith("/") else ""
    if order == "tracked":
        page.path = f"{original.path}?utm_source=feed&utm_medium=rss"
    if order == "near_duplicate":
        note = TONGUES[home.language].labels["updated"]
        page.blocks[-1].text += TONGUES[home.language].joint + note
    twins = [
        other
        for other in web.sites
        if other.idiom == home.idiom and other.language == home.language and other is not home
    ]
    if order == "mirrored" and twins:
        _move(page, rng.choice(twins).host)
    web.groups[page.group] = [original.url, page.url]
    return page


def _move(page: Page, host: str) -> None:
    """Bring a copied page to another host, its pictures with it."""
    page.host = host
    for shot in page.shots:
        shot.file = replace(shot.file, host=host)
        shot.others = [replace(other, host=host) for other in shot.others]


def _spoil(page: Page, order: str, site: Site, composer: Composer) -> None:
    """Make a page what its case says."""
    rng = composer.rng
    page.fate = "dropped"
    if order == "too_short":
        short_page(page, Writer(TONGUES[site.language], rng))
        page.reasons = ("too_short", "no_content", "length")
    elif order == "repetitive":
        repeat(page)
        page.reasons = ("repetition",)
    elif order == "foreign":
        page.reasons = ("language",)
    elif order == "without_pictures":
        page.blocks = [block for block in page.blocks if not block.shot and block.kind != "caption"]
        page.reasons = ("no_pictures",)
    elif order == "bad_pictures_only":
        form = rng.choice(("small", "single_colour", "gone", "truncated", "strip"))
        set_form(page.shots[0], form)
        page.reasons = ("no_pictures",)
    elif order == "moved_page":
        page.fate, page.moved_from = "kept", f"/old{page.path}"
    elif order == "gone_page":
        page.fate, page.status, page.reasons = "absent", 404, ("http_status", "http_4xx")
    elif order == "private_page":
        page.fate, page.reasons, page.path = "absent", ("robots",), f"/private{page.path}"
    elif order == "empty_page":
        page.reasons = ("empty", "no_content", "not_html")


def _lists(site: Site) -> list[Page]:
    """The pages that list the site's pages, the first of which is its start page; they are never documents."""
    title = TONGUES[site.language].labels["latest"]
    paths = ["/", *(f"/index-{number}.html" for number in range(2, -(-len(site.listed) // LISTED) + 1))]
    more = {"case": "list", "fate": "dropped", "reasons": ("*",)}
    return [Page(site.host, path, title, site.language, **more) for path in paths]  # type: ignore[arg-type]


def _about(site: Site, composer: Composer) -> Page:
    """A page about the site, in words alone, to which every navigation leads."""
    page = composer.page(site, 0, TONGUES[site.language], pictures=0)
    page.path, page.case, page.listed = "/about.html", "without_pictures", False
    page.fate, page.reasons = "dropped", ("no_pictures",)
    return page
