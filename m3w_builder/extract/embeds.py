"""Videos, sounds and formulae: players as provider and id, files by their address, formulae as their source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from m3w_builder.document import Audio, Video
from m3w_builder.extract import keys, players, sought
from m3w_builder.extract.addresses import absolute
from m3w_builder.extract.flat import NUMBERS, Flat
from m3w_builder.extract.srcset import Attributes

_LITE = {
    "lite-youtube": ("youtube", "videoid", "https://www.youtube.com/embed/{}"),
    "amp-youtube": ("youtube", "data-videoid", "https://www.youtube.com/embed/{}"),
    "lite-vimeo": ("vimeo", "videoid", "https://player.vimeo.com/video/{}"),
    "amp-vimeo": ("vimeo", "data-videoid", "https://player.vimeo.com/video/{}"),
    "amp-dailymotion": ("dailymotion", "data-videoid", "https://www.dailymotion.com/embed/video/{}"),
    "amp-soundcloud": ("soundcloud", "data-trackid", "https://w.soundcloud.com/player/?url=https://api.soundcloud.com/tracks/{}"),
    "wistia-player": ("wistia", "media-id", "https://fast.wistia.net/embed/iframe/{}"),
}  # fmt: skip
"""Elements of the page's own that stand for a player: provider, the attribute with its id, the player's address."""

FILES = frozenset(("video", "audio", "amp-video", "amp-audio", "video-js"))
"""Elements that play files, their own or those of the <source> elements in them."""
PLUGINS = frozenset(("object", "embed"))
"""Elements that give what they show to a plug-in, or to the browser itself."""
ELEMENTS = FILES | PLUGINS | {"iframe", "amp-iframe", *_LITE}
"""Elements that can show a video or play a sound."""

_LAZY = (
    "src", "data-src", "data-lazy-src", "data-original", "data-url", "data-embed-src", "data-cookieblock-src",
    "data-litespeed-src", "data-rocket-src", "data-consent-src", "data-cmp-src", "data-cookie-src", "data-video-src",
    "data-mp4", "data-mp4-src", "data-webm",
)  # fmt: skip
_SOUND = re.compile(r"\.(?:mp3|ogg|oga|m4a|wav|flac|opus|aac|wma|mid)(?:$|[?#])", re.IGNORECASE)
_VIDEO = re.compile(r"\.(?:mp4|m4v|webm|ogv|mov|avi|wmv|flv|m3u8|mpd|mkv|mpe?g)(?:$|[?#])", re.IGNORECASE)
_PARAMS = frozenset(("movie", "src", "url", "filename", "file"))
_BRIGHTCOVE = "https://players.brightcove.net/{}/{}_default/index.html?videoId={}"


def clip(flat: Flat, node: int, base: str) -> Video | Audio | None:
    """The video or sound that an element of a page shows; None where it shows neither."""
    tag = flat.tag_name(node)
    inside: list[tuple[str, Attributes]] = []
    if tag in FILES or tag == "object":
        # What stands deeper is another's, and looking there takes the square of the depth.
        for one in flat.children(node):
            if flat.tag_name(one) in ("source", "embed", "param"):
                inside.append((flat.tag_name(one), flat.attributes(one)))
    return played(tag, flat.attributes(node), sources_of(inside), base)


def sources_of(inside: Iterable[tuple[str, Attributes]]) -> list[str]:
    """The addresses that elements inside of a <video>, <audio> or <object> name, given as tag and attributes."""
    found = []
    for tag, attributes in inside:
        if tag == "param":
            if (attributes.get("name") or "").lower() in _PARAMS:
                found.append(attributes.get("value") or "")
        else:
            found.append(attributes.get("src") or attributes.get("data-src") or "")
    return found


def played(tag: str, attributes: Attributes, sources: Sequence[str], base: str) -> Video | Audio | None:
    """What an element of `ELEMENTS` shows; `sources` are the addresses in it (see `sources_of`), in order."""
    title = " ".join((attributes.get("title") or attributes.get("aria-label") or "").split())[:500]
    if tag in _LITE:
        provider, name, address = _LITE[tag]
        one = (attributes.get(name) or "").strip()
        if not re.fullmatch(r"[\w-]{1,40}", one):
            return None
        return (Audio if provider == "soundcloud" else Video)(
            address.format(one), provider=provider, id=one, title=title
        )
    addresses = [value for name in _LAZY if (value := attributes.get(name))]
    if tag in PLUGINS:
        return _first([attributes.get("data") or "", *addresses, *sources], title, base)
    if tag not in FILES:
        for address in addresses:
            if found := player(address, title, base):
                return found
        return None
    return _file(tag, attributes, [*addresses, *sources], title, base)


def _file(tag: str, attributes: Attributes, addresses: Sequence[str], title: str, base: str) -> Video | Audio | None:
    """What a <video> or <audio> plays: a file, or what its player's script knows by the ids that it carries."""
    url = next((full for address in addresses if (full := absolute(address[: sought.LONGEST_ADDRESS], base))), "")
    poster = absolute(attributes.get("poster") or "", base) if attributes.get("poster") else ""
    if not url:
        account, one = attributes.get("data-account") or "", attributes.get("data-video-id") or ""
        if re.fullmatch(r"\d{5,20}", account) and re.fullmatch(r"[\w:-]{5,40}", one):
            address = _BRIGHTCOVE.format(account, attributes.get("data-player") or "default", one)
            return Video(absolute(address, base), poster=poster, provider="brightcove", id=one, title=title)
        return None
    if known := player(url, title, base):  # some scripts take a player's page as a source
        return known
    if tag.endswith("audio") or _SOUND.search(url):
        return Audio(url, title=title)
    return Video(url, poster=poster, title=title)


def _first(addresses: Iterable[str], title: str, base: str) -> Video | Audio | None:
    """The first of these addresses that is a known player's, or a file's of a video or sound."""
    for address in addresses:
        if address and (found := named(address, title, base)):
            return found
    return None


def named(address: str, title: str, base: str) -> Video | Audio | None:
    """What an address shows by itself: a known player, or a file by its ending; None for anything else."""
    if known := player(address, title, base):
        return known
    url = absolute(address[: sought.LONGEST_ADDRESS], base)
    if _SOUND.search(url):
        return Audio(url, title=title)
    return Video(url, title=title) if _VIDEO.search(url) else None


def player(address: str, title: str, base: str) -> Video | Audio | None:
    """The video or sound of a player's address, by provider and id; None for any other frame."""
    url = absolute(address[: sought.LONGEST_ADDRESS], base) if address else ""
    found = players.find(url) if url else None
    if found is None:
        return None
    known, one = found
    if known.sound:
        return Audio(url, provider=known.provider, id=one, title=title)
    return Video(url, provider=known.provider, id=one, title=title)


def pictured(tag: str, attributes: Attributes) -> Attributes | None:
    """The attributes of the <img> that an <object> or <embed> is for a browser; None where it shows no picture."""
    address = (attributes.get("data") if tag == "object" else attributes.get("src")) or ""
    if (attributes.get("type") or "").lower().startswith("image/") or sought.is_picture(address):
        alt = attributes.get("alt") or attributes.get("aria-label")
        return {**attributes, "src": address, "alt": alt}
    return None


def itemprop(attributes: Attributes, base: str) -> Video | Audio | None:
    """What a <meta> or <link> says in the body of a video or a sound; None where it speaks of something else."""
    if (attributes.get("itemprop") or "").lower() not in ("embedurl", "contenturl"):
        return None
    return named(attributes.get("content") or attributes.get("href") or "", "", base)


def formula(flat: Flat, node: int) -> str:
    """A MathML formula as text once: its TeX source where it carries one, else what it shows."""
    for one in flat.below(node, NUMBERS["annotation"]):
        if "tex" in flat.get(one, keys.ENCODING).lower():
            return f" ${' '.join(''.join(flat.texts(one)).split())}$ "
    told = " ".join(flat.get(node, keys.ALTTEXT).split())
    return f" {told or ' '.join(' '.join(flat.texts(node)).split())} "


def script_formula(kind: str, source: str) -> str:
    """The formula in a <script type="math/…">: TeX between dollars, what MathML shows."""
    source = " ".join(source.split())
    if "mml" in kind:
        return f" {' '.join(re.sub(r'<annotation.*?</annotation>|<[^>]*>', ' ', source).split())} "
    return f" $${source}$$ " if "display" in kind else f" ${source}$ "
