"""The codecs in this very process: for machines too small for others, and systems without them."""

from inference_api.pipeline import Prediction
from inference_api.serving.codec.tasks import Decoded, Decoding, Render


class ThreadCodec:
    """Decodes and encodes on the thread that asks.

    Nothing here can be ended from outside, so a costly photo takes its thread, and the memory that
    it wants, until it is done.
    """

    pids: tuple[int, ...] = ()

    def decode(self, data: bytes, decoding: Decoding, *, deadline: float) -> Decoded:  # noqa: ARG002
        """The picture in `data`. Raises ImageRejectedError, MemoryError."""
        return Decoded(*decoding(data))

    def encode(
        self,
        decoded: Decoded,
        prediction: Prediction,
        render: Render,
        *,
        deadline: float,  # noqa: ARG002
    ) -> bytes:
        """What `render` makes of the picture."""
        return render(decoded.image, prediction)

    def close(self) -> None:
        """Nothing can be ended."""

    def forget(self) -> None:
        """Nothing is left."""
