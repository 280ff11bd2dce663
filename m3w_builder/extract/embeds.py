"""Videos, sounds and formulae: players as provider and id, files by their address, formulae as their source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from m3w_builder.document import Audio, Video
from m3w_builder.urls import absolute

Attributes = Mapping[str, str | None]

_PLAYERS = (
    ("youtube", re.compile(r"(?:youtube(?:-nocookie)?\.com/(?:embed/|v/|watch\?v=)|youtu\.be/)([\w-]{6,20})", re.I)),
    ("vimeo", re.compile(r"(?:player\.vimeo\.com/video/|vimeo\.com/moogaloop\.swf\?[^\"']*?clip_id=)(\d+)", re.I)),
    ("dailymotion", re.compile(r"dailymotion\.com/(?:embed|swf)/(?:video/)?(\w+)", re.I)),
    ("dailymotion", re.compile(r"geo\.dailymotion\.com/player[^\"'?]*\?[^\"']*?video=(\w+)", re.I)),
    ("bilibili", re.compile(r"player\.bilibili\.com/[^\"']*?(?:bvid=|aid=)(\w+)", re.I)),
    ("youku", re.compile(r"player\.youku\.com/(?:embed/|player\.php/sid/)([\w=]+)", re.I)),
    ("qq", re.compile(r"v\.qq\.com/(?:txp/)?iframe/player\.html\?[^\"']*?vid=(\w+)", re.I)),
    ("rutube", re.compile(r"rutube\.ru/play/embed/(\w+)", re.I)),
    ("vk", re.compile(r"vk\.com/video_ext\.php\?[^\"']*?id=(\d+)", re.I)),
    ("ok", re.compile(r"ok\.ru/videoembed/(\d+)", re.I)),
    ("facebook", re.compile(r"facebook\.com/plugins/video\.php\?[^\"']*?videos(?:%2F|/)(?:\S*?(?:%2F|/))?(\d+)", re.I)),
    ("ted", re.compile(r"embed(?:-ssl)?\.ted\.com/(?:talks/)([\w/]+)", re.I)),
    ("twitch", re.compile(r"player\.twitch\.tv/\?[^\"']*?(?:video|channel|clip)=(\w+)", re.I)),
    ("wistia", re.compile(r"wistia\.(?:net|com)/(?:embed/iframe|medias)/(\w+)", re.I)),
    ("brightcove", re.compile(r"players\.brightcove\.net/[^\"']*?videoId=([\w:-]+)", re.I)),
    ("jwplayer", re.compile(r"(?:content|cdn)\.jwplatform\.com/players/(\w{6,12})", re.I)),
    ("streamable", re.compile(r"streamable\.com/[eos]/(\w+)", re.I)),
    ("loom", re.compile(r"loom\.com/embed/(\w+)", re.I)),
    ("archive", re.compile(r"archive\.org/embed/([\w.-]+)", re.I)),
)  # fmt: skip
"""Players of videos: the provider, and where its id stands in the address of its frame."""

_SOUNDS = (
    (
        "soundcloud",
        re.compile(r"soundcloud\.com/player/?\?\S*?(?:tracks|playlists)(?:%2F|/)(?:soundcloud\D*)?(\d+)", re.I),
    ),
    ("spotify", re.compile(r"open\.spotify\.com/embed(?:-podcast)?/(\w+/\w+)", re.I)),
    ("bandcamp", re.compile(r"bandcamp\.com/EmbeddedPlayer/([\w=/]+)", re.I)),
    ("mixcloud", re.compile(r"mixcloud\.com/widget/iframe/\?[^\"']*?feed=([^&\"']+)", re.I)),
    ("apple", re.compile(r"embed\.(?:podcasts|music)\.apple\.com/([\w/?=&%-]+)", re.I)),
    ("simplecast", re.compile(r"player\.simplecast\.com/([\w-]+)", re.I)),
    ("megaphone", re.compile(r"player\.megaphone\.fm/(\w+)", re.I)),
    ("podbean", re.compile(r"podbean\.com/(?:media/)?player[^\"']*?[?&/](?:i=)?([\w-]{8,})", re.I)),
)  # fmt: skip

_LITE = {
    "lite-youtube": ("youtube", "videoid", "https://www.youtube.com/embed/{}"),
    "amp-youtube": ("youtube", "data-videoid", "https://www.youtube.com/embed/{}"),
    "lite-vimeo": ("vimeo", "videoid", "https://player.vimeo.com/video/{}"),
    "amp-vimeo": ("vimeo", "data-videoid", "https://player.vimeo.com/video/{}"),
    "amp-dailymotion": ("dailymotion", "data-videoid", "https://www.dailymotion.com/embed/video/{}"),
}
"""Elements of the page's own that stand for a player: provider, the attribute with its id, the player's address."""

ELEMENTS = frozenset(("video", "audio", "iframe", "embed", "amp-video", "amp-audio", "amp-iframe", *_LITE))
"""Elements that can show a video or play a sound."""

_LAZY = ("src", "data-src", "data-lazy-src", "data-original", "data-url", "data-embed-src", "data-cookieblock-src")
_SOUND = re.compile(r"\.(?:mp3|ogg|oga|m4a|wav|flac|opus|aac)(?:$|[?#])", re.IGNORECASE)


def clip(node: LexborNode, base: str) -> Video | Audio | None:
    """The video or sound that an element of a parsed page shows; None where it shows neither."""
    tag = node.tag or ""
    sources = [source.attrs.sget("src", "") or "" for source in node.css("source")] if tag in _HOLDS else []
    return played(tag, node.attributes, sources, base)


_HOLDS = ("video", "audio", "amp-video", "amp-audio")


def played(tag: str, attributes: Attributes, sources: Sequence[str], base: str) -> Video | Audio | None:
    """What an element of `ELEMENTS` shows; `sources` are the addresses of the <source> elements in it, in order."""
    title = " ".join((attributes.get("title") or attributes.get("aria-label") or "").split())[:500]
    if tag in _LITE:
        provider, name, address = _LITE[tag]
        one = (attributes.get(name) or "").strip()
        return (
            Video(address.format(one), provider=provider, id=one, title=title) if re.fullmatch(r"[\w-]+", one) else None
        )
    addresses = [attributes.get(name) or "" for name in _LAZY]
    if tag not in _HOLDS:
        return player(next(filter(None, addresses), ""), title, base)
    url = next((full for address in (*addresses, *sources) if address and (full := absolute(address, base))), "")
    if not url:
        return None
    if tag.endswith("audio") or _SOUND.search(url):
        return Audio(url, title=title)
    return Video(
        url, poster=absolute(attributes["poster"] or "", base) if attributes.get("poster") else "", title=title
    )


def player(address: str, title: str, base: str) -> Video | Audio | None:
    """The video or sound of a player's address, by provider and id; None for any other frame."""
    if not address:
        return None
    for provider, pattern in _PLAYERS:
        if found := pattern.search(address):
            return Video(absolute(address, base), provider=provider, id=found.group(1), title=title)
    for provider, pattern in _SOUNDS:
        if found := pattern.search(address):
            return Audio(absolute(address, base), provider=provider, id=unquote(found.group(1)), title=title)
    return None


def formula(node: LexborNode) -> str:
    """A MathML formula as text once: its TeX source where it carries one, else what it shows."""
    source = node.css_first('annotation[encoding="application/x-tex"]')
    if source is not None:
        return f" ${source.text().strip()}$ "
    return f" {' '.join(node.attrs.sget('alttext', '').split()) or ' '.join(node.text(separator=' ').split())} "
