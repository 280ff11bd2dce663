"""What the class names, ids and roles of elements say that they hold: words by group, as bits."""

from __future__ import annotations

import re
from functools import lru_cache

_GROUPS = {
    "navigation": "nav navbar navi navigation menu menubar submenu dropdown breadcrumb breadcrumbs crumb crumbs bread "
    "pagination pager paging paginate prev next skip jump toc tabs tab tabbar toolbar gnav topnav subnav",
    "bars": "sidebar side aside rail rightrail leftrail right left column secondary complementary widget widgets "
    "module modules portlet box panel sticky rightcol leftcol subcolumn",
    "edges": "footer foot bottom header head top masthead banner copyright colophon legal topbar contentinfo global "
    "site sitemap imprint",
    "related": "related relate recommend recommended recommendation recommendations more popular trending latest "
    "recent suggested suggestions similar ranking rank readmore mostread hot picks teaser teasers promo promos "
    "promotion also outbrain taboola zergnet recirc headlines carousel upnext ticker",
    "advertising": "ad ads adv advert advertisement advertising adsense adslot adbox dfp gpt sponsor sponsored "
    "sponsors commercial affiliate pub promoted",
    "social": "share sharing shares social socials follow facebook twitter pinterest whatsapp linkedin addthis "
    "sharedaddy sns like likes bookmark hatena weibo wechat qrcode tweet",
    "asking": "subscribe subscription newsletter signup sign login register popup modal overlay dialog paywall donate "
    "donation alert notice notices notification disclaimer form search searchbox cta",
    "consent": "cookie cookies consent gdpr privacy alertdialog onetrust ot cmp didomi trustarc usercentrics cybot "
    "cookiebot ccpa eu cookielaw",
    "signed": "signature sig signatures postsignature usersig edited lastedit joined userinfo postprofile",
    "about": "author authors byline meta metadata postmeta info date time timestamp published posted bio profile "
    "user username avatar tags tag tagged labels category categories cat credit credits source rating vote votes "
    "stats views details editor published profile member",
    "comments": "comment comments commentlist disqus livefyre respond reply replies discussion responses feedback",
    "posts": "post posts message messages msg thread threads topic topics answer answers question reply replies "
    "postbody postcontent floor postlist postmessage review reviews qa quote",
    "article": "article entry story hentry news blog articlebody postbody body text textbody content contents main "
    "maincontent bodytext articletext articlecontent prose markdown rich richtext copy paragraph detail document "
    "wiki parser output description",
    "figures": "figure image images img photo photos gallery slide slideshow picture media caption captions thumbnail "
    "thumb thumbs video player credit lightbox",
    "unseen": "hidden hide invisible sr offscreen print noprint visuallyhidden screenreader collapsed none mobile "
    "noscript tooltip",
    "lists": "list lists grid row rows item items card cards feed index archive listing block blocks table results",
    "edit": "edit editsection headerlink anchor permalink tool tools actions action button buttons btn btns links "
    "link icon icons logo catlinks navbox infobox reflist mw metadata",
}  # fmt: skip
GROUPS = tuple(_GROUPS)
"""The groups, in the order of their bits."""

_STEMS = {
    "articl": "article", "commen": "comments", "relate": "related", "recomm": "related", "advert": "advertising",
    "sponso": "advertising", "social": "social", "sharin": "social", "sideba": "bars", "naviga": "navigation",
    "breadc": "navigation", "newsle": "asking", "subscr": "asking", "cookie": "consent", "consen": "consent",
    "footer": "edges", "header": "edges", "author": "about", "conten": "article", "messag": "posts",
    "thread": "posts", "popula": "related", "trendi": "related", "promot": "related", "gallery": "figures",
    "commun": "posts", "paragr": "article", "menuit": "navigation", "widget": "bars", "avatar": "about",
}  # fmt: skip
_BITS: dict[str, int] = {}
for _number, _words in enumerate(_GROUPS.values()):
    for _word in _words.split():
        _BITS[_word] = _BITS.get(_word, 0) | 1 << _number
_STEM_BITS = {stem: 1 << GROUPS.index(group) for stem, group in _STEMS.items()}
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[a-z]{2,24}")


@lru_cache(50_000)
def bits(name: str) -> int:
    """The groups of a class name's words, humps parted: bit g for GROUPS[g]."""
    found = 0
    for word in _WORD.findall(_HUMP.sub("-", name).lower()):
        known = _BITS.get(word)
        if known is None and len(word) > 6:
            known = _STEM_BITS.get(word[:6]) or _STEM_BITS.get(word[-6:])
        if known:
            found |= known
    return found
