"""The original pair's localizer: one face in a photo, and where."""
