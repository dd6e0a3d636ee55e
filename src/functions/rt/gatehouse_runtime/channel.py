"""The sandbox's end of the channel on fd 3. Frame: u32 length, u8 type, u24 invocation number (little endian), payload."""
import os
import resource
import struct
import threading

FD = 3

# kept in step with src/functions/frames.ts
ASSIGN, INVOKE, SHUTDOWN = 1, 2, 3
BOOTED, READY, RESULT, ERROR = 9, 10, 11, 12
LOG, INIT_ERROR, OUTPUT, FATAL = 16, 17, 18, 19

_HEADER = struct.Struct("<II")
_PEAK = struct.Struct("<I")
_lock = threading.Lock()
_sequence = 0


def _read(size):
    parts = []
    while size:
        part = os.read(FD, size)
        if not part:
            os._exit(0)  # the platform is gone
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def receive():
    """Waits for the next frame: this blocks between invocations, as Lambda freezes its environment."""
    global _sequence
    length, word = _HEADER.unpack(_read(8))
    _sequence = word >> 8
    return word & 255, _read(length)


def send(kind, payload):
    data = payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else payload
    view = memoryview(_HEADER.pack(len(data), _sequence << 8 | kind) + data)
    with _lock:
        while view:
            try:
                view = view[os.write(FD, view) :]
            except BrokenPipeError:
                os._exit(0)


def send_with_peak(kind, payload):
    """An answer begins with the peak resident memory of this process in KB."""
    data = payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else payload
    send(kind, _PEAK.pack(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) + data)
