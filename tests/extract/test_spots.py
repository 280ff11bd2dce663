"""Where a page speaks of itself: the pass finds what CSS selectors find in the same page."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from m3w_builder.extract.flat import flatten
from m3w_builder.extract.spots import spots

SELECTOR = (
    "meta,script[type^='application/ld' i],link[rel~=canonical],[rel~=license],[itemprop~=license],"
    "a[href*='creativecommons.org/'],time[datetime],a[rel~=author],[itemprop~=author],"
    "[class*=byline],.author,.author-name,.post-author,.entry-author,.article-author,.username"
)
ELEMENTS = st.sampled_from(
    [
        *("<meta name=a content=b>", "<script type='application/LD+json'>{}</script>", "<script>x</script>"),
        *("<link rel='x canonical' href=a>", "<link rel=author>", "<a rel='license nofollow'>l</a>", "<a rel=author>"),
        *("<p itemprop=author>", "<p itemprop='a license'>", "<p itemprop=authors>", "<time datetime=1>", "<time>"),
        *("<a href=//creativecommons.org/x>", "<p class='the-byline-box'>", "<p class='x author'>"),
        *(
            "<p class=authors>",
            "<i class=username>",
            "<template><meta></template>",
            "</p>",
            "text",
            "<svg><title>t</title></svg>",
        ),
    ]
)


@settings(max_examples=80)
@given(st.lists(ELEMENTS, max_size=8).map("".join))
def test_the_pass_finds_what_selectors_find(html: str) -> None:
    tree = LexborHTMLParser(html)
    flat = flatten(tree.html or "")
    found = [(flat.tag_name(node), {k: v or "" for k, v in flat.attributes(node).items()}) for node in spots(flat)]
    wanted = [(node.tag, {k: v or "" for k, v in node.attributes.items()}) for node in tree.css(SELECTOR)]
    assert found == wanted
