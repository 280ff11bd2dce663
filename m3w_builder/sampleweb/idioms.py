"""The ways in which sites write HTML: one function an idiom, from blocks to the markup of the main content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from m3w_builder.sampleweb.site import Block, Page, Shot

PLACEHOLDER = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""One transparent pixel, which stands in `src` until a script puts the picture there."""


@dataclass(frozen=True, slots=True)
class Idiom:
    """How one kind of site is written.

    `content` makes the markup of the main content. `sizes` are the scales of a picture's further
    files. `captions`: whether pictures bear captions; `headings`: whether each has a heading of its
    own; `extras`: kinds of further blocks. `languages`: the language of the 1st, 2nd, ... host.
    """

    content: Callable[[Page], str]
    path: str
    pictures: str
    languages: tuple[str, ...] = ("en",)
    share: float = 1.0
    sizes: tuple[float, ...] = ()
    captions: bool = False
    headings: bool = False
    extras: tuple[str, ...] = ()
    base: str = ""
    shell: str = "modern"


def _source(shot: Shot) -> str:
    """The address as pages of one host write it: its path alone."""
    return escape(shot.file.path)


def _image(shot: Shot, more: str = "", declare: bool = False) -> str:
    scene = shot.file.scene
    size = f' width="{scene.width}" height="{scene.height}"' if declare else ""
    return f'<img src="{_source(shot)}" alt="{escape(shot.alt)}"{size}{more}>'


def _text(block: Block) -> str:
    """A block of text in plain modern markup."""
    text = escape(block.text, quote=False)
    if block.kind == "title":
        return f"<h1>{text}</h1>"
    if block.kind == "heading":
        return f"<h2>{text}</h2>"
    if block.kind == "byline":
        return f'<p class="byline">{text}</p>'
    if block.kind == "code":
        return f"<pre><code>{text}</code></pre>"
    if block.kind == "quote":
        return f"<blockquote><p>{text}</p></blockquote>"
    if block.kind == "list":
        return "<ul>" + "".join(f"<li>{escape(part, quote=False)}</li>" for part in block.parts) + "</ul>"
    if block.kind == "table":
        cells = [escape(part, quote=False) for part in block.parts]
        rows = (
            f"<tr><td>{first}</td><td>{last}</td></tr>" for first, last in zip(cells[::2], cells[1::2], strict=True)
        )
        return "<table>" + "".join(rows) + "</table>"
    return f"<p>{text}</p>"


def _pairs(page: Page) -> Iterator[tuple[Block, str]]:
    """The blocks, each picture with its caption."""
    blocks = iter([*page.blocks, Block("end")])
    block = next(blocks)
    while block.kind != "end":
        following = next(blocks)
        if block.shot and following.kind == "caption":
            yield block, following.text
            following = next(blocks)
        else:
            yield block, ""
        block = following


def _news(page: Page) -> str:
    parts = []
    for block, caption in _pairs(page):
        if block.shot:
            widths = [block.shot.file, *block.shot.others]
            srcset = ", ".join(f"{escape(f.path)} {round(f.scene.width * f.scale)}w" for f in widths)
            image = _image(block.shot, f' srcset="{srcset}" sizes="(max-width: 600px) 96px, 160px" loading="lazy"')
            parts.append(f"<figure>{image}<figcaption>{escape(caption, quote=False)}</figcaption></figure>")
        else:
            parts.append(_text(block))
    return f'<article class="story">{chr(10).join(parts)}</article>'


def _blog(page: Page) -> str:
    parts = []
    for block, caption in _pairs(page):
        if block.shot:
            later = f'data-src="{_source(block.shot)}" alt="{escape(block.shot.alt)}"'
            lazy = f'<img class="lazyload" src="{PLACEHOLDER}" {later}>'
            parts.append(f"<p>{lazy}<noscript>{_image(block.shot)}</noscript></p>")
            if caption:
                parts.append(f"<p>{escape(caption, quote=False)}</p>")
        else:
            parts.append(_text(block))
    return f'<div class="post"><div class="entry-content">{chr(10).join(parts)}</div></div>'


def _documentation(page: Page) -> str:
    parts = []
    for block, _ in _pairs(page):
        if block.shot:
            parts.append(f'<p class="figure">{_image(block.shot, declare=True)}</p>')
        elif block.kind == "heading":
            anchor = f'<a class="headerlink" href="#s{len(parts)}"></a>'
            parts.append(f'<h2 id="s{len(parts)}">{escape(block.text, quote=False)}{anchor}</h2>')
        elif block.kind == "quote":
            parts.append(f'<div class="admonition note"><p>{escape(block.text, quote=False)}</p></div>')
        else:
            parts.append(_text(block))
    return f'<div class="document"><div class="body" role="main">{chr(10).join(parts)}</div></div>'


def _tables(page: Page) -> str:
    """The hand-made page of the nineties: nested tables, <font>, text parted by <br><br>, nothing closed in vain."""
    parts = []
    for block, caption in _pairs(page):
        text = escape(block.text, quote=False)
        if block.shot:
            parts.append(f"<CENTER>{_image(block.shot, ' BORDER=0', declare=True)}</CENTER>")
            if caption:
                parts.append(f'<CENTER><FONT SIZE="-1"><I>{escape(caption, quote=False)}</I></FONT></CENTER>')
        elif block.kind == "title":
            parts.append(f'<FONT FACE="Arial" SIZE="5" COLOR="#000066"><B>{text}</B></FONT><BR><BR>')
        elif block.kind == "heading":
            parts.append(f'<FONT SIZE="4"><B>{text}</B></FONT><BR><BR>')
        else:
            parts.append(f'<FONT FACE="Arial" SIZE="2">{text}</FONT><BR><BR>')
    return '<TABLE WIDTH="100%" BORDER=0 CELLPADDING=8><TR><TD VALIGN=top>' + "\n".join(parts) + "</TD></TR></TABLE>"


def _gallery(page: Page) -> str:
    parts = []
    for block, caption in _pairs(page):
        if block.shot:
            full = escape(block.shot.others[0].path) if block.shot.others else _source(block.shot)
            image = f'<a class="zoom" href="{full}">{_image(block.shot)}</a>'
            parts.append(
                f'<div class="gallery-item">{image}<div class="caption">{escape(caption, quote=False)}</div></div>'
            )
        else:
            parts.append(_text(block))
    return f'<main class="gallery">{chr(10).join(parts)}</main>'


def _based(page: Page) -> str:
    """Addresses relative to a <base href="/files/site/">."""
    parts = []
    for block, caption in _pairs(page):
        if block.shot:
            path = escape("../.." + block.shot.file.path)
            parts.append(f'<div class="pic"><img src="{path}" alt="{escape(block.shot.alt)}"></div>')
            if caption:
                parts.append(f'<p class="legend">{escape(caption, quote=False)}</p>')
        else:
            parts.append(_text(block))
    return f'<div id="content"><div id="text">{chr(10).join(parts)}</div></div>'


def _wiki(page: Page) -> str:
    parts = []
    for block, caption in _pairs(page):
        if block.shot:
            name = block.shot.file.path.rsplit("/", 1)[-1]
            image = f'<a href="/file/{escape(name)}" class="image">{_image(block.shot, declare=True)}</a>'
            parts.append(
                f'<div class="thumb tright"><div class="thumbinner">{image}'
                f'<div class="thumbcaption">{escape(caption, quote=False)}</div></div></div>'
            )
        else:
            parts.append(_text(block))
    return f'<div id="bodyContent"><div class="mw-parser-output">{chr(10).join(parts)}</div></div>'


def _magazine(page: Page) -> str:
    parts = []
    for block, caption in _pairs(page):
        if block.shot:
            sources = "".join(
                f'<source type="image/webp" srcset="{escape(file.path)}">'
                for file in block.shot.others
                if file.form == "copy_webp"
            )
            parts.append(f"<figure><picture>{sources}{_image(block.shot)}</picture>")
            parts.append(
                f"<figcaption>{escape(caption, quote=False)}</figcaption></figure>" if caption else "</figure>"
            )
        else:
            parts.append(_text(block))
    return f"<main><article><section>{chr(10).join(parts)}</section></article></main>"


def _plain_divs(page: Page) -> str:
    """Divs with classes, pictures in spans within paragraphs, a lazy address in data-original."""
    parts = []
    for block, caption in _pairs(page):
        if block.shot:
            image = (
                f'<img src="/static/blank.gif" data-original="{_source(block.shot)}" alt="{escape(block.shot.alt)}">'
            )
            parts.append(f'<p><span class="photo">{image}</span></p>')
            if caption:
                parts.append(f'<p class="photo-note">{escape(caption, quote=False)}</p>')
        else:
            parts.append(_text(block))
    return f'<div class="article"><div class="article-text">{chr(10).join(parts)}</div></div>'


def _paragraphs(page: Page) -> str:
    """Pictures inside paragraphs of a content div."""
    parts = []
    for block, caption in _pairs(page):
        if block.shot:
            parts.append(f'<p style="text-align:center">{_image(block.shot)}</p>')
            if caption:
                parts.append(f"<p>{escape(caption, quote=False)}</p>")
        else:
            parts.append(_text(block))
    return f'<div class="article-content" id="article_content">{chr(10).join(parts)}</div>'


def _figures(page: Page) -> str:
    parts = []
    for block, caption in _pairs(page):
        if block.shot:
            note = f"<figcaption>{escape(caption, quote=False)}</figcaption>" if caption else ""
            parts.append(f"<figure>{_image(block.shot)}{note}</figure>")
        else:
            parts.append(_text(block))
    return f'<article class="post-body">{chr(10).join(parts)}</article>'


IDIOMS: Mapping[str, Idiom] = {
    "news": Idiom(_news, "/{year}/{month}/{slug}.html", "/media/{slug}-{k}", sizes=(0.7,), captions=True),
    "blog": Idiom(_blog, "/posts/{slug}/", "/uploads/{year}/{slug}-{k}", extras=("list",)),
    "docs": Idiom(
        _documentation, "/guide/{slug}.html", "/_images/{slug}-{k}", headings=True, extras=("code", "quote", "table")
    ),
    "tables": Idiom(_tables, "/page{number}.htm", "/pics/p{number}_{k}", shell="tables"),
    "gallery": Idiom(_gallery, "/show/{slug}.html", "/photos/{slug}-{k}", sizes=(1.4,), captions=True),
    "based": Idiom(_based, "/articles/{slug}.html", "/files/img/{slug}-{k}", base="/files/site/"),
    "wiki": Idiom(_wiki, "/wiki/{slug}", "/images/{slug}-{k}", captions=True, headings=True, extras=("list",)),
    "magazine": Idiom(_magazine, "/issue-{month}/{slug}.html", "/assets/{slug}-{k}", sizes=(-1.0,), extras=("quote",)),
    "cyrillic": Idiom(_plain_divs, "/statya/{slug}.html", "/foto/{slug}-{k}", ("ru",), 0.5),
    "cjk": Idiom(_paragraphs, "/a/{number}.html", "/upload/{number}-{k}", ("zh", "ja", "zh", "ja"), 0.5),
    "rtl": Idiom(_figures, "/p/{slug}.html", "/tmuna/{slug}-{k}", ("ar", "he", "ar", "he"), 0.5, captions=True),
}
"""Every idiom by its name; a size of -1 is a WebP of the same size in a <picture>."""
