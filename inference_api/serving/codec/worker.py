"""A worker process: decodes and draws what it is sent, under limits that the kernel keeps.

It is trusted with nothing: what it answers is read as data only, and it may be killed at any time.
"""

import json
import logging
import math
import mmap
import os
import pickle
import resource
import socket
import traceback
import warnings
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

import inference_api.annotation  # noqa: F401 - loaded once, by the server that workers fork from
from inference_api.errors import ImageRejectedError
from inference_api.pipeline import Prediction
from inference_api.serving.codec.tasks import Cap, Decoding, Render
from inference_api.serving.codec.wire import Message, receive, send
from inference_api.vision.allocation import allocating
from inference_api.vision.letterbox import Image

_NOTHING = os.devnull
_MOST_MAPPED = 32_000_000  # bytes
_MAPPED: OrderedDict[int, mmap.mmap] = OrderedDict()  # by the file's number, the last used last
_OUT_OF_MEMORY = "out of memory", "insufficient memory", "cannot allocate memory"


def main(connection: socket.socket, cap: Cap) -> None:
    """Do what is asked until the other side ends."""
    os.setsid()  # a signal to the service's group is not for us: the photos in hand are answered
    _be_quiet()
    cv2.setNumThreads(1)
    os.nice(cap.niceness)
    _limit_memory(cap.memory)
    while True:
        try:
            message = receive(connection)
        except EOFError:
            return
        _limit_time(cap.cpu_s)
        answer, body = _answer(message)
        send(connection, json.dumps(answer).encode(), body)


def _answer(message: Message) -> tuple[dict[str, object], bytes]:
    """What the task says, as JSON, and bytes that go with it."""
    try:
        task: Callable[[Message], tuple[dict[str, object], bytes]] = pickle.loads(message.header)  # noqa: S301 - from our parent
        return task(message)
    except ImageRejectedError as error:
        return {"rejected": type(error).__name__, "facts": vars(error)}, b""
    except Exception as error:  # noqa: BLE001 - the parent logs it, and the worker goes on
        if isinstance(error, MemoryError) or any(m in str(error).lower() for m in _OUT_OF_MEMORY):
            return {"memory": True}, b""
        return {"fault": traceback.format_exc()}, b""
    finally:
        if message.fd is not None:
            os.close(message.fd)


def decode_into(
    decoding: Decoding, n_bytes: int, message: Message
) -> tuple[dict[str, object], bytes]:
    """Put the picture of the photo in the file's first `n_bytes` into its place."""
    fd = _file_of(message)
    data = os.pread(fd, n_bytes, 0)
    with allocating(partial(_pixels_of, fd)):
        image, size_wh = decoding(data)
    place = _pixels_of(fd, image.shape)
    if image.ctypes.data != place.ctypes.data:
        np.copyto(place, image)
    return {"shape": image.shape, "size_wh": size_wh}, b""


def render_from(
    render: Render, prediction: Prediction, shape: tuple[int, int, int], message: Message
) -> tuple[dict[str, object], bytes]:
    """What `render` makes of the picture in the file."""
    return {}, render(_pixels_of(_file_of(message), shape), prediction)


def _pixels_of(fd: int, shape: tuple[int, ...]) -> Image:
    """An array on the file's memory, which grows for it.

    Small files stay mapped, as to map one again costs more than a copy.
    """
    n_bytes, file = math.prod(shape), os.fstat(fd)
    if file.st_size < n_bytes:
        os.truncate(fd, n_bytes)
    mapping = _MAPPED.pop(file.st_ino, None)
    if mapping is None or len(mapping) < n_bytes:
        mapping = mmap.mmap(fd, max(file.st_size, n_bytes))
    if len(mapping) <= _MOST_MAPPED:
        _MAPPED[file.st_ino] = mapping
    while sum(map(len, _MAPPED.values())) > _MOST_MAPPED:
        _MAPPED.popitem(last=False)
    return np.frombuffer(mapping, np.uint8, n_bytes).reshape(shape)


def _file_of(message: Message) -> int:
    if message.fd is None:
        raise ValueError("a task came without its file")
    return message.fd


def _be_quiet() -> None:
    """Codecs tell their troubles to the terminal, some of them line by line, with what is read."""
    nothing = os.open(_NOTHING, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)
    logging.disable()
    warnings.simplefilter("ignore")


def _limit_memory(n_bytes: int) -> None:
    """So much beyond what the process has already; shared memory is not counted."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[5])
    limit = pages * resource.getpagesize() + n_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(cpu_s: int) -> None:
    """The kernel ends the process (SIGXCPU) after so much more processor time, up to 1 s less."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
