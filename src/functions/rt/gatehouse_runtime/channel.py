"""The sandbox's end of the channel on fd 3. Frame: u32 length, u8 type, u24 invocation number (little endian), payload."""
import os
import resource
import struct
import threading
import time

FD = 3

# kept in step with src/functions/frames.ts
ASSIGN, INVOKE, SHUTDOWN = 1, 2, 3
BOOTED, READY, RESULT, ERROR = 9, 10, 11, 12
LOG, INIT_ERROR, OUTPUT, FATAL = 16, 17, 18, 19

_HEADER = struct.Struct("<II")
_PEAK = struct.Struct("<I")
_lock = threading.Lock()
_sequence = 0
# what came together with the last frame and belongs to the next
_held = b""
_READ_BYTES = 65536
_READ_BYTES_MAX = 1 << 20

_PEAK_LOOK_SECONDS = 0.1
_peak_kb = 0
_peak_at = -1.0


def _some(size):
    part = os.read(FD, min(size, _READ_BYTES_MAX))
    if not part:
        os._exit(0)  # the platform is gone
    return part


def receive():
    """Waits for the next frame: this blocks between invocations, as Lambda freezes its environment."""
    global _sequence, _held
    # a frame nearly always comes in one piece
    data = _held or _some(_READ_BYTES)
    while len(data) < _HEADER.size:
        data += _some(_READ_BYTES)
    length, word = _HEADER.unpack_from(data)
    end = _HEADER.size + length
    if len(data) < end:
        data = bytearray(data)
        while len(data) < end:
            data += _some(end - len(data))
        data = bytes(data)
    _held = data[end:]
    _sequence = word >> 8
    return word & 255, data[_HEADER.size : end]


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
    send(kind, _PEAK.pack(_peak()) + data)


def _peak():
    """As of a moment ago: a short invocation would feel a question to the kernel."""
    global _peak_kb, _peak_at
    now = time.monotonic()
    if now - _peak_at > _PEAK_LOOK_SECONDS:
        _peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        _peak_at = now
    return _peak_kb
