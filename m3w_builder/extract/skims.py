"""Which parts of a page are skimmed, not read: what looks like furniture, unless it holds much of the page's text."""

from __future__ import annotations

from array import array

from m3w_builder.extract import native
from m3w_builder.extract.flat import NUMBERS, OTHER, PRE, RAW, A, Flat
from m3w_builder.extract.keys import CLASS, ID, ITEMPROP, ROLE
from m3w_builder.extract.tags import BOXES, CODE_LINES, NEVER_SKIMMED, SKIPPED, UNREAD
from m3w_builder.extract.unseen import GONE, HIDDEN
from m3w_builder.extract.words import BAD_TAGS, furniture, furniture_name, is_weak

SKIM = -3
"""Mark of a part that is skimmed, beside those of `unseen`."""
SHARE = 0.42
"""A page is read whole where one part that would be skimmed has more than this share of the unlinked text beside all
such parts: near the share from which on a part is content under any name (`content`)."""
SHARE_OF_COMMENTS = 0.72
"""The same of comments."""
_ASIDE = frozenset(("consent", "gdpr"))
"""What is skimmed however long it is."""
_TEXT, _PAST, _PART, _LINE_OF_CODE, _UNREAD, _LINK, _PRE = range(7)
_KINDS = array("i", bytes(4 * (OTHER + 1 + len(NUMBERS))))
"""What an element is to this pass."""
for _tag in SKIPPED:
    _KINDS[NUMBERS[_tag]] = _PAST
for _tag in BOXES - NEVER_SKIMMED:
    _KINDS[NUMBERS[_tag]] = _LINE_OF_CODE if _tag in CODE_LINES else _PART
for _tag in UNREAD:
    _KINDS[NUMBERS[_tag]] = _UNREAD
_KINDS[A], _KINDS[PRE] = _LINK, _PRE


class Skims:
    """The parts of a page that are skimmed are marked; here is what was found out with it.

    letters, linked: for each node how many signs of text stand before it, white space aside, and how many of these in
    links.
    """

    def __init__(self, flat: Flat, thread: bool) -> None:
        self.flat = flat
        self.thread = thread
        self.letters = self.linked = array("i")
        self.names: list[str] = [""]
        self.bad = [""]
        """Of parts name and why they are no content by that, once these are known; the first is of none."""
        self.place = array("i", bytes(4 * (flat.count + 1)))
        """For each node where its part stands among these."""
        self.said: dict[str, tuple[str, bool]] = {}
        """What is known of names."""

    def name(self, node: int) -> str:
        """What a part calls itself: class, id, role and itemprop."""
        if self.place[node]:
            return self.names[self.place[node]]
        name = called(self.flat, node)
        said = self.said.get(name)
        if said is None:
            said = self.said[name] = furniture_name(name)
        self.place[node] = len(self.names)
        self.names.append(name)
        self.bad.append(furniture(self.flat.tag_name(node), name, said, self.thread))
        return name

    def against(self, node: int) -> str:
        """Why a part of which `name` was asked is no content by that; empty for nothing."""
        return self.bad[self.place[node]]


def plan(skims: Skims, root: int, marks: array[int]) -> None:
    """Mark the parts below `root` that are skimmed: none where too much text stands in them."""
    flat = skims.flat
    skims.letters, skims.linked = array("i", bytes(4 * (flat.count + 1))), array("i", bytes(4 * (flat.count + 1)))
    _count(flat, root, skims.letters, skims.linked)
    parts, passed = _parts(flat, root, marks, skims)
    letters, linked, over = skims.letters, skims.linked, flat.over
    read = letters[over[root]] - linked[over[root]] - passed
    held: list[tuple[int, str, str]] = []
    for node in parts:
        much = letters[over[node]] - letters[node] - linked[over[node]] + linked[node]
        name, bad = skims.name(node), skims.against(node)
        read -= much
        if bad not in _ASIDE:
            held.append((much, "" if bad == "comments" or flat.tag_name(node) in BAD_TAGS else name, bad))
    if not _too_much(held, read):
        for node in parts:
            marks[node] = SKIM


def _too_much(held: list[tuple[int, str, str]], read: int) -> bool:
    """Whether parts hold too much: one of them, or three and more of the same name together."""
    alike: dict[str, list[int]] = {}
    for much, name, bad in held:
        if much > (SHARE_OF_COMMENTS if bad == "comments" else SHARE) * read:
            return True
        if name and much:
            alike.setdefault(name, []).append(much)
    return any(len(some) > 2 and sum(some) > SHARE * read for some in alike.values())


def _parts(flat: Flat, root: int, marks: array[int], skims: Skims) -> tuple[list[int], int]:
    """The parts that look like furniture, none in another, and the unlinked text of what is not there for a reader."""
    tag, over, letters, linked, kinds = flat.tag, flat.over, skims.letters, skims.linked, _KINDS
    other, part, line_of_code, past, pre = OTHER, _PART, _LINE_OF_CODE, _PAST, _PRE
    gone, hidden = GONE, HIDDEN
    found: list[int] = []
    passed = code_ends = 0
    node, last = root, over[root]
    while node < last:
        number = tag[node]
        if number < other:
            node += 1
            continue
        kind, mark = kinds[number], marks[node]
        if mark in (gone, hidden) or kind == past:
            passed += letters[over[node]] - letters[node] - linked[over[node]] + linked[node]
            node = over[node]
            continue
        if kind == pre:
            code_ends = max(code_ends, over[node])
        elif kind == part or (kind == line_of_code and node >= code_ends):
            skims.name(node)
            bad = skims.against(node)
            if bad and not is_weak(bad):
                found.append(node)
                node = over[node]
                continue
        node += 1
    return found, passed


def _count(flat: Flat, root: int, letters: array[int], linked: array[int]) -> None:
    """Fill the two arrays from `root` on to its end."""
    tag, over, kinds = flat.tag, flat.over, _KINDS
    raw, unread, link, escaped = RAW, _UNREAD, _LINK, flat.escaped
    total = links = unread_ends = link_ends = 0
    counts = letters if escaped else native.reader().signs(flat)  # such arrays come from there alone
    for node in range(root, over[root]):
        letters[node], linked[node] = total, links
        number = tag[node]
        if number <= raw:
            if node < unread_ends:
                continue
            count = 0
            if escaped:
                for sign in flat.text(node):
                    count += sign > " "
            else:
                count = counts[node]
            total += count
            if node < link_ends:
                links += count
        elif kinds[number] == unread:
            unread_ends = max(unread_ends, over[node])
        elif kinds[number] == link:
            link_ends = max(link_ends, over[node])
    letters[over[root]], linked[over[root]] = total, links


def called(flat: Flat, node: int) -> str:
    """What an element calls itself: class, id, role and itemprop."""
    found = spot = role = prop = ""
    for number in range(flat.first[node], flat.first[node + 1]):
        key = flat.key[number]
        if key == CLASS:
            found = flat.value(number)
        elif key == ID:
            spot = " " + flat.value(number)
        elif key == ROLE:
            role = " " + flat.value(number)
        elif key == ITEMPROP:
            prop = " " + flat.value(number)
    return found + spot + role + prop if spot or role or prop else found
