"""From labeled photos to the released models: each module is a command."""

import os

# Else Albumentations asks the network for a newer version whenever it is imported.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # noqa: TID251
