"""`Accept` picks the picture's format."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from inference_api.http.accept import MEDIA_TYPES, best_format


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "JPEG"),
        ("*/*", "JPEG"),
        ("image/*", "JPEG"),
        ("image/png", "PNG"),
        ("IMAGE/PNG", "PNG"),
        ("image/jpg", "JPEG"),
        ("image/jpg;q=0.2, image/webp;q=0.1", "JPEG"),
        ("image/png, image/pjpeg;q=0.9", "PNG"),
        ("image/webp, image/png", "PNG"),
        ("image/webp;q=0.9, image/png;q=0.8", "WEBP"),
        ("image/avif, image/webp, */*;q=0.8", "WEBP"),
        ("image/*, image/jpeg;q=0", "PNG"),
        ("image/jpeg;q=0.1, */*;q=0.2", "PNG"),
        ("image/png;level=1;q=0.5, image/jpeg;q=0.4", "PNG"),
        ("image/jpeg;q=0", None),
        ("image/jpeg;q=none", None),
        ("application/json", None),
        ("text/html, image/gif", None),
    ],
)
def test_the_highest_quality_wins_and_ours_in_a_tie(accept, expected):
    assert best_format(accept) == expected


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["image/png", ";q=", "0.5", ",", "*/*", "nan"])).map("".join)
)
def test_any_header_is_understood_or_refused(accept):
    assert best_format(accept) in {*MEDIA_TYPES, None}
