"""The hashes are imagededup's, bit for bit, and hardly move when a picture is encoded anew or resized."""

import numpy as np
import pytest
from making import encoded, scene
from PIL import Image

from m3w_builder.pictures import Picture, PicturesConfig, decode
from m3w_builder.pictures.hashes import dhash, phash


def arrays() -> list[np.ndarray]:
    """Scenes, noise, and the flat and ruled pictures on which a hash hangs on the arithmetic's last digit."""
    random = np.random.default_rng(5)
    flat = [np.full((70, 90, 3), level, np.uint8) for level in (0, 1, 127, 255)]
    ruled = np.zeros((128, 128, 3), np.uint8)
    ruled[::8] = 255
    half = np.zeros((100, 100, 3), np.uint8)
    half[:, 50:] = 200
    noise = [random.integers(0, 256, (*size, 3)).astype(np.uint8) for size in ((32, 32), (8, 9), (200, 31), (3, 500))]
    scenes = [
        np.asarray(scene(width, height, seed))
        for seed, (width, height) in enumerate([(64, 64), (333, 257), (640, 480)] * 4)
    ]
    return [*flat, ruled, ruled.transpose(1, 0, 2).copy(), half, *noise, *scenes]


@pytest.mark.parametrize(("ours", "theirs"), [(phash, "PHash"), (dhash, "DHash")])
def test_a_hash_is_that_of_imagededup(ours, theirs) -> None:
    import imagededup.methods

    peer = getattr(imagededup.methods, theirs)(verbose=False)
    for array in arrays():
        assert f"{ours(array):016x}" == peer.encode_image(image_array=array)


@pytest.mark.parametrize("seed", range(12))
def test_a_reduced_scale_and_another_encoding_hardly_move_the_hash(seed: int) -> None:
    original = scene(701, 523, seed)
    copies = [
        encoded(original, "PNG"),
        encoded(original, "JPEG", quality=40),
        encoded(original, "WEBP", quality=60),
        encoded(original.resize((351, 262), Image.Resampling.LANCZOS), "JPEG"),
        encoded(original.resize((175, 131), Image.Resampling.BILINEAR), "JPEG"),
        encoded(original.resize((1402, 1046), Image.Resampling.BICUBIC), "JPEG"),
    ]
    hashes = [phash(np.asarray(original))]
    for body in copies:
        one = decode("u", body, PicturesConfig())
        assert isinstance(one, Picture)
        hashes.append(phash(one.array, one.box))
    assert max((hashes[0] ^ other).bit_count() for other in hashes) <= 4
