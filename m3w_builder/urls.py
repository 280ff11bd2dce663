"""URLs: resolving a link as a browser does, the form that deduplication compares, and the host.

Nothing here raises: the web's links are dirt, and what cannot be read comes back as "".
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit

_ENDS = "".join(map(chr, range(0x21)))  # C0 controls and space: stripped at both ends (WHATWG URL, 4.4)
_INSIDE = str.maketrans("", "", "\t\n\r")  # taken out wherever they stand (same section)
_PLAIN = re.compile(
    r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?!:80/|:443/)(?::[1-9]\d{1,3})?/[A-Za-z0-9_~!$&'()*+,;=:@/?.-]*"
    r"(?:%[0-9A-Fa-f]{2}[A-Za-z0-9_~!$&'()*+,;=:@/?.-]*)*"
)
_PLAIN_PATH = re.compile(r"/(?!/)[A-Za-z0-9_~!$&'()*+,;=:@/?.-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9_~!$&'()*+,;=:@/?.-]*)*")
SIGNS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_~!$&'()*+,;=:@/?.-"
"""What stands in a URL as it is."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEEP = "!#$%&'()*+,/:;=?@[]~"
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HOST = re.compile(r"[^\x00-\x20#%/:<>?@\[\\\]^|\x7f]+|\[[0-9A-Fa-f:.]+\]")
_SIMPLE = re.compile(r"https?://((?:[a-z0-9-]+\.)*[a-z0-9-]+)(?::[1-9]\d{1,3})?(?:[/?#]|$)")
_PORTS = {"http": 80, "https": 443}

TRACKING = re.compile(
    r"utm_\w+|_?ga|_gl|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|ysclid|twclid|ttclid|igshid|igsh|li_fat_id"
    r"|mc_[ce]id|mkt_tok|_hs(?:enc|mi)|hsctatracking|vero_(?:id|conv)|oly_(?:anon|enc)_id|__s|_openstat|wickedid|s_cid"
    r"|phpsessid|jsessionid|aspsessionid\w*|sessionid|cftoken|cfid",
    re.IGNORECASE,
)
"""Query parameters that say who came, not what is asked for: campaign tags, click ids, session ids."""

_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)


def absolute(url: str, base: str) -> str:
    """`url` as a link on the page `base`, fragment gone; "" where that is no http or https URL with a host."""
    return _plain(url, base) or _repaired(url, base)


def _plain(url: str, base: str) -> str:
    """What needs no repair, resolved in a tenth of the time; "" for what may need it."""
    if "#" in url:
        url = url[: url.index("#")]
    if not url:
        return itself(base)
    if "/." in url or not url.isascii() or url.encode().translate(None, SIGNS):
        return ""
    if url.startswith("/"):
        start = origin_of(base)
        if not start or not url.startswith("//"):
            return start and start + url
        url = start[: start.index("/")] + url
    elif ":" not in url:
        odd = url[0] in ".?" or "//" in url or ";" in url or url.endswith("?")
        folder = "" if odd else folder_of(base)
        return folder and folder + url
    end = url.find("/", 8) + 1
    if end:
        return url if _is_origin(url[:end]) else ""
    return url + "/" if _is_origin(url + "/") else ""


@lru_cache(64)
def itself(base: str) -> str:
    """A page's URL, as a link to the page itself."""
    return _repaired("", base)


@lru_cache(64)
def folder_of(base: str) -> str:
    """A page's URL up to its path's last slash, where that needs no repair; "" for others."""
    found = base.partition("#")[0].partition("?")[0].rpartition("/")
    folder = found[0] + found[1]
    odd = any(mark in folder[8:] for mark in ("/.", "/%2", "//", ";"))
    return folder if _PLAIN.fullmatch(folder) and not odd else ""


def _repaired(url: str, base: str) -> str:
    url = url.strip(_ENDS).translate(_INSIDE)
    url = url.partition("#")[0]
    if "/." not in url and "/%2" not in url and (whole := _escaped(url, base)):
        return whole
    scheme = _SCHEME.match(url)
    if scheme and (scheme[0].lower() not in ("http:", "https:") or not url[scheme.end() :].strip("/\\")):
        return ""
    path, mark, query = url.partition("?")
    url = path.replace("\\", "/") + mark + query  # a browser reads http:\\host\a as http://host/a
    try:
        parts = urlsplit(urljoin(base, url) if url else base.partition("#")[0])
        return _join(parts)
    except ValueError:  # a broken IPv6 address, a port that is no number
        return ""


def _escaped(url: str, base: str) -> str:
    """The same as `_plain`, for what has escapes that are right; "" for what may need repair."""
    if _PLAIN.fullmatch(url):
        return url
    start = origin_of(base) if url.startswith("/") else ""
    if not start:
        return ""
    if url.startswith("//"):
        whole = start[: start.index("/")] + url
        return whole if _PLAIN.fullmatch(whole) else ""
    return start + url if _PLAIN_PATH.fullmatch(url) else ""


@lru_cache(1024)
def _is_origin(start: str) -> bool:
    """Whether a URL's beginning, up to its path's first slash, needs no repair."""
    return _PLAIN.fullmatch(start) is not None


@lru_cache(64)
def origin_of(base: str) -> str:
    """Scheme and host of a page's URL that needs no repair; "" for others."""
    found = _PLAIN.match(base)
    return base[: base.index("/", 8)] if found else ""


def _join(parts: SplitResult) -> str:
    """Scheme, host and port in lower case and ASCII, the rest percent-encoded; "" where no host is left."""
    name = host_of(parts)
    if parts.scheme not in _PORTS or not name:
        return ""
    port = parts.port
    user = parts.netloc.rpartition("@")[0]
    place = (user + "@" if user else "") + name + (f":{port}" if port not in (None, _PORTS[parts.scheme]) else "")
    path = _dots(encoded(parts.path)) or "/"
    return f"{parts.scheme}://{place}{path}" + (f"?{encoded(parts.query)}" if parts.query else "")


def encoded(text: str) -> str:
    """A path or a query with what can't stand in a URL percent-encoded; right escapes stay."""
    if "%" in text:
        text = _BAD_ESCAPE.sub("%25", text)
    return quote(text, safe=_KEEP, errors="replace")


def _dots(path: str) -> str:
    """'.' and '..' resolved; a path never climbs above the root."""
    if "/." not in path:
        return path
    out: list[str] = []
    segments = path.split("/")
    for segment in segments:
        plain = segment.replace("%2e", ".").replace("%2E", ".")
        if plain == "..":
            if len(out) > 1:
                out.pop()
        elif plain != ".":
            out.append(segment)
    if segments[-1].replace("%2e", ".").replace("%2E", ".") in (".", ".."):
        out.append("")
    return "/".join(out)


@lru_cache(4096)
def _ascii(name: str) -> str:
    """A host name in lower-case ASCII (IDNA), "" where it can be none."""
    if not name.isascii():
        try:
            import idna

            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError, IndexError):
            return ""
    name = name.lower().rstrip(".")
    return name if _HOST.fullmatch(name) else ""


def host_of(parts: SplitResult) -> str:
    """The host of a split URL, lower-case and ASCII, IPv6 in brackets; "" where there is none."""
    name = parts.hostname or ""
    return _ascii(f"[{name}]" if ":" in name else name)


def host(url: str) -> str:
    """The lower-case host without port, "" if none."""
    if simple := _SIMPLE.match(url):  # nine URLs of ten, at a tenth of the time
        return simple[1]
    try:
        return host_of(urlsplit(url.strip(_ENDS).translate(_INSIDE)))
    except ValueError:
        return ""


def canonical(url: str) -> str:
    """The form under which two URLs are the same page or picture.

    Lower-case scheme and host, default port, fragment, tracking parameters and session ids gone, dot segments
    resolved, percent-encoding normalised (RFC 3986, 6.2.2). Parameters keep their order: servers may heed it.
    A URL that cannot be read comes back stripped and otherwise as it was. `canonical(canonical(x)) == canonical(x)`.
    """
    whole = absolute(url, "")
    if not whole:
        return url.strip(_ENDS).translate(_INSIDE)
    head, mark, query = whole.partition("?")
    if "%" in head:
        head = _ESCAPE.sub(_unescape, head)
        scheme, _, rest = head.partition("://")
        place, _, path = rest.partition("/")
        head = f"{scheme}://{place}{_dots('/' + path)}"
    if ";" in head:
        head = _SESSION_IN_PATH.sub("", head)
    if mark:
        pairs = [pair for pair in query.split("&") if pair and not TRACKING.fullmatch(pair.partition("=")[0])]
        query = _ESCAPE.sub(_unescape, "&".join(pairs))
    return head + ("?" + query if query else "")


def _unescape(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else match[0].upper()


def site_path(url: str) -> str:
    """Path and query of a URL, as a request line and robots.txt name them."""
    rest = url.partition("://")[2]
    slash = rest.find("/")
    mark = rest.find("?")
    if slash < 0 or 0 <= mark < slash:
        return "/" + (rest[mark:] if mark >= 0 else "")
    return rest[slash:].partition("#")[0]
