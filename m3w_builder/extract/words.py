"""The words by which pages name their parts, and the lines that are a page's furniture: data, not code."""

from __future__ import annotations

import re
from functools import lru_cache

from m3w_builder.extract import runs


def _names(*groups: str) -> re.Pattern[str]:
    """One pattern of whole words in lower-case class and id names."""
    return re.compile(rf"(?<![a-z])(?:{'|'.join(groups)})(?![a-z])")


BAD = _names(
    r"nav(?:bar|igation|header|footer)?|menus?|bread-?crumbs?|footer|side-?bars?|related\w*|recommend\w*|promos?|promotion\w*",
    r"more-?(?:from|on|stories|news|posts)|sponsor\w*|advert\w*|ads?|social\w*|shar(?:e|ing)\w*|follow-?us",
    r"subscri(?:be|ption)\w*|newsletter\w*|sign-?up|cookies?\w*|consent\w*|gdpr|popup|modal|overlay|login",
    r"search\w*|toolbar|pagination|pager|page-?nav|prev-?next|tag-?(?:cloud|list|links|s)|tags",
    r"author-?(?:box|bio|info|card)|widgets?|popular|trending|most-?read|skip-?links?|screen-?reader\w*",
    r"sr-only|visually-?hidden|noprint|print-?only|disclaimer|respond|outbrain|taboola|banner|masthead",
    r"site-?header|global-?header|language\w*|toc|infobar|mw-editsection|editsection|navbox|catlinks",
    r"jump-?links|rating|feedback|call-?to-?action|cta|donate|paywall|copyright|legal|notices?|tooltip",
    r"signatures?|post-?sig|most-?(?:active|viewed|popular|shared|commented|recent)",
    r"(?:latest|recent)-?(?:posts|news|articles|stories|comments|topics)",
    r"post-?(?:meta|navigation)|entry-?(?:meta|footer|utility)|headerlink|edit-?link|read-?more|see-?also",
)
"""Parts of a page that are no content."""

COMMENTS = _names(r"comments?|comment-?(?:list|section|area|thread|wrapper|box|form|reply)|disqus\w*|livefyre|replies")
"""Readers' comments: content on a page of discussion, and none below an article."""

_WHOLE = "article post entry story content body text main page hentry blog column document prose markdown"
WHOLE = frozenset(_WHOLE.split())
"""Names of large parts, which outweigh a short bad word beside them ("content ad-free")."""

ARTICLE = _names(
    r"article-?_*body|article-?_*content|article-?_*text|entry-?content|post-?_*content|post-?_*body|story-?_*body",
    r"story-?_*content|mw-parser-output|node-?content|blog-?post-?content|body-?copy|rich-?text|e-content|prose",
    r"markdown-body|content-?_*body|article-?main|main-?article|news-?_*content|news-?_*text|news-?_*body|post-?text",
)
"""Names that pages give to the article itself."""

POSTS = _names(
    r"posts?\w*|messages?\w*|repl(?:y|ies)|answers?|comments?\w*|topics?|threads?|cpost|post-?row|tweet|reviews?|notes?"
)
"""Names of one of many contributions."""

THREAD = re.compile(
    r"(?<![a-z0-9-])(?:forums?|threads?|topics?|discuss\w*|comments?|questions?|boards?|bbs\w*|community|status|ask|qa?"
    r"|answers?|t)(?:$|[/.?=&])|viewtopic|showthread|/p/\d|(?:thread|topic)-\d"
    r"|-(?:forums?|threads|topics|discussions?|questions)/",
    re.IGNORECASE,
)
"""What addresses of discussions have in common."""
_STEMS = "forum thread topic discuss comment question board bbs community status answer /p/"
_THREAD_STEMS = tuple(_STEMS.split())
"""One of these stands in whatever `THREAD` finds, or a name of one to three letters does."""

_CONSENT = "cookie consent gdpr datenschutz privacy prywatno privacidad confidentialit privatlivs 隐私 隱私 персональн"
CONSENTS = tuple(_CONSENT.split())
"""Words of the notices that ask for a reader's consent."""
READ = 300
"""Signs of a text in which they are looked for."""
LONGEST_CONSENT = max(map(len, CONSENTS))


def _three(signs: str) -> int:
    """Three signs as one number."""
    return ord(signs[0]) << 32 | ord(signs[1]) << 16 | ord(signs[2])


_ALL = _three("\uffff" * 3)
_COO, _CON, _GDP, _DAT, _PRI, _PRY, _PER = map(_three, ("coo", "con", "gdp", "dat", "pri", "pry", "\u043f\u0435\u0440"))
"""How the words of consent begin, but those of two signs, which end with the second."""

NOISE = re.compile(
    r"^(?:read more|continue reading|share(?: this)?(?: on)?.{0,20}|tweet|print|e-?mail|advertisements?|sponsored|ad"
    r"|loading\.*|reply|like|comments?(?: \(\d+\))?|more replies|click to (?:enlarge|share).{0,30}|skip to .{0,30}"
    r"|back to top|top|next|previous|prev|home|menu|search|sign (?:in|up)|log ?in|subscribe.{0,20}|follow us.{0,30}"
    r"|related (?:articles?|posts?|stories|links|topics)|you (?:may|might) also like.{0,20}|\[?edit\]?|quote"
    r"|permalink|report|save|copy link|\d{1,3}|[|·•»«<>/\\\-–—*#¶]+)[:.!…]*$",
    re.IGNORECASE,
)
"""Single lines that are no content whatever they stand in."""

_HEADS_TEXT = (
    "rea con sha twe pri ema adv spo loa rep lik com mor cli ski bac top nex pre hom men sea sig log sub fol rel you "
    "edi quo per sav cop"
)
_NOISE_HEADS = frozenset(_HEADS_TEXT.split())
"""How the lines begin that `NOISE` finds, where they begin with three letters and not with "ad"."""

_WEAK = re.compile(
    r"widget|modal|overlay|search|language|notice|ads?$|noprint|print|banner|masthead|rating|login|toolbar|shar|social"
    r"|read|tooltip|disclaimer|feedback|legal|tags?$|toc|screen|sr-only|page-?nav|menu"
)


@lru_cache(1024)
def is_weak(bad: str) -> bool:
    """Whether a word that tells furniture is one that pages also give to their main part."""
    return _WEAK.match(bad) is not None


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?(?:\s+\d{{4}})?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH},?(?:\s+\d{{4}})?"
    r"|\d+\s*(?:秒|分钟?|小时|小時|天|日|个月|年|時間|分|시간|분|일)前"
    r"|(?:\d+|an?|one)\s+(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|mins?|hrs?|yrs?)\s+ago"
    r"|\d+[smhdwy]\s+ago"
    r"|yesterday|today",
    re.IGNORECASE,
)
_BESIDE_DATES = re.compile(
    r"\b(?:posted|published|updated|last|modified|edited|edit|by|on|at|in|joined|asked|answered|replied|created"
    r"|registered|member since|since|topic starter|views?|replies|reply|comments?|posts?|am|pm|et|est|edt|gmt|utc|bst"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)\b"
    r"|发表于|发布于|发布|发布时间|最后|编辑|更新|时间|来源|楼|回复|阅读|浏览|由|于",
    re.IGNORECASE,
)
_BESIDE = (
    "posted published updated last modified edited edit joined asked answered replied created registered member since "
    "topic starter view views reply replies comment comments post posts tues wednes thur thurs satur"
)
_WITH_DATES = frozenset(_BESIDE.split())
"""Of what `_BESIDE_DATES` finds the words of four letters and more, days of the week aside."""
_NO_LETTERS = re.compile(r"[\W\d_]+")
ABOUT = 12
"""Letters beside a date, and the words that go with one, in a line that is only about what stands by it: a name."""


def is_thread(address: str) -> bool:
    """Whether an address is one of a discussion; `THREAD` is slow, and asked only where one of its names can stand."""
    low = address.lower()
    return (_has_short(low) or has_any(low, _THREAD_STEMS)) and THREAD.search(address) is not None


def _has_short(low: str) -> bool:
    """Whether "t", "q", "qa" or "ask" may stand between the signs that part an address."""
    last = before = "/"
    for sign in low:
        if sign in "/.?=&" and _ends_short(last, before):
            return True
        before, last = last, sign
    return _ends_short(last, before)


def _ends_short(last: str, before: str) -> bool:
    if last == "t" or last == "q":
        return not ("a" <= before <= "z" or "0" <= before <= "9" or before == "-")
    return (last == "a" and before == "q") or (last == "k" and before == "s")


def about_consent(text: str) -> bool:
    """Whether a text's beginning has a word of the notices that ask for a reader's consent.

    They are looked for only where the last three signs are such as they begin with: to look for each in all of the text
    takes twice as long.
    """
    at = three = 0
    for sign in text:
        if at == READ:
            return False
        at += 1  # noqa: SIM113 such a loop is what the compiler makes fast
        code = ord(sign)
        three = (three << 16 | (code + 32 if 65 <= code <= 90 or 0x410 <= code <= 0x42F else code)) & _ALL
        if sign in "onptiyONPTIY\u0440\u0420\u79c1" and (
            three in (_COO, _CON, _GDP, _DAT, _PRI, _PRY, _PER) or sign == "\u79c1"
        ):
            near = text[max(0, at - 3) : min(at + LONGEST_CONSENT, READ)]
            if has_any(near.lower(), CONSENTS):
                return True
    return False


def is_noise(line: str) -> bool:
    """Whether a line is one of `NOISE`, which is asked only where the line begins as one of those."""
    head = line[:3].lower()
    if head.isascii() and head.isalpha() and head not in _NOISE_HEADS and head[:2] != "ad":
        return False
    return NOISE.match(line) is not None


def is_about(line: str) -> bool:
    """Whether a short line tells when, and by whom, something was written, and nothing else."""
    if not _can_date(line) or _has_other_words(line) or not _DATE.search(line):
        return False
    return len(_NO_LETTERS.sub("", _BESIDE_DATES.sub("", _DATE.sub("", line)))) <= ABOUT


def _has_other_words(line: str) -> bool:
    """Whether words that neither dates have nor `_BESIDE_DATES` finds have more than `ABOUT` letters already."""
    low = line.lower()
    if "ago" in low:
        return False
    letters = at = begin = 0
    for sign in low + " ":
        if not "a" <= sign <= "z":
            if at - begin > 3:
                word = low[begin:at]
                if "day" not in word and word not in _WITH_DATES and not has_any(word, _MONTHS):
                    letters += at - begin
            begin = at + 1
        at += 1  # noqa: SIM113 such a loop is what the compiler makes fast
    return letters > ABOUT


def _can_date(line: str) -> bool:
    """Whether a line has what any of `_DATE` has: told by its digits and what stands behind them, or by a word."""
    digit = counted = foreign = False
    for sign in line:
        if "0" <= sign <= "9":
            digit = counted = True
        elif sign > "\x7e":
            foreign = True
            digit = digit or sign.isdecimal()
        elif sign not in " \t\n":
            if counted and sign in "-/.:":
                return True
            counted = False
    if digit and foreign:
        return True
    low = line.lower()
    return "day" in low or "ago" in low or (digit and has_any(low, _MONTHS))


_HEAD = re.compile(r"[(:|]([a-z]+)-")
_HEADS = frozenset(_HEAD.findall(BAD.pattern)) | {"comment"}
"""First runs of letters of those names of furniture that have two."""
BAD_TAGS = frozenset(("nav", "footer", "aside", "menu"))
WHOLE_TAGS = frozenset(("root", "body", "main", "article"))


def furniture(tag: str, name: str, said: tuple[str, bool], thread: bool) -> str:
    """Why a part, by its tag and its class, id, role and itemprop alone, is no content; empty for nothing.

    said: what `furniture_name` tells of the name. thread: whether the page is a discussion, in which comments are
    content.
    """
    if tag in BAD_TAGS:
        return tag
    if len(name) < 3 or tag == "blockquote":  # what an article quotes may be called a "social-embed"
        return ""
    bad: str = said[0]
    return bad or ("comments" if said[1] and not thread else "")


_BEGINNINGS = (
    "ad ads adve auth bann brea call catl comm cons cook copy cta disc disq dona edit entr feed foll foot gdpr glob "
    "head info jump lang late lega live logi mast menu moda more most mw nav navb navf navh navi news nopr noti outb "
    "over page pagi payw popu post prev prin prom rati read rece reco rela repl resp scre sear see seea shar side sign "
    "site skip soci spon sr subs tabo tag tagc tagl tags tool toc tren visu widg"
)
BEGINNINGS = runs.table(_BEGINNINGS.split())
"""How names of furniture begin, by `runs.head`: few others do, and only for these is anything looked up."""
_WHOLE_BEGINNINGS = runs.table(WHOLE)


def furniture_name(name: str) -> tuple[str, bool]:
    """The word in a part's names that tells that it is no content, and whether it is for comments.

    The patterns are slow, and most runs of letters begin nothing that they find: they are asked for the others, and
    of one that is such a name as a whole what they would say is known. A short word does not count beside one for
    large parts ("content ad-free").
    """
    if not name.isascii():
        name = apart(name)  # of some signs lower case makes letters
    bad, comments = "", False
    for start, run in runs.words(name, BEGINNINGS):
        said = _said(run)
        if said[1]:
            comments = True
        if bad or not (said[0] or said[2]):
            continue
        end = start + len(run)
        after = name[end] if end < len(name) else " "
        if not (said[2] or after == "_" or after.isdecimal()):
            bad = run
        elif found := BAD.match(apart(f"{run}{name[end:]}")):
            bad = found.group()
    if bad and len(bad) < 5:
        for _, run in runs.words(name, _WHOLE_BEGINNINGS):
            if run in WHOLE:
                return "", comments
    return bad, comments


def _said(run: str) -> tuple[bool, bool, bool]:
    """Whether a run of letters is a name of furniture, one of comments, and the first of a name of two runs."""
    found = _SAID.get(run)
    if found is None:
        if len(_SAID) >= MOST_SAID:
            _SAID.clear()
        found = BAD.fullmatch(run) is not None, COMMENTS.fullmatch(run) is not None, run in _HEADS
        _SAID[run] = found
    return found


_SAID: dict[str, tuple[bool, bool, bool]] = {}
"""What is known of runs of letters: a few hundred, and a dictionary tells them sooner than `lru_cache`."""
MOST_SAID = 8192


_ARTICLE_STEMS = ("content", "body", "text", "parser", "prose", "main", "copy")
_POST_STEMS = ("post", "message", "repl", "answer", "comment", "topic", "thread", "tweet", "review", "note")
"""One of these stands in whatever the patterns of the same names find."""


@lru_cache(maxsize=4096)
def is_article(name: str) -> bool:
    """Whether a part's names are those that pages give to the article itself."""
    return has_any(name.lower(), _ARTICLE_STEMS) and ARTICLE.search(apart(name)) is not None


@lru_cache(maxsize=4096)
def is_post(name: str) -> bool:
    """Whether a part's names are those of one of many contributions."""
    return has_any(name.lower(), _POST_STEMS) and POSTS.search(apart(name)) is not None


def has_any(text: str, stems: tuple[str, ...]) -> bool:
    """Whether one of these stands in a text."""
    for stem in stems:  # noqa: SIM110 a plain loop is what the compiler makes fast
        if stem in text:
            return True
    return False


def apart(name: str) -> str:
    """Names in lower case with their humps parted: "leftSidebar" has the word "sidebar"."""
    lower = name.lower()
    return lower if lower == name else runs.humps(name)
