"""What stands among a page's text and is none: pictures, players, drawings, formulae, buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from m3w_builder.extract import embeds, keys, media
from m3w_builder.extract.addresses import absolute
from m3w_builder.extract.flat import FIGURE, IMG, INPUT, NUMBERS
from m3w_builder.extract.kinds import SIGN, SOURCE
from m3w_builder.extract.media import picture as seen
from m3w_builder.extract.pieces import Picture, new_clip, new_picture, new_shot
from m3w_builder.extract.srcset import Attributes
from m3w_builder.extract.tags import SHOWN

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
        drawn = media.drawing(flat, node)
        if drawn is not None:
            walker.page.aside.append((drawn, drawn.reason))
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
    flat = walker.flat
    if walker.shots >= walker.most_pictures:
        _shoot(walker, _too_many(flat.get(node, keys.SRC)))
        return
    within = walker.sources[len(walker.sources) - 1] if walker.sources else None
    against = "icon" if flat.tag[node] == INPUT else ""
    _shoot(walker, seen(flat, node, walker.base, within, walker.screen, walker.least_inline, against))


def _too_many(address: str) -> Picture:
    return new_picture(address[:200], "", "", 0, 0, "too_many")


def _shoot(walker: Walker, found: Picture) -> None:
    """Take in a picture in its place."""
    walker.shots += 1
    if walker.shots > walker.most_pictures:
        walker.page.aside.append((found, "too_many"))
        return
    if found.body:
        walker.page.inline[found.url] = found.body
    parts, reason = walker.parts, found.reason
    if found.stands == SIGN:
        parts.append(found.alt)
        reason = reason or "icon"
    elif found.stands == SOURCE:
        source = found.alt.strip(" $")
        parts.append(f" ${source}$ " if source != walker.told else "")  # a formula is not told twice
        reason = reason or "formula"
    link, linked = "", False
    if walker.link:
        linked = bool(parts) and "".join(parts).strip() != ""
        link = "" if reason else absolute(walker.link[len(walker.link) - 1], walker.base)
    if parts and not reason:
        walker.divide()
    walker.pieces.append(new_shot(found, reason, walker.box, link, linked, walker.fallback > 0))


def pass_over(walker: Walker, node: int, why: str) -> None:
    """Enter the pictures of an element that is not read."""
    flat = walker.flat
    for one in range(node + 1, flat.over[node]):
        if flat.tag[one] == IMG:
            found = seen(flat, one, walker.base, None, walker.screen, 0, why)
            walker.page.aside.append((found, found.reason))


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
    walker.page.pieces.append(new_clip(item, walker.box))
    return True


def _plugin(walker: Walker, node: int) -> bool:
    """An <object> or <embed>: a player, a file, or a picture; else what an <object> holds for want of these."""
    if _clip(walker, node):
        return False
    tag = walker.flat.tag_name(node)
    shown = embeds.pictured(tag, walker.flat.attributes(node))
    if shown is not None:
        full = walker.shots >= walker.most_pictures
        address = shown.get("src") or ""
        found = _too_many(address) if full else media.told(shown, walker.base, walker.screen, walker.least_inline)
        _shoot(walker, found)
        return False
    return tag == "object"


def _named_media(walker: Walker, attributes: Attributes) -> None:
    """A <meta> or <link> in the body that names a video's or a sound's address for machines (schema.org)."""
    item = embeds.itemprop(attributes, walker.base)
    if item is not None and not walker.fallback:
        walker.flush()
        walker.page.pieces.append(new_clip(item, walker.box))


def _button(walker: Walker, node: int) -> None:
    """A <button>: a reader works with it and does not read it; in a figure it shows the picture large."""
    flat = walker.flat
    above = flat.parent[node]
    for _ in range(_FIGURE_NEAR):
        if above >= 0 and flat.tag[above] == FIGURE:
            for one in flat.below(node, IMG):
                picture(walker, one)
            return
        above = flat.parent[above] if above >= 0 else -1
    pass_over(walker, node, "icon")
