"""The inference service: a photo in, the face framed and labelled out."""

__version__ = "0.1.0"
