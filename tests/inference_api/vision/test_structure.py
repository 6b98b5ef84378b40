"""Costly files are told by their structure, quickly; ordinary ones pass."""

import io
import time
from contextlib import suppress

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image as PillowImage

from benchmarks.speed import hostile_files as files
from inference_api.errors import ImageTooCostlyError
from inference_api.vision.formats.signatures import FORMATS
from inference_api.vision.images import decode
from inference_api.vision.structure import refuse_costly


@pytest.mark.parametrize("name", files.HOSTILE)
def test_a_costly_file_is_told_without_a_decoder(name):
    image_format, data = files.HOSTILE[name]
    with pytest.raises(ImageTooCostlyError):
        refuse_costly(data, image_format)


@pytest.mark.parametrize("name", [n for n, (f, _) in files.HOSTILE.items() if f != "AVIF"])
def test_the_decoder_refuses_it_before_it_costs_anything(name):
    _, data = files.HOSTILE[name]
    started = time.thread_time()
    with pytest.raises(ImageTooCostlyError):
        decode(data)
    assert time.thread_time() - started < 0.5


def saved(image_format: str, **options) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    buffer = io.BytesIO()
    photo = PillowImage.fromarray(pixels)
    mode = options.pop("mode", "RGB")
    photo.convert(mode).save(buffer, image_format, **options)
    return buffer.getvalue()


def exif_of_a_camera() -> PillowImage.Exif:
    exif = PillowImage.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "a maker", "a camera", 6
    exif.get_ifd(0x8769)[0x927C] = b"notes" * 2000
    exif.get_ifd(0x8825)[2] = (60.0, 10.0, 1.5)
    return exif


ORDINARY = {
    "JPEG": ("JPEG", {}),
    "a progressive JPEG": ("JPEG", {"progressive": True}),
    "a JPEG with EXIF and a profile": (
        "JPEG", {"exif": exif_of_a_camera(), "icc_profile": bytes(500_000)},
    ),
    "a JPEG with restart markers": ("JPEG", {"restart_marker_blocks": 1}),
    "PNG": ("PNG", {"exif": exif_of_a_camera()}),
    "WebP": ("WEBP", {"exif": exif_of_a_camera()}),
    "GIF": ("GIF", {"mode": "P", "comment": b"a long comment" * 1000}),
    "BMP": ("BMP", {}),
    "TIFF": ("TIFF", {"exif": exif_of_a_camera()}),
    "a packed TIFF": ("TIFF", {"compression": "tiff_lzw"}),
    "AVIF": ("AVIF", {"exif": exif_of_a_camera()}),
    "HEIF": ("HEIF", {"exif": exif_of_a_camera().tobytes()}),
}  # fmt: skip


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_file_passes(name):
    image_format, options = ORDINARY[name]
    data = saved(image_format, **options)
    assert decode(data).shape[2] == 3


def test_tables_between_scans_are_not_taken_for_scans():
    whole = files.jpeg(progressive=True)
    scan = whole.index(b"\xff\xda")
    comment = b"\xff\xfe\x00\xca" + b"\xff\xda" * 100
    refuse_costly(whole[:scan] + comment + whole[scan:], "JPEG")
    with_more = whole[:-2] + comment + whole[-2:]
    refuse_costly(with_more, "JPEG")


@pytest.mark.parametrize("count", [0, 1, 64, 2000])
def test_extents_that_share_nothing_pass(count):
    refuse_costly(files.heif([1] * count), "HEIF")


@settings(max_examples=300)
@given(
    name=st.sampled_from(sorted(files.HOSTILE)),
    place=st.integers(0, 400),
    junk=st.binary(max_size=40),
    end=st.integers(0, 3000) | st.none(),
)
def test_no_damage_makes_a_look_fail(name, place, junk, end):
    image_format, data = files.HOSTILE[name]
    damaged = (data[:place] + junk + data[place + len(junk) :])[:end]
    started = time.thread_time()
    with suppress(ImageTooCostlyError):
        refuse_costly(damaged, image_format)
    assert time.thread_time() - started < 0.5


@settings(max_examples=300)
@given(data=st.binary(max_size=400), image_format=st.sampled_from(FORMATS))
def test_no_bytes_make_a_look_fail(data, image_format):
    with suppress(ImageTooCostlyError):
        refuse_costly(data, image_format)
