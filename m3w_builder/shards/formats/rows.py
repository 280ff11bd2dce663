"""One sample as a row of OBELICS, MMC4, OmniCorpus and the plain Parquet layout, field by field as these have it."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from m3w_builder.document import Document, Image, Text, from_json, to_json

Parts = dict[str, bytes]

OBELICS = pa.schema(
    [
        ("images", pa.list_(pa.string())),
        ("metadata", pa.string()),
        ("general_metadata", pa.string()),
        ("texts", pa.list_(pa.string())),
    ]
)
"""HuggingFaceM4/OBELICS: slots, one of image and text null in each."""

OMNICORPUS = pa.schema(
    [
        (
            "general_metadata",
            pa.struct(
                [
                    ("domain", pa.list_(pa.string())),
                    ("fluency_prob", pa.float64()),
                    ("id", pa.string()),
                    ("non_advertisement_prob", pa.float64()),
                    ("politics_prob", pa.float64()),
                    ("porn_prob", pa.float64()),
                    ("toxic_prob", pa.float64()),
                    ("url", pa.string()),
                ]
            ),
        ),
        ("images", pa.list_(pa.string())),
        ("texts", pa.list_(pa.string())),
        (
            "metadata",
            pa.list_(
                pa.struct(
                    [
                        ("aesthetic_prob", pa.float64()),
                        ("bytes", pa.int64()),
                        ("d_hash", pa.string()),
                        ("d_hash_dup_count", pa.int64()),
                        ("height", pa.int64()),
                        ("img_url_sha", pa.string()),
                        ("p_hash", pa.string()),
                        ("p_hash_dup_count", pa.int64()),
                        ("unsafe_prob", pa.float64()),
                        ("width", pa.int64()),
                    ]
                )
            ),
        ),
    ]
)
"""OpenGVLab/OmniCorpus-CC; what this build did not measure is null."""

PARQUET = pa.schema(
    [
        ("key", pa.string()),
        ("url", pa.string()),
        ("document", pa.string()),  # the sample's JSON
        ("pictures", pa.list_(pa.struct([("part", pa.string()), ("bytes", pa.binary())]))),
    ]
)
"""Whole samples, pictures in: nothing is lost."""


IMG2DATASET = pa.schema(
    [
        ("url", pa.string()),
        ("caption", pa.string()),
        ("key", pa.string()),
        ("status", pa.string()),
        ("error_message", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("original_width", pa.int32()),
        ("original_height", pa.int32()),
        ("exif", pa.string()),
        ("sha256", pa.string()),
    ]
)
"""What img2dataset writes beside each of its tars."""


def slots(one: Document) -> list[Image | str]:
    """The document as pictures and texts in turn: blocks between two pictures are one text, parted by blank lines."""
    found: list[Image | str] = []
    for item in one.items:
        if isinstance(item, Image):
            found.append(item)
        elif isinstance(item, Text):
            if found and isinstance(found[-1], str):
                found[-1] += "\n\n" + item.text
            else:
                found.append(item.text)
    return found


def obelics(one: Document, _: Parts) -> dict[str, Any]:
    """A row of OBELICS: pictures by URL."""
    places = slots(one)
    metadata = [
        {
            "document_url": one.url,
            "unformatted_src": slot.url,
            "src": slot.url,
            "formatted_filename": slot.url.split("?", 1)[0].rsplit("/", 1)[-1].rsplit(".", 1)[0],
            "alt_text": slot.alt or None,
            "rendered_width": slot.declared_width or None,
            "rendered_height": slot.declared_height or None,
            "original_width": slot.width,
            "original_height": slot.height,
            "format": slot.format,
        }
        if isinstance(slot, Image)
        else None
        for slot in places
    ]
    general = {
        "url": one.url,
        "warc_filename": one.source.file,
        "warc_record_offset": one.source.offset,
        "warc_record_length": None,
    }
    return {**_slots(places), "metadata": json.dumps(metadata), "general_metadata": json.dumps(general)}


def _slots(places: list[Image | str]) -> dict[str, Any]:
    return {
        "images": [slot.url if isinstance(slot, Image) else None for slot in places],
        "texts": [slot if isinstance(slot, str) else None for slot in places],
    }


def mmc4(one: Document, _: Parts) -> dict[str, Any]:
    """A line of MMC4. Where the build aligned pictures and texts, matches and matrix are the build's.

    Elsewhere a picture is matched with the text that follows it (or, as the last, precedes it), and similarities are 0.
    """
    places = slots(one)
    texts = [slot for slot in places if isinstance(slot, str)]
    slot_of = _slot_of_text(one)
    info, matrix, before = [], [], 0
    for slot in places:
        if isinstance(slot, str):
            before += 1
            continue
        matched = slot_of[slot.matched] if slot.matched >= 0 else min(before, max(len(texts) - 1, 0))
        similarity = float(slot.scores.get("similarity", 0.0))
        row = [-1.0 if slot.similarities else 0.0] * len(texts)
        for text, value in enumerate(slot.similarities):
            row[slot_of[text]] = max(row[slot_of[text]], value)
        if not slot.similarities and texts:
            row[matched] = similarity
        info.append(
            {
                "image_name": f"{one.key}.{slot.part}",
                "raw_url": slot.url,
                "matched_text_index": matched,
                "matched_sim": similarity,
                "face_detections": None,
            }
        )
        matrix.append(row)
    return {
        "url": one.url,
        "text_list": texts,
        "image_info": info,
        "similarity_matrix": matrix,
        "could_have_url_duplicate": 0,
    }


def _slot_of_text(one: Document) -> list[int]:
    """For each text of the document the text of `slots` that it became a part of."""
    places: list[int] = []
    number, open_ = -1, False
    for item in one.items:
        if isinstance(item, Image):
            open_ = False
        elif isinstance(item, Text):
            number += not open_
            open_ = True
            places.append(number)
    return places


def omnicorpus(one: Document, _: Parts) -> dict[str, Any]:
    """A row of OmniCorpus: pictures by URL and by the sha256 of it."""
    import hashlib

    places = slots(one)
    nothing = ("fluency_prob", "non_advertisement_prob", "politics_prob", "porn_prob", "toxic_prob")
    return {
        **_slots(places),
        "general_metadata": {"domain": [one.host], "id": one.key, "url": one.url, **dict.fromkeys(nothing)},
        "metadata": [
            {
                "aesthetic_prob": slot.scores.get("aesthetic"),
                "bytes": slot.bytes,
                "d_hash": None,
                "d_hash_dup_count": None,
                "height": slot.height,
                "img_url_sha": hashlib.sha256(slot.url.encode()).hexdigest(),
                "p_hash": slot.phash,
                "p_hash_dup_count": None,
                "unsafe_prob": slot.scores.get("unsafe"),
                "width": slot.width,
            }
            if isinstance(slot, Image)
            else None
            for slot in places
        ],
    }


def parquet(one: Document, parts: Parts) -> dict[str, Any]:
    """A whole sample."""
    pictures = [{"part": image.part, "bytes": parts[image.part]} for image in one.images]
    return {
        "key": one.key,
        "url": one.url,
        "document": json.dumps(to_json(one), ensure_ascii=False),
        "pictures": pictures,
    }


def from_parquet(row: dict[str, Any]) -> tuple[Document, Parts]:
    """The reverse of `parquet`."""
    return from_json(json.loads(row["document"])), {entry["part"]: entry["bytes"] for entry in row["pictures"]}


def energon(one: Document, _: Parts) -> dict[str, Any]:
    """The JSON of an Energon InterleavedSample: pictures by their part, which Energon finds in the same sample."""
    places = slots(one)
    return {
        "images": [slot.part if isinstance(slot, Image) else None for slot in places],
        "texts": [slot if isinstance(slot, str) else None for slot in places],
    }


def img2dataset(image: Image, key: str) -> dict[str, Any]:
    """The JSON of one picture in an img2dataset tar."""
    return {
        "caption": image.caption or image.alt or None,
        "url": image.url,
        "key": key,
        "status": "success",
        "error_message": None,
        "width": image.width,
        "height": image.height,
        "original_width": image.width,
        "original_height": image.height,
        "exif": None,
        "sha256": image.sha256,
    }
