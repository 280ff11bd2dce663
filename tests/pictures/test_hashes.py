"""The hashes are imagededup's, bit for bit, and hardly move when a picture is encoded anew or resized."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import encoded, scene
from PIL import Image

from m3w_builder.pictures import Picture, PicturesConfig, decode, hashes, native
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


@pytest.mark.skipif(native.lanczos() is None, reason="nothing is compiled: installed without a C compiler")
@given(
    width=st.integers(1, 200),
    height=st.integers(1, 200),
    cut=st.tuples(*[st.sampled_from([0.0, 0.125, 0.5, 0.75])] * 4),
    size=st.sampled_from([(32, 32), (9, 8), (3, 50)]),
    levels=st.sampled_from([2, 256]),
    seed=st.integers(0, 99),
)
def test_the_compiled_miniature_is_that_of_pillow(
    width: int, height: int, cut: tuple[float, ...], size: tuple[int, int], levels: int, seed: int
) -> None:
    px = np.random.default_rng(seed).integers(0, levels, (height, width, 3)) * (255 // (levels - 1))
    array = px.astype(np.uint8)
    box = None if not any(cut) else (cut[0] / 4, cut[1] / 4, width - cut[2], height - cut[3])
    image = Image.fromarray(array).resize(size, Image.Resampling.LANCZOS, box=box).convert("L")
    assert (hashes._miniature(array, size, box) == np.asarray(image)).all()


@pytest.mark.skipif(native.lanczos() is None, reason="nothing is compiled: installed without a C compiler")
def test_weights_of_another_length_are_refused() -> None:
    compiled = native.lanczos()
    short, long = compiled.weights(40, 0.0, 40.0, 9), compiled.weights(90, 0.0, 90.0, 9)
    px = np.zeros((40, 40, 3), np.uint8)
    with pytest.raises(ValueError, match="another length"):
        compiled.miniature(px, 9, short, 9, long)


@pytest.mark.skipif(native.lanczos() is None, reason="nothing is compiled: installed without a C compiler")
@given(st.integers(0, 2**32), st.integers(1, 9))
def test_the_compiled_bits_are_those_of_numpy(seed: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    waves = random.integers(-levels, levels, (8, 32)) * 0.5  # with ties at the median
    bits = waves[:, :8] >= np.sort(waves[:, :8].ravel()[1:])[31]
    assert native.lanczos().lowest(waves[:, :8]) == hashes._number(bits)
    small = random.integers(0, levels, (8, 9)).astype(np.uint8)
    assert native.lanczos().rising(small.reshape(-1), 9) == hashes._number(small[:, 1:] > small[:, :-1])
