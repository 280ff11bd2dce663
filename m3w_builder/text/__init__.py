"""Document filters: each drops documents with a reason, what was measured, and the limit."""

from m3w_builder.stage import Catalogue

STAGES = Catalogue(
    __name__,
    {
        "language": "language:Language",
        "paragraph_language": "language:ParagraphLanguage",
        "boilerplate": "boilerplate:Boilerplate",
        "length": "length:Length",
        "repetition": "repetition:Repetition",
        "quality": "quality:Quality",
        "fineweb": "quality:FineWeb",
        "c4": "paragraphs:C4",
        "obelics": "paragraphs:Obelics",
        "pii": "pii:Pii",
        "bad_words": "words:BadWords",
        "toxicity": "toxicity:Toxicity",
        "contamination": "contamination:Contamination",
    },
)
"""The stages that a config's `text` may name."""
