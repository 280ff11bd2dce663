"""English for the sample web."""

from __future__ import annotations

from m3w_builder.sampleweb.scene import Scene
from m3w_builder.sampleweb.tongue import Tongue

_PLURALS = {
    "ball": "balls", "box": "boxes", "star": "stars", "heart": "hearts", "cross": "crosses", "ring": "rings",
    "moon": "moons", "flower": "flowers", "house": "houses", "tree": "trees", "fish": "fish", "boat": "boats",
}  # fmt: skip
_NUMBERS = {2: "two", 3: "three", 4: "four"}
_GROUNDS = {
    "grass": "on green grass",
    "sand": "on pale sand",
    "snow": "in white snow",
    "sea": "on the open sea",
    "night": "under the night sky",
    "sky": "in a bright sky",
    "brick": "before a brick wall",
    "wood": "on a wooden board",
    "paper": "on squared paper",
    "fog": "in thick grey fog",
    "sunset": "in a glowing sunset",
}
_SIDES = {"left": "to the left", "right": "to the right", "above": "above", "below": "below"}
_PATTERNS = {"plain": "", "striped": "striped ", "spotted": "spotted "}


def phrases(scene: Scene) -> dict[str, str]:
    """What the words may tell of a scene; `is` agrees with the number of main things."""
    kind = f"{_PATTERNS[scene.pattern]}{scene.colour}"
    many = scene.count > 1
    main = (
        f"{_NUMBERS[scene.count]} {kind} {_PLURALS[scene.shape]}" if many else f"{_article(kind)} {kind} {scene.shape}"
    )
    return {
        "main": main,
        "second": f"a small {scene.second_colour} {scene.second_shape}" if scene.side else "",
        "ground": _GROUNDS[scene.ground],
        "side": _SIDES.get(scene.side, ""),
        "is": "are" if many else "is",
        "has": "have" if many else "has",
        "s": "" if many else "s",
    }


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


RULES = {
    "title": (
        "A {time_adjective} at the {place}",
        "How {person} filled the {place}",
        "Prints from the {place}, {weekday} edition",
        "{person} and the {adjective} {object}",
        "What we saw in the {place} this {season}",
        "Notes on {topic} from the {place}",
        "The {adjective} {object} of {town}",
        "{town} opens its {place} for {topic}",
        "Ten years of {topic} in {town}",
    ),
    "intro": (
        "On {weekday} {person} opened the {place} of {town} {early}, "
        "and {many} people came to see the {object} about {topic}.",
        "Nobody in {town} had expected that the {place} would fill "
        "so {quickly} when {person} showed the {adjective} {object}.",
        "{person} has worked on {topic} since {season}, mostly "
        "{early} and always {alone}, in a room behind the {place}.",
        "Every {season} the {place} near {town} asks its visitors "
        "to bring a {adjective} {object} and to talk about {topic}.",
        "The {object} that {person} brought to {town} {early} "
        "{belongs} to the {place}, which collects everything on {topic}.",
        "For {person}, {topic} began {early} with one {adjective} {object} that somebody had left at the {place}.",
        "We walked from {town} to the {place} {early} because "
        "{person} had promised us a look at the {adjective} {object}.",
        "There is a {place} in {town} where {person} teaches {topic} every {weekday}, and it is never {quiet}.",
    ),
    "scene": (
        "It shows {main} {ground}, with {second} {side}.",
        "Here {is} {main} {ground}, and {second} is {side}.",
        "{person} painted {main} {ground}; {side} there is {second}.",
        "In this one {main} {has} been set {ground}, with {second} {side}.",
        "You can see {main} {ground}, while {second} waits {side}.",
        "The sheet holds {main} {ground}, and {side} you find {second}.",
        "We get {main} {ground} this time, plus {second} {side}.",
        "This print has {main} {ground} and {second} {side}.",
        "{person} chose {main} {ground} and put {second} {side}.",
        "What stands out: {main} {ground}, with {second} placed {side}.",
    ),
    "scene_alone": (
        "It shows {main} {ground} and nothing else.",
        "Here {is} {main} {ground}, all alone.",
        "{person} painted {main} {ground} without anything beside.",
        "In this one {main} {has} been set {ground}.",
        "You can see {main} {ground}, and that is the whole of it.",
        "The sheet holds {main} {ground}, no more.",
        "We get {main} {ground} this time.",
        "This print has {main} {ground}, as large as the frame allows.",
        "{person} chose {main} {ground} for this page.",
        "What stands out: {main} {ground}, and an empty rest.",
    ),
    "caption": (
        "{main} {ground}, {second} {side}.",
        "{main} {ground} with {second} {side}.",
        "{main} and {second} {side}, {ground}.",
        "{main}, {second} {side}; photographed {ground} by {person}.",
    ),
    "caption_alone": (
        "{main} {ground}.",
        "{main}, seen {ground} by {person}.",
        "{main}, photographed {ground}.",
        "{main} {ground}, the work of {person}.",
    ),
    "remark": (
        "{person} kept it at the {place} for {many} days.",
        "A visitor from {town} asked whether it was for sale.",
        "It took {person} most of {season} to get the edges right.",
        "{person} says that {topic} can't be taught without it.",
        "The {place} in {town} would like to borrow it next {season}.",
        "Somebody compared it with the {adjective} {object} by {person}.",
        "Children stopped before it {early} and did not want to leave.",
        "{person} had to repair one corner after a {weekday} in {town}.",
        "It hung in the {place} until {person} moved to {town}.",
        "The paper came from {town}, the frame from a {adjective} {object}.",
        "On {weekday} it was carried over to the {place} by {person}.",
        "Those who know {topic} will recognise the hand of {person}.",
        "You would not believe how long {person} had to wait for the right light.",
        "There are people who come back every {season} just to see it again.",
        "It was the first thing that {person} ever sold in {town}.",
        "The colours have become a little weaker since it left the {place}.",
        "Most of us had walked past it many times and had never looked.",
        "If you stand close enough you can still see the lines of the pencil.",
        "{person} wrote the date on the back, but nobody can read it now.",
        "We were told not to touch it, and of course somebody did.",
        "It is not the best of the series, but it is the one that {person} likes most.",
        "A school in {town} has used it on a birthday card.",
        "What it has to do with {topic} is something that only {person} could say.",
        "They found it behind a door in the {place} when the floor was being repaired.",
        "It will be shown again {early} when the new lamps have been put up.",
        "Nobody knows why {person} made it so small the first time.",
        ),
    "closing": (
        "The {place} of {town} stays open until {weekday}, and "
        "{person} will be there {early} to answer questions on {topic}.",
        "Next {season} {person} wants to show a {adjective} {object} "
        "in {town}, provided that the {place} gets a new roof.",
        "If you would like to see more of {topic}, ask for {person} at the {place}, but don't come {early}.",
        "We left {town} {early} with a {adjective} {object} under one arm and the address of {person} in a pocket.",
        "Whether {topic} has a future in {town} depends on the {place}, says {person}, and on {many} volunteers.",
        "Thanks go to {person}, to the {place} in {town}, and to the {many} readers who wrote to us about {topic}.",
    ),
    "heading": (
        "From the {place} in {town}",
        "A gift by {person}",
        "{person} on {topic}",
        "Seen on a {weekday} in {season}",
        "The {adjective} {object}",
        "Number {many} of the series",
        "After {season} in {town}",
    ),
    "person": (
        "Mary Cooper", "John Baker", "Helen Brown", "Peter Young", "Susan Clark", "David Green", "Alice Walker",
        "James Turner", "Emma Wright", "George Hill", "Ruth Carter", "Henry Wood", "Kate Mason", "Frank Hall",
        "Jane Fisher", "Robert King", "Ellen White", "Samuel Cook", "Anne Porter", "Daniel Shaw", "Laura Bell",
        "Thomas Gray", "Nancy Ford", "Michael Stone",
    ),
    "town": (
        "Oakfield", "Milltown", "Westbridge", "Greenhill", "Longford", "Riverside", "Stoneham", "Northgate",
        "Ashbury", "Lakewood", "Kingsport", "Redhill", "Eastbrook", "Fairview", "Woodside", "Brightwater",
        "Highfield", "Southport",
    ),
    "place": (
        "town hall", "water mill", "print shop", "harbour museum", "school library", "railway depot", "garden house",
        "market hall",
        "boat yard", "village theatre", "paper factory", "lighthouse", "reading room", "glass workshop",
        "corner gallery",
    ),
    "topic": (
        "printing", "stage design", "the theory of colour", "drawing maps", "cutting paper", "making toys",
        "painting signs", "binding books", "building kites", "puppet shows", "making tiles",
        "keeping weather diaries", "poster design", "carving wood",
    ),
    "object": (
        "poster", "picture book", "set of cards", "calendar", "notebook", "folding screen", "sketchbook",
        "collection of stamps",
        "wall hanging", "stage model", "portfolio", "series of prints", "tin of pencils", "slide show",
    ),
    "adjective": (
        "forgotten", "famous", "half-finished", "tiny", "heavy", "hand-made", "borrowed", "restored", "peculiar",
        "travelling",
        "crooked", "well-loved", "second", "painted",
    ),
    "time_adjective": ("quiet morning", "long afternoon", "rainy evening", "busy weekend", "late visit", "first look"),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "season": ("spring", "summer", "autumn", "winter", "March", "May", "July", "September", "November"),
    "early": (
        "before breakfast", "early in the day", "after lunch", "late at night", "around noon", "at the first light",
        "just before closing time", "during the rain", "after the last train", "between two meetings",
    ),
    "many": ("seven", "nine", "twelve", "fifteen", "twenty", "thirty", "forty", "sixty", "ninety", "two hundred"),
    "quickly": ("quickly", "slowly", "completely", "cheerfully", "quietly", "suddenly"),
    "alone": ("alone", "with a radio playing", "by candle light", "with two cousins", "standing up", "in silence"),
    "belongs": ("belongs", "used to belong", "was given", "was lent", "will go back"),
    "quiet": ("quiet", "empty", "dull", "cold", "the same twice", "without a surprise"),
}  # fmt: skip

LABELS = {
    "home": "Home", "about": "About us", "private": "Members only",
    "cookies": "We use cookies to improve your experience. By using this site you accept our cookie policy.",
    "accept": "Accept all", "related": "Related stories", "advertisement": "Advertisement", "share": "Share this page",
    "footer": "All rights reserved. Terms of use. Privacy policy.", "next": "Next page", "by": "By",
    "subscribe": "Subscribe to our newsletter", "latest": "Latest pages",
    "updated": "This page was updated on Monday.",
}  # fmt: skip

TONGUE = Tongue("en", RULES, phrases, LABELS)
