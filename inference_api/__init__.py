"""The inference service: a photo in, the face framed and labelled out."""
