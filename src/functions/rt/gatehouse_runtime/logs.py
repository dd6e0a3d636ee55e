"""print and the logging module as Lambda's Python runtime writes them (docs: python-logging)."""
import io
import json
import logging
import sys
import time
import traceback

from . import channel

_settings = {"format": "Text", "level": None}
_request_id = ""


def set_request(request_id):
    global _request_id
    _request_id = request_id


def is_json():
    return _settings["format"] == "JSON"


def record(text):
    """One log event."""
    channel.send(channel.LOG, text)


def _now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def error_record(result):
    entry = {
        "timestamp": _now(),
        "level": "ERROR",
        "errorMessage": result["errorMessage"],
        "errorType": result["errorType"],
        "requestId": result["requestId"],
        "stackTrace": result["stackTrace"],
    }
    record(json.dumps(entry, ensure_ascii=False))


class _Output(io.TextIOBase):
    """Standard output and error: bytes go to the platform in order with the answer."""

    encoding = "utf-8"

    def __init__(self, fd):
        self._fd = fd
        self._held = ""
        self.buffer = _Bytes(self)

    def fileno(self):
        return self._fd

    def writable(self):
        return True

    def write(self, text):
        self._held += text
        # print(…, end="") writes its empty end too
        if "\n" in text or text == "" or len(self._held) > 65536:
            self.flush()
        return len(text)

    def flush(self):
        held, self._held = self._held, ""
        if held:
            channel.send(channel.OUTPUT, held)


class _Bytes(io.RawIOBase):
    def __init__(self, text):
        self._text = text

    def writable(self):
        return True

    def write(self, data):
        self._text.flush()
        channel.send(channel.OUTPUT, bytes(data))
        return len(data)


class _Filter(logging.Filter):
    def filter(self, entry):
        entry.aws_request_id = _request_id
        return True


class _Handler(logging.Handler):
    def emit(self, entry):
        try:
            record(self.format(entry).rstrip("\n"))
        except Exception:
            self.handleError(entry)


class _JsonFormatter(logging.Formatter):
    # taskName (Python 3.12) is shown where there is one
    _standard = frozenset(vars(logging.makeLogRecord({}))) - {"taskName"} | {"aws_request_id"}

    def format(self, entry):
        number = min(50, max(0, entry.levelno)) // 10 * 10
        fields = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry.created)),
            "level": logging.getLevelName(number),
            "message": entry.msg if isinstance(entry.msg, dict) and not entry.args else entry.getMessage(),
            "logger": entry.name,
        }
        if entry.exc_info:
            kind, error, trace = entry.exc_info
            fields["stackTrace"] = traceback.format_tb(trace)
            fields["errorType"] = kind.__name__ if kind else None
            fields["errorMessage"] = str(error)
        fields["requestId"] = _request_id
        if entry.exc_info:
            fields["location"] = f"{entry.pathname}:{entry.funcName}:{entry.lineno}"
        for name, value in vars(entry).items():
            if name not in self._standard and name not in fields:
                fields[name] = value
        return json.dumps(
            {name: value for name, value in fields.items() if value is not None}, ensure_ascii=False, default=str
        )


def install(settings):
    _settings.update(settings)
    sys.stdout = _Output(1)
    sys.stderr = _Output(2)
    handler = _Handler()
    if is_json():
        handler.setFormatter(_JsonFormatter())
    else:
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
    handler.addFilter(_Filter())
    root = logging.getLogger()
    root.addHandler(handler)
    if is_json():
        level = _settings.get("level") or "INFO"
        root.setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))


def warn(text):
    """Of the runtime itself, by the function's own settings of logging."""
    logging.getLogger().warning(text)


def flush():
    sys.stdout.flush()
    sys.stderr.flush()
