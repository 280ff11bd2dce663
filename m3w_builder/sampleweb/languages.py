"""The languages of the sample web by their code."""

from __future__ import annotations

from m3w_builder.sampleweb import english
from m3w_builder.sampleweb.tongue import Tongue

LANGUAGES = ("en", "ru", "zh", "ja", "ar", "he")
"""What a build of the sample web is to keep."""

FOREIGN = ("de", "fr", "es")
"""Languages of the pages that are planted as being in another language."""


def tongue(code: str) -> Tongue:
    return english.TONGUE
