"""What stands around a page's main content: navigation, cookie banner, advertisements, related links, icons, pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from random import Random

from m3w_builder.sampleweb.idioms import IDIOMS
from m3w_builder.sampleweb.site import DOMAIN, Page, Site
from m3w_builder.sampleweb.tongue import Tongue

ADS = f"ads.{DOMAIN}"
METRICS = f"metrics.{DOMAIN}"
BANNERS = 8
"""How many advertisement pictures there are for all sites together."""

_STYLE = "body{font-family:sans-serif;margin:0} .cookie{position:fixed;bottom:0} .hidden{display:none}"
_SCRIPT = 'document.querySelectorAll("img[data-src]").forEach(function(i){i.src=i.dataset.src});'


def around(site: Site, page: Page, content: str, related: Sequence[Page], tongue: Tongue, rng: Random) -> str:
    """The whole page."""
    make = _old if IDIOMS[site.idiom].shell == "tables" else _modern
    return make(site, page, content, related, tongue.labels, tongue.direction, rng)


def furniture(site: Site, page: Page) -> list[str]:
    """Addresses of the pictures that stand on the page without being content, its pixel first."""
    own = [
        f"http://{site.host}/static/{name}"
        for name in ("logo.png", "icon-share.png", "icon-mail.png", "thumb-1.jpg", "thumb-2.jpg")
    ]
    return [pixel(page), *own]


def pixel(page: Page) -> str:
    return f"http://{METRICS}/p.gif?page={page.host}{page.path}"


def banner(number: int) -> str:
    return f"http://{ADS}/banner-{number}.jpg"


def _link(page: Page) -> str:
    return f'<a href="{escape(page.link)}">{escape(page.title, quote=False)}</a>'


def _modern(
    site: Site,
    page: Page,
    content: str,
    related: Sequence[Page],
    labels: Mapping[str, str],
    direction: str,
    rng: Random,
) -> str:
    idiom = IDIOMS[site.idiom]
    base = f'<base href="http://{site.host}{idiom.base}">\n' if idiom.base else ""
    turn = f' dir="{direction}"' if direction != "ltr" else ""
    links = "".join(
        f'<li><img src="/static/thumb-{1 + k % 2}.jpg" alt="" width="72" height="54">{_link(other)}</li>'
        for k, other in enumerate(related)
    )
    advert = rng.randrange(BANNERS)
    return f"""<!DOCTYPE html>
<html lang="{page.language}"{turn}>
<head>
<meta charset="{site.charset}">
{base}<title>{escape(page.title, quote=False)} - {site.name}</title>
<link rel="stylesheet" href="/static/site.css">
<style>{_STYLE}</style>
</head>
<body class="{site.idiom}">
<div id="cookie-banner" class="cookie cookie-consent">
<p>{labels["cookies"]}</p><button>{labels["accept"]}</button></div>
<header class="site-header">
<a href="/"><img class="logo" src="/static/logo.png" alt="{site.name}" width="160" height="40"></a>
<nav class="menu"><ul><li><a href="/">{labels["home"]}</a></li><li><a href="/about.html">{labels["about"]}</a></li>
<li><a href="/private/">{labels["private"]}</a></li></ul></nav></header>
{content}
<div class="share-buttons"><span>{labels["share"]}</span>
<a href="/share?to=a"><img src="/static/icon-share.png" alt="" width="24" height="24"></a>
<a href="/share?to=b"><img src="/static/icon-mail.png" alt="" width="24" height="24"></a></div>
<aside class="sidebar"><div class="advertisement ad-box"><span>{labels["advertisement"]}</span>
<a href="http://{ADS}/click?n={advert}" rel="sponsored">
<img src="{banner(advert)}" alt="" width="150" height="120"></a></div>
<div class="newsletter"><p>{labels["subscribe"]}</p></div></aside>
<div class="related-links"><h3>{labels["related"]}</h3><ul>{links}</ul></div>
<footer class="site-footer"><p>{site.name}. {labels["footer"]}</p></footer>
<img src="{escape(pixel(page))}" width="1" height="1" alt="">
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _old(
    site: Site,
    page: Page,
    content: str,
    related: Sequence[Page],
    labels: Mapping[str, str],
    direction: str,
    rng: Random,
) -> str:
    links = "<BR>\n".join(f'<FONT SIZE="-1">{_link(other)}</FONT>' for other in related)
    advert = rng.randrange(BANNERS)
    return f"""<HTML>
<HEAD><META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset={site.charset}">
<TITLE>{escape(page.title, quote=False)} - {site.name}</TITLE></HEAD>
<BODY BGCOLOR="#FFFFFF" TEXT="#000000">
<TABLE WIDTH="760" BORDER=0 CELLSPACING=0>
<TR BGCOLOR="#000066"><TD WIDTH="140">
<A HREF="/"><IMG SRC="/static/logo.png" WIDTH=160 HEIGHT=40 BORDER=0></A></TD>
<TD ALIGN=right><A HREF="http://{ADS}/click?n={advert}">
<IMG SRC="{banner(advert)}" WIDTH=150 HEIGHT=120 BORDER=0 ALT="{labels["advertisement"]}"></A></TD></TR>
<TR><TD VALIGN=top BGCOLOR="#CCCCFF"><A HREF="/">{labels["home"]}</A><BR><A HREF="/about.html">{labels["about"]}</A><BR>
<A HREF="/private/">{labels["private"]}</A><BR><HR>
<B>{labels["related"]}</B><BR>
{links}</TD>
<TD VALIGN=top>
{content}
</TD></TR>
<TR><TD COLSPAN=2 ALIGN=center><FONT SIZE="-2">{labels["cookies"]}<BR>{site.name}. {labels["footer"]}</FONT>
<IMG SRC="/static/icon-mail.png" WIDTH=24 HEIGHT=24><IMG SRC="{escape(pixel(page))}" WIDTH=1 HEIGHT=1></TD></TR></TABLE>
</BODY></HTML>
"""


def listing(lists: Page, pages: Sequence[Page], last: bool, tongue: Tongue) -> str:
    """The main content of a page that lists pages, and leads to the next such page unless it is the last."""
    links = "\n".join(f"<li>{_link(page)}</li>" for page in pages)
    number = int("".join(filter(str.isdigit, lists.path)) or 1)
    more = "" if last else f'<p><a href="/index-{number + 1}.html">{tongue.labels["next"]}</a></p>'
    return f'<main><h1>{lists.title}</h1>\n<ul class="listing">\n{links}\n</ul>{more}</main>'
