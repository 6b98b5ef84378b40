"""Which of the data sets that the released localizer learned from are unlike the others."""

LOOSE_BOXES = frozenset({"roboflow_ns18", "mask_eden"})  # people drew these by other rules
CUT_TO_FACE = frozenset({"scut_fbp5500", "fairface_val"})  # their pictures show little else
NOT_VALIDATED = LOOSE_BOXES | CUT_TO_FACE  # of the localizer, which learned whole photos
