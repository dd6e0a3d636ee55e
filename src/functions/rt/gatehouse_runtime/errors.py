"""Errors as Lambda's Python runtime answers and logs them (docs: python-exceptions)."""
import json
import traceback

from . import logs

# AWS indents the log's stack trace by no-break spaces
_INDENT = "\u00a0\u00a0"


class RuntimeFault(Exception):
    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind = kind
        self.trace = trace


def describe(error, request_id, skip_frames):
    """The answer of a failed invocation; the first frames are the runtime's own."""
    if isinstance(error, RuntimeFault):
        return _result(error.kind, str(error), error.trace or [], request_id)
    frames = traceback.extract_tb(error.__traceback__)[skip_frames:]
    return _result(type(error).__name__, str(error), traceback.format_list(frames), request_id)


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
            lines.append(_INDENT * ((len(line) - len(text)) // 2) + text)
    logs.record("\n".join(lines))


def to_json(result):
    return json.dumps(result, ensure_ascii=False)
