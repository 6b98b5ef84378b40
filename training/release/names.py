"""What the released artifacts are called."""

LOCALIZER, CLASSIFIER = "face_localizer", "attractiveness_classifier"
COMPACT_LOCALIZER, COMPACT_CLASSIFIER = "compact_detector", "compact_classifier"
PAIRS = {"original": (LOCALIZER, CLASSIFIER), "compact": (COMPACT_LOCALIZER, COMPACT_CLASSIFIER)}
