"""The elements of HTML by what they are to a reader of the page: parts, lines, and what is passed over."""

from __future__ import annotations

from m3w_builder.extract import embeds, words

_SKIPPED = (
    "style template math-source select option textarea datalist canvas map area param applet frameset frame head title "
    "rp rt"
)
SKIPPED = frozenset(_SKIPPED.split())
"""Elements whose content is not read."""

_BOXES = (
    "body div section article main table tbody td th tr ul ol dl li dd figure details center form nav footer aside "
    "header fieldset blockquote hgroup menu address"
)
BOXES = frozenset(_BOXES.split())
"""Elements that can hold a part of a page."""

_LINES = "p h1 h2 h3 h4 h5 h6 pre figcaption caption dt summary hr thead tfoot col colgroup legend html optgroup"
LINES = frozenset(_LINES.split())
"""Elements that begin and end a block of text, and hold no part of a page."""

HEEDED = LINES | BOXES
"""Elements that can be hidden with all that they hold."""

KINDS = {
    "h1": "heading", "h2": "heading", "h3": "heading", "h4": "heading", "h5": "heading", "h6": "heading",
    "li": "list", "dt": "list", "dd": "list", "pre": "code", "blockquote": "quote",
    "figcaption": "caption", "caption": "caption", "tr": "table", "math": "formula",
}  # fmt: skip
LEAVES_KIND = frozenset((*KINDS, "td", "th"))

NEVER_SKIMMED = words.WHOLE_TAGS | {"header", "tr", "td", "th", "tbody"}
"""Parts that hold content under any name."""
UNREAD = frozenset(("script", "style", "select", "textarea", "button", "noscript"))
"""Elements of which a reader sees no text."""
CODE_LINES = frozenset(("div", "li", "ol", "ul"))
"""Elements that are lines of code, where they stand in a <pre>."""
SHOWN = frozenset(("img", "amp-img", "amp-anim", "input"))
"""Elements that can be a picture."""

_ALSO = "script mjx-container svg button dialog br math a picture noscript meta link"
ACTED = SKIPPED | HEEDED | SHOWN | embeds.ELEMENTS | embeds.PLUGINS | frozenset(_ALSO.split())
"""Elements at which the walk does something; of others the content is read."""
