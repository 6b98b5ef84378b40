"""One message over a Unix socket: a header, a body of any size, and perhaps an open file."""

import socket
import struct
from typing import NamedTuple

_LENGTHS = struct.Struct("!IQ")


class Message(NamedTuple):
    """What came; fd: a file descriptor that now belongs to the receiver."""

    header: bytes
    body: bytearray
    fd: int | None


def send(
    connection: socket.socket, header: bytes, body: bytes = b"", *, fd: int | None = None
) -> None:
    """Send one message whole. Raises OSError (TimeoutError among them)."""
    view = memoryview(body).cast("B")
    lengths = _LENGTHS.pack(len(header), len(view))
    socket.send_fds(connection, [lengths], [] if fd is None else [fd])
    connection.sendall(header)
    connection.sendall(view)


def receive(connection: socket.socket) -> Message:
    """The next message. Raises EOFError where the other side has ended, and OSError."""
    start, fds, _, _ = socket.recv_fds(connection, _LENGTHS.size, 1)
    if not start:
        raise EOFError
    lengths = bytearray(start) + _read(connection, _LENGTHS.size - len(start))
    n_header, n_body = _LENGTHS.unpack(lengths)
    header = bytes(_read(connection, n_header))
    return Message(header, _read(connection, n_body), fds[0] if fds else None)


def _read(connection: socket.socket, count: int) -> bytearray:
    data = bytearray(count)
    view = memoryview(data)
    while view:
        if not (got := connection.recv_into(view)):
            raise EOFError
        view = view[got:]
    return data
