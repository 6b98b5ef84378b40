"""When a box is right, and which faces are asked for: the same in every figure."""

MATCH_IOU = 0.5  # with a person's box, at the least
MIN_CROWD_FACE = 24.0  # pixels of the shorter side; of several faces, smaller ones are ignored
