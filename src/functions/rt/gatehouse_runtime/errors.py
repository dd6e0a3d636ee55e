"""Errors as Lambda's Python runtime answers and logs them (docs: python-exceptions)."""
import json
import os
import sys
import traceback

from . import logs

# AWS indents the log's stack trace by no-break spaces
_INDENT = "\u00a0"
_OWN = os.path.dirname(os.path.abspath(__file__))
# where this machine has Python's own modules, and where Lambda has them
_LIBRARY = os.path.dirname(os.__file__)
_LIBRARY_SHOWN = "/var/lang/lib/python%d.%d" % sys.version_info[:2]


class RuntimeFault(Exception):
    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind = kind
        self.trace = trace


def describe(error, request_id):
    """The answer of a failed initialisation or invocation."""
    if isinstance(error, RuntimeFault):
        return _result(error.kind, str(error), error.trace or [], request_id)
    frames = traceback.extract_tb(error.__traceback__)
    # the first ones are the runtime's own
    while frames and frames[0].filename.startswith(_OWN):
        del frames[0]
    return _result(type(error).__name__, str(error), traceback.format_list(map(_shown, frames)), request_id)


def _shown(frame):
    """Without columns: AWS's traces mark no part of a line."""
    filename = frame.filename
    if filename.startswith(_LIBRARY):
        filename = _LIBRARY_SHOWN + filename[len(_LIBRARY) :]
    return filename, frame.lineno, frame.name, frame.line


def _result(kind, message, trace, request_id):
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def log(result):
    if logs.is_json():
        logs.error_record(result)
        return
    lines = [f"[ERROR] {result['errorType']}: {result['errorMessage']}" if result["errorMessage"] else f"[ERROR] {result['errorType']}"]
    lines.append("Traceback (most recent call last):")
    for element in result["stackTrace"]:
        for line in element.splitlines():
            text = line.lstrip(" ")
            lines.append(_INDENT * (len(line) - len(text)) + text)
    logs.record("\n".join(lines))


def to_json(result):
    return json.dumps(result, ensure_ascii=False)
