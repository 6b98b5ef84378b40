"""From labeled photos to the released models: each module is a command."""
