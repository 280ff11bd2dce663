"""What stands among a page's text and is none: pictures, players, drawings, formulae, buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from m3w_builder.document import Image
from m3w_builder.extract import embeds, keys, media
from m3w_builder.extract.flat import IMG, NUMBERS, Flat
from m3w_builder.extract.pieces import Clip, Shot
from m3w_builder.extract.srcset import Attributes
from m3w_builder.extract.tags import SHOWN
from m3w_builder.urls import absolute

if TYPE_CHECKING:
    from m3w_builder.extract.walk import Walker

_FIGURE_NEAR = 4
"""Elements around a button among which the figure stands whose picture it shows."""


def read(walker: Walker, node: int) -> bool:
    """Deal with an element; the answer is whether its content is read."""
    flat = walker.flat
    tag = flat.tag_name(node)
    if tag in SHOWN:
        picture(walker, node)
    elif tag == "svg":
        _drawing(walker, flat.attributes(node))
    elif tag == "script":
        _script(walker, node)
    elif tag == "math":
        _formula(walker, embeds.formula(flat, node))
    elif tag == "button":
        _button(walker, node)
    elif tag in embeds.PLUGINS:
        return _plugin(walker, node)
    elif tag in ("meta", "link"):
        _named_media(walker, flat.attributes(node))
    elif tag == "mjx-container":
        for one in flat.below(node, NUMBERS["math"]):
            _formula(walker, embeds.formula(flat, one))
            break
    elif tag == "dialog":
        return flat.find(node, keys.OPEN) >= 0 and walker.part(node)
    else:
        _clip(walker, node)
    return False


def picture(walker: Walker, node: int) -> None:
    """Take in an <img> or its like, or an <input> that `Walker.tells` found to be one."""
    around = walker.sources[-1] if walker.sources else []
    found = walker.known.get(node) if not around else None
    if found is None:
        found = _told(walker, walker.flat.attributes(node), "icon" if walker.flat.tag_name(node) == "input" else "")
        if not around:  # else it may be told of other sources when the page is walked again
            walker.known[node] = found
    _shoot(walker, *found)


def _told(walker: Walker, attributes: Attributes, against: str = "") -> tuple[Attributes, Image, str, bytes]:
    """What a picture's element says, wherever it stands; `against` is a reason that is known before."""
    if walker.shots >= walker.most_pictures:
        return attributes, Image((attributes.get("src") or "")[:200]), "too_many", b""
    around = walker.sources[-1] if walker.sources else []
    image, reason, body = media.image(attributes, walker.base, around, walker.screen, walker.least_inline)
    return attributes, image, reason or against or media.judged(image, attributes), body


def _shoot(walker: Walker, attributes: Attributes, image: Image, reason: str, body: bytes) -> None:
    """Take in a picture in its place."""
    walker.shots += 1
    page = walker.page
    if walker.shots > walker.most_pictures:
        page.aside.append((image, "too_many"))
        return
    if body:
        page.inline[image.url] = body
    stands = media.stands_for(attributes, image, walker.told) if image.alt and reason != "placeholder" else None
    parts = walker.parts
    if stands is not None:
        parts.append(stands[0])
        reason = reason or stands[1]
    linked = bool(walker.link) and bool("".join(parts).strip())
    if parts and not reason:
        walker.divide()
    target = absolute(walker.link[-1], walker.base) if walker.link and not reason else ""
    page.pieces.append(Shot(image, reason, walker.box, target, linked, walker.fallback > 0))


def sources(flat: Flat, node: int) -> list[Attributes]:
    """The attributes of the <source> elements in a <picture>."""
    return [flat.attributes(one) for one in flat.children(node) if flat.tag_name(one) == "source"]


def pass_over(walker: Walker, node: int, why: str) -> None:
    """Enter the pictures of an element that is not read."""
    for one in walker.flat.below(node, IMG):
        image, reason, _ = media.image(walker.flat.attributes(one), walker.base, (), walker.screen, 0)
        walker.page.aside.append((image, reason or why))


def _formula(walker: Walker, told: str) -> None:
    walker.told = told.strip(" $")
    walker.parts.append(told)


def _script(walker: Walker, node: int) -> None:
    """A <script> that `Walker.tells` found to hold a formula."""
    if not walker.fallback:
        kind = walker.flat.get(node, keys.TYPE)
        _formula(walker, embeds.script_formula(kind, "".join(walker.flat.texts(node))))


def _clip(walker: Walker, node: int) -> bool:
    item = embeds.clip(walker.flat, node, walker.base)
    if item is None or walker.fallback:
        return False
    walker.flush()
    walker.page.pieces.append(Clip(item, walker.box))
    return True


def _plugin(walker: Walker, node: int) -> bool:
    """An <object> or <embed>: a player, a file, or a picture; else what an <object> holds for want of these."""
    if _clip(walker, node):
        return False
    tag = walker.flat.tag_name(node)
    shown = embeds.pictured(tag, walker.flat.attributes(node))
    if shown is not None:
        _shoot(walker, *_told(walker, shown))
        return False
    return tag == "object"


def _named_media(walker: Walker, attributes: Attributes) -> None:
    """A <meta> or <link> in the body that names a video's or a sound's address for machines (schema.org)."""
    item = embeds.itemprop(attributes, walker.base)
    if item is not None and not walker.fallback:
        walker.flush()
        walker.page.pieces.append(Clip(item, walker.box))


def _drawing(walker: Walker, attributes: Attributes) -> None:
    """An <svg>: icons are many and say nothing; what has a picture's size is entered."""
    image = media.drawing(attributes)
    if image.declared_width >= media.DRAWN and image.declared_height >= media.DRAWN:
        walker.page.aside.append((image, "svg"))


def _button(walker: Walker, node: int) -> None:
    """A <button>: a reader works with it and does not read it; in a figure it shows the picture large."""
    flat = walker.flat
    above = flat.parent[node]
    for _ in range(_FIGURE_NEAR):
        if above >= 0 and flat.tag_name(above) == "figure":
            for one in flat.below(node, IMG):
                _shoot(walker, *_told(walker, flat.attributes(one)))
            return
        above = flat.parent[above] if above >= 0 else -1
    pass_over(walker, node, "icon")
