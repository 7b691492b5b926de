"""A line that can be cut: passes bytes on to a server, and counts those on the way there."""

from __future__ import annotations

import socket
import struct
import threading
from types import TracebackType

BLOCK = 1 << 16
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER that makes close() reset the connection, as a router that fails does."""


class Proxy:
    """Listens on ``port`` of 127.0.0.1. ``sent``: bytes passed to the server so far."""

    def __init__(self, target: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.sent = int(self._listener.getsockname()[1]), 0
        self.cuts: list[int] = []
        """Counts of ``sent`` at which all connections are reset, each once, in order."""
        self._target = target
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType
    ) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Reset all connections."""
        with self._lock:
            for end in self._open:
                try:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()
            self._open.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            threading.Thread(target=self._pass, args=(client, server, 1), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, 0), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: int) -> None:
        try:
            while block := source.recv(BLOCK):
                target.sendall(block)
                with self._lock:
                    self.sent += len(block) * counted
                    cut = bool(self.cuts) and self.sent >= self.cuts[0]
                    if cut:
                        self.cuts.pop(0)
                if cut:
                    self.cut()
        except OSError:
            pass
        with self._lock:
            for end in (source, target):
                self._open.discard(end)
                end.close()
