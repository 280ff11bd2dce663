"""Links resolved as `urls.absolute` resolves them, by one look at each sign of those that need little repair.

A page has hundreds of links. What is rare among them is left to `urls`.
"""

from __future__ import annotations

from functools import lru_cache

from m3w_builder import urls

_SPACE, _SLASH, _DOT, _COLON, _QUESTION, _TWO, _DASH, _PLUS, _HASH, _SEMI, _H, _T, _P, _S = b" /.:?2-+#;htps"
_PLAIN, _ODD, _NEVER, _PERCENT, _SLASHES, _DOTS, _SEMICOLON = range(7)
"""What a byte is in an address: it stands as it is, is escaped, needs more repair, or is looked at."""


def _table() -> bytes:
    found = bytearray([_NEVER] * 33 + [_ODD] * 223)
    found[127] = found[ord("\\")] = _NEVER
    found[_SPACE] = _ODD
    for sign in urls.SIGNS:
        found[sign] = _PLAIN
    for sign, kind in zip(b"%/.;", (_PERCENT, _SLASHES, _DOTS, _SEMICOLON), strict=True):
        found[sign] = kind
    return bytes(found)


_KINDS = _table()
_LABELS = bytes(byte in b"abcdefghijklmnopqrstuvwxyz0123456789" for byte in range(256))
"""Which bytes a host's labels begin and end with."""
_HEX = bytes(byte in b"0123456789abcdefABCDEF" for byte in range(256))


class Base:
    """A page's address in the parts that its links take over, each empty where it needs repair.

    start: scheme and host. scheme: with its colon. folder: up to the path's last slash.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.start = urls.origin_of(url)
        self.scheme = self.start[: self.start.find("/")] if self.start else ""
        self.folder = _folder(url, self.start)


def _folder(url: str, start: str) -> str:
    """`urls.folder_of` a page whose scheme and host are plain; else empty."""
    folder = url.partition("#")[0].partition("?")[0]
    folder = folder[: folder.rfind("/") + 1]
    if len(folder) <= len(start) or "//" in folder[8:] or ";" in folder:
        return ""
    data = folder.encode("utf-8", "replace")
    return folder if start and _looks(data, len(start), len(data)) == _PLAIN else ""


@lru_cache(64)
def base_of(url: str) -> Base:
    """The `Base` of a page."""
    return Base(url)


def absolute(url: str, base: str) -> str:
    """`urls.absolute`: a link on the page `base` without its fragment; "" where it is no http or https URL."""
    try:
        data = url.encode()
    except UnicodeEncodeError:
        data = url.encode("utf-8", "replace")
    found = join(data, 0, len(data), base_of(base))
    return urls.absolute(url, base) if found is None else found


def join(data: bytes, at: int, stop: int, base: Base) -> str | None:
    """The link in these bytes as `absolute` has it; None where `urls` has to be asked."""
    while at < stop and data[at] <= _SPACE:
        at += 1
    while at < stop and data[stop - 1] <= _SPACE:
        stop -= 1
    signs = data
    for end in range(at, stop):
        if signs[end] == _HASH:
            stop = end
            break
    if at >= stop:
        return urls.itself(base.url)
    if data[at] == _SLASH:
        if at + 1 < stop and data[at + 1] == _SLASH:
            return _of_host(data, at, at + 2, stop, base.scheme, base)
        return _joined(base.start, data, at, stop) if base.start else None
    end = _scheme(data, at, stop)
    if end < 0:
        return _of_folder(data, at, stop, base)
    if not _is_web(data, at, end):
        return ""
    if data[at] == _H and end + 2 < stop and data[end + 1] == _SLASH and data[end + 2] == _SLASH:
        return _of_host(data, at, end + 3, stop, "", base)
    return None


def _is_web(data: bytes, at: int, end: int) -> bool:
    """Whether a scheme is http or https."""
    if end - at != 4 and (end - at != 5 or data[at + 4] | 32 != _S):
        return False
    return data[at] | 32 == _H and data[at + 1] | 32 == data[at + 2] | 32 == _T and data[at + 3] | 32 == _P


def _scheme(data: bytes, at: int, stop: int) -> int:
    """Where the colon of a link's scheme stands; -1 where it has none."""
    signs, begin = data, at
    while at < stop:
        sign = signs[at]
        if sign == _COLON:
            return at if at > begin else -1
        if not (97 <= sign | 32 <= 122 or (at > begin and (48 <= sign <= 57 or sign in (_PLUS, _DOT, _DASH)))):
            return -1
        at += 1
    return -1


def _of_host(data: bytes, at: int, host: int, stop: int, scheme: str, base: Base) -> str | None:
    """A link from `at` that names its host, which begins at `host`; scheme: what it leaves out, where it does."""
    end = _host_end(data, host, stop)
    looks = _looks(data, end, stop) if end >= 0 else _NEVER
    if looks == _NEVER or (not base.start and (data[at] == _SLASH or looks != _PLAIN)):
        return None
    if looks == _ODD:
        return scheme + data[at:end].decode("ascii") + urls.encoded(data[end:stop].decode("utf-8", "replace"))
    whole = data[at:stop].decode("ascii")
    return f"{scheme}{whole}/" if end == stop else scheme + whole if scheme else whole


def _host_end(data: bytes, at: int, stop: int) -> int:
    """Where a host and its port end, with a slash or the link itself; -1 where they need repair."""
    labels, signs = _LABELS, data
    begin = at
    while at < stop and (labels[signs[at]] or (at > begin and (signs[at] == _DOT or signs[at] == _DASH))):
        at += 1
    if at == begin or not labels[data[at - 1]]:
        return -1
    if at < stop and data[at] == _COLON:
        begin = at + 1
        at = begin
        while at < stop and 48 <= data[at] <= 57:
            at += 1
        port = data[begin:at]
        if not 2 <= len(port) <= 4 or port in (b"80", b"443") or port.startswith(b"0"):
            return -1
    return at if at == stop or data[at] == _SLASH else -1


def _of_folder(data: bytes, at: int, stop: int, base: Base) -> str | None:
    """A link to what stands beside the page, or above it."""
    folder = base.folder
    while folder and at + 1 < stop and data[at] == _DOT:
        if data[at + 1] == _SLASH:
            at += 2
        elif at + 2 < stop and data[at + 1] == _DOT and data[at + 2] == _SLASH:
            at += 3
            above = folder.rfind("/", len(base.start) + 1, len(folder) - 1)
            folder = folder[: above + 1] if above >= 0 else base.start + "/"
        else:
            return None
    if not folder or at >= stop or data[at] in (_DOT, _SLASH, _QUESTION) or data[stop - 1] == _QUESTION:
        return None
    signs, before = data, 0
    for place in range(at, stop):
        sign = signs[place]
        if sign in (_COLON, _SEMI) or (sign == _SLASH and before == _SLASH):
            return None
        before = sign
    return _joined(folder, data, at, stop)


def _joined(head: str, data: bytes, at: int, stop: int) -> str | None:
    """What is whole but for the signs that are escaped from `at` on, behind its head."""
    looks = _looks(data, at, stop)
    if looks == _NEVER:
        return None
    rest = data[at:stop].decode("utf-8", "replace")
    return head + (urls.encoded(rest) if looks == _ODD else rest)


def _looks(data: bytes, at: int, stop: int) -> int:
    """Whether an address behind its host is plain, has signs that are escaped, or needs more repair."""
    kinds, signs = _KINDS, data
    before = 0
    odd = semicolon = False
    while at < stop:
        sign = signs[at]
        kind = kinds[sign]
        if kind != _PLAIN:
            if kind == _NEVER:
                return _NEVER
            if kind == _DOTS:
                if before == _SLASH:
                    if at + 1 >= stop or not _LABELS[data[at + 1]]:
                        return _NEVER
                    odd = True
            elif kind == _PERCENT:
                if before == _SLASH and at + 1 < stop and data[at + 1] == _TWO:
                    return _NEVER
                odd = odd or at + 2 >= stop or not _HEX[data[at + 1]] or not _HEX[data[at + 2]]
            elif kind == _ODD:
                odd = True
            elif kind == _SEMICOLON:
                semicolon = True
        before = sign
        at += 1
    if not odd:
        return _PLAIN
    return _NEVER if semicolon or before == _QUESTION else _ODD


def file_of(url: str) -> str:
    """The file name in a URL."""
    end = url.find("?")
    end = len(url) if end < 0 else end
    return url[url.rfind("/", 0, end) + 1 : end]
