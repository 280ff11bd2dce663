"""Videos, sounds and formulae: players as provider and id, files by their address, formulae as their source."""

from __future__ import annotations

import re
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from m3w_builder.document import Audio, Video
from m3w_builder.urls import absolute

_PLAYERS = (
    ("youtube", re.compile(r"(?:youtube(?:-nocookie)?\.com/(?:embed/|v/|watch\?v=)|youtu\.be/)([\w-]{6,20})", re.I)),
    ("vimeo", re.compile(r"player\.vimeo\.com/video/(\d+)", re.I)),
    ("dailymotion", re.compile(r"dailymotion\.com/embed/video/(\w+)", re.I)),
    ("bilibili", re.compile(r"player\.bilibili\.com/[^\"']*?(?:bvid=|aid=)(\w+)", re.I)),
    ("youku", re.compile(r"player\.youku\.com/embed/([\w=]+)", re.I)),
    ("rutube", re.compile(r"rutube\.ru/play/embed/(\w+)", re.I)),
    ("vk", re.compile(r"vk\.com/video_ext\.php\?[^\"']*?id=(\d+)", re.I)),
    ("facebook", re.compile(r"facebook\.com/plugins/video\.php\?[^\"']*?videos(?:%2F|/)(\d+)", re.I)),
    ("ted", re.compile(r"embed\.ted\.com/talks/([\w/]+)", re.I)),
    ("twitch", re.compile(r"player\.twitch\.tv/\?[^\"']*?(?:video|channel)=(\w+)", re.I)),
    ("wistia", re.compile(r"wistia\.(?:net|com)/(?:embed/iframe|medias)/(\w+)", re.I)),
)  # fmt: skip
_SOUNDS = (
    ("soundcloud", re.compile(r"soundcloud\.com/player/?\?[^\"']*?tracks(?:%2F|/)(\d+)", re.I)),
    ("spotify", re.compile(r"open\.spotify\.com/embed(?:-podcast)?/(\w+/\w+)", re.I)),
    ("bandcamp", re.compile(r"bandcamp\.com/EmbeddedPlayer/([\w=/]+)", re.I)),
    ("mixcloud", re.compile(r"mixcloud\.com/widget/iframe/\?[^\"']*?feed=([^&\"']+)", re.I)),
)


def clip(node: LexborNode, base: str) -> Video | Audio | None:
    """The video or sound that a <video>, <audio> or <iframe> shows; None where it shows neither."""
    attributes = node.attributes
    title = " ".join((attributes.get("title") or "").split())[:500]
    if node.tag == "iframe":
        return _player(attributes.get("src") or attributes.get("data-src") or "", title, base)
    addresses = [attributes.get("src") or attributes.get("data-src") or ""]
    addresses += [source.attrs.sget("src", "") or "" for source in node.css("source")]
    url = next((full for address in addresses if address and (full := absolute(address, base))), "")
    if not url:
        return None
    if node.tag == "audio":
        return Audio(url, title=title)
    return Video(url, poster=absolute(attributes.get("poster") or "", base), title=title)


def _player(address: str, title: str, base: str) -> Video | Audio | None:
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
