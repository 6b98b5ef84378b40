"""The peak is measured in every format, and by work that is really done."""

import pytest

from benchmarks.speed import peaks
from benchmarks.speed.peaks import cpu_s, peak


def test_work_costs_processor_time():
    assert cpu_s(lambda: sum(range(200_000))) > cpu_s(lambda: None) >= 0


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")  # its own calibration's
@pytest.mark.parametrize("number_format", ["float32", "bfloat16", "int8"])
def test_twice_the_operations_in_the_same_time_are_twice_the_peak(number_format, monkeypatch):
    monkeypatch.setattr(peaks, "MATRIX", 64)
    monkeypatch.setattr(peaks, "CONVOLVED", 4)
    works = []
    monkeypatch.setattr(peaks, "cpu_s", lambda work: works.append(work()) or 0.5)
    assert peak(number_format) == 2 * max(2 * 64**3, 2 * 8 * 4**2 * 9 * 256**2)
    assert len(works) == 2
