"""What decoders raise, and how to tell a broken photo from one of a kind that is not read."""

import struct

DECODER_ERRORS = (  # what Pillow's decoders have been seen to raise, or may raise, on hostile bytes
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    EOFError,
    struct.error,
)
_NOT_READ = ("unsupported", "cannot handle", "unknown pixel mode")


def unsupported_variant(error: BaseException) -> str | None:
    """What the decoder cannot read of a format that it knows, in its own words.

    >>> unsupported_variant(SyntaxError("cannot handle 12-bit layers"))
    'cannot handle 12-bit layers'
    >>> unsupported_variant(OSError("image file is truncated"))
    """
    text = str(error)
    return text if any(phrase in text.lower() for phrase in _NOT_READ) else None
