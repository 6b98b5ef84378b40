"""The released artifacts, one by one."""

from inference_api.vision.released import PAIRS

LOCALIZER, CLASSIFIER = PAIRS["original"]
COMPACT_LOCALIZER, COMPACT_CLASSIFIER = PAIRS["compact"]
