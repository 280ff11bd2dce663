"""The languages of the sample web by their code."""

from __future__ import annotations

from collections.abc import Mapping

from m3w_builder.sampleweb import arabic, chinese, english, foreign, hebrew, japanese, russian
from m3w_builder.sampleweb.tongue import Tongue

TONGUES: Mapping[str, Tongue] = {
    tongue.code: tongue
    for tongue in (
        *(language.TONGUE for language in (english, russian, chinese, japanese, arabic, hebrew)),
        *(foreign.GERMAN, foreign.FRENCH, foreign.SPANISH),
    )
}

LANGUAGES = ("en", "ru", "zh", "ja", "ar", "he")
"""What a build of the sample web is to keep."""

FOREIGN = ("de", "fr", "es")
"""Languages of the pages that are planted as being in another language."""
