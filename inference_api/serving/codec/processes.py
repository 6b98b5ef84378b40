"""Codec workers from this side: started, asked, and ended when they take too long."""

import json
import multiprocessing
import pickle
import queue
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from multiprocessing.context import ForkServerContext
from typing import Any, NamedTuple

from inference_api.errors import (
    FaceServiceError,
    ImageRejectedError,
    ImageTooCostlyError,
    UndecodableImageError,
)
from inference_api.pipeline import Prediction
from inference_api.serving.codec import worker
from inference_api.serving.codec.blocks import Block, Blocks
from inference_api.serving.codec.tasks import Cap, Decoded, Decoding, Render
from inference_api.serving.codec.wire import receive, send

_FROM_OUTSIDE = signal.SIGKILL, signal.SIGTERM  # what people and the kernel end processes with
_ENDING_S = 5  # for the kernel to end a process that was killed
OnKilled = Callable[[str], None]


class CodecFaultError(FaceServiceError):
    """A worker failed in a way that is no fault of the photo; the text is its traceback."""


class WorkerEndedError(FaceServiceError):
    """A worker ended before it had answered; `signal_number` says what ended it, if a signal."""

    def __init__(self, *, signal_number: int | None) -> None:
        self.signal_number = signal_number
        super().__init__(f"a codec worker ended (signal {signal_number})")


class Reply(NamedTuple):
    """A worker's answer."""

    facts: Mapping[str, Any]
    body: bytes


class Worker:
    """One worker process, and the socket to it."""

    def __init__(self, context: ForkServerContext, cap: Cap) -> None:
        self._socket, theirs = socket.socketpair()
        self._process = context.Process(target=worker.main, args=(theirs, cap), daemon=True)
        with theirs:
            self._process.start()

    @property
    def pid(self) -> int | None:
        """The process's number."""
        return self._process.pid

    def ask(self, task: bytes, *, fd: int, deadline: float) -> Reply:
        """What the worker answers by `deadline` (`time.monotonic`).

        Raises TimeoutError and WorkerEndedError; the worker is of no use then.
        """
        try:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            send(self._socket, task, fd=fd)
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            message = receive(self._socket)
        except TimeoutError:
            raise
        except (EOFError, OSError) as error:
            raise WorkerEndedError(signal_number=self._ended_by()) from error
        return Reply(json.loads(message.header), bytes(message.body))

    def kill(self) -> None:
        """End the process, whatever it does."""
        with suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """End the process and forget it."""
        self.kill()
        self._process.join(_ENDING_S)
        self._socket.close()

    def _ended_by(self) -> int | None:
        self._process.join(_ENDING_S)
        code = self._process.exitcode
        return -code if code and code < 0 else None


class ProcessCodec:
    """`count` workers for as many threads; one that ends or takes too long is replaced.

    on_killed: told why each time: `time`, `deadline`, `crash`.
    """

    def __init__(self, count: int, cap: Cap, *, on_killed: OnKilled) -> None:
        self._cap = cap
        self._on_killed = on_killed
        self._blocks = Blocks()
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([worker.__name__])
        self._workers: set[Worker] = set()
        self._idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()  # None: one to be started
        self._closed = False
        for _ in range(count):
            self._idle.put(None)

    @property
    def pids(self) -> list[int]:
        """The workers' process numbers."""
        return [each.pid for each in self._workers if each.pid]

    def decode(self, data: bytes, decoding: Decoding, *, deadline: float) -> Decoded:
        """The picture in `data`, in shared memory.

        Raises ImageRejectedError (ImageTooCostlyError beyond the cap), TimeoutError,
        WorkerEndedError where workers are ended from outside again and again.
        """
        block = self._blocks.take()
        try:
            block.write(data)
            task = partial(worker.decode_into, decoding, len(data))
            facts = self._run(task, fd=block.fd, n_bytes=len(data), deadline=deadline).facts
            image = self._blocks.image(block, tuple(facts["shape"]))
        except BaseException:
            block.close()  # its worker may write into it yet
            raise
        return Decoded(image, tuple(facts["size_wh"]), block)

    def encode(
        self, decoded: Decoded, prediction: Prediction, render: Render, *, deadline: float
    ) -> bytes:
        """What `render` makes of the picture. Raises as `decode`."""
        shape = decoded.image.shape
        task = partial(worker.render_from, render, prediction, shape)
        fd = _fd_of(decoded.block)
        return self._run(task, fd=fd, n_bytes=0, deadline=deadline).body

    def close(self) -> None:
        """End every worker, whatever it does; who waits for one gets WorkerEndedError."""
        self._closed = True
        for each in tuple(self._workers):
            each.kill()

    def forget(self) -> None:
        """Give back what is left once no thread asks any more."""
        for each in tuple(self._workers):
            each.close()
        self._workers.clear()
        self._blocks.close()

    def _run(self, task: Callable[..., Any], *, fd: int, n_bytes: int, deadline: float) -> Reply:
        """The reply to one task; a worker that was killed from outside is no fault of the photo."""
        try:
            return self._run_once(task, fd=fd, n_bytes=n_bytes, deadline=deadline)
        except WorkerEndedError as error:
            if self._closed or error.signal_number not in _FROM_OUTSIDE:
                raise
        return self._run_once(task, fd=fd, n_bytes=n_bytes, deadline=deadline)

    def _run_once(
        self, task: Callable[..., Any], *, fd: int, n_bytes: int, deadline: float
    ) -> Reply:
        asked = self._idle.get() or self._start()
        try:
            reply = asked.ask(pickle.dumps(task), fd=fd, deadline=deadline)
        except TimeoutError:
            self._replace(asked, "deadline")
            raise
        except WorkerEndedError as error:
            self._replace(asked, _reason(error))
            if meaning := self._meaning(error, n_bytes):
                raise meaning from error
            raise
        except BaseException:
            self._replace(asked, "crash")
            raise
        self._idle.put(asked)
        return _checked(reply, self._cap)

    def _start(self) -> Worker:
        if self._closed:
            raise WorkerEndedError(signal_number=None)
        started = Worker(self._context, self._cap)
        self._workers.add(started)
        return started

    def _replace(self, ended: Worker, reason: str) -> None:
        if not self._closed:
            self._on_killed(reason)
        ended.close()
        self._workers.discard(ended)
        self._idle.put(None)

    def _meaning(self, error: WorkerEndedError, n_bytes: int) -> ImageRejectedError | None:
        """What the end of a worker says about the photo that it had; None: nothing."""
        if self._closed or error.signal_number in _FROM_OUTSIDE:
            return None
        if error.signal_number == signal.SIGXCPU:
            return ImageTooCostlyError(
                resource=ImageTooCostlyError.PROCESSOR_TIME, limit=f"{self._cap.cpu_s} s"
            )
        return UndecodableImageError(n_bytes=n_bytes, detected="given")


def _reason(error: WorkerEndedError) -> str:
    return "time" if error.signal_number == signal.SIGXCPU else "crash"


def _fd_of(block: Block | None) -> int:
    if block is None:
        raise ValueError("the picture does not lie in shared memory")
    return block.fd


def _checked(reply: Reply, cap: Cap) -> Reply:
    """The reply, unless it is an error: then that is raised."""
    facts = reply.facts
    if name := facts.get("rejected"):
        raise _rejections()[name](**_as_written(facts["facts"]))
    if facts.get("memory"):
        raise ImageTooCostlyError(
            resource=ImageTooCostlyError.MEMORY, limit=f"{cap.memory // 1_000_000} MB"
        )
    if text := facts.get("fault"):
        raise CodecFaultError(text)
    return reply


def _rejections() -> Mapping[str, Callable[..., ImageRejectedError]]:
    found, left = {}, [ImageRejectedError]
    while left:
        kind = left.pop()
        found[kind.__name__] = kind
        left += kind.__subclasses__()
    return found


def _as_written(facts: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has lists where Python has tuples."""
    return {name: tuple(v) if isinstance(v, list) else v for name, v in facts.items()}
