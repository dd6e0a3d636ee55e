"""Boot, initialise, serve."""
import decimal
import json
import os
import signal
import site
import struct
import sys
import time

from . import channel, errors, handler, listeners, logs
from .context import LambdaContext

_RESPONSE_BYTES_MAX = 6291556
# frames of this file above the handler's own in a traceback
_OWN_FRAMES = 1


def run():
    settings = json.loads(os.environ.pop("GATEHOUSE_BOOT", "{}"))
    ports = listeners.hand_over(**settings["listeners"]) if settings.get("listeners") else {}
    for name in ("NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE"):
        os.environ.pop(name, None)
    # late: started by supervise.sh, when the function is known
    if not settings.get("late"):
        channel.send(channel.BOOTED, json.dumps(ports))
    assignment = json.loads(channel.receive()[1])
    try:
        function = _initialise(assignment)
    except errors.RuntimeFault as error:
        result = errors.describe(error, "", 0)
        errors.log(result)
        logs.flush()
        channel.send_with_peak(channel.INIT_ERROR, errors.to_json(result))
        os._exit(1)
    except SystemExit as error:
        _exit(error)
    channel.send_with_peak(channel.READY, b"")
    settings = assignment["function"]
    try:
        while True:
            _serve(function, settings)
    except SystemExit as error:
        _exit(error)


def _exit(error):
    logs.flush()
    os._exit(error.code if isinstance(error.code, int) else 0 if error.code is None else 1)


def _initialise(assignment):
    os.environ.update(assignment["env"])
    time.tzset()
    os.chdir(assignment["root"])
    site.setquit()
    handler.search_paths(assignment["root"], os.environ)
    logs.install(assignment["logging"])
    return handler.load(os.environ["_HANDLER"])


def _serve(function, settings):
    kind, payload = channel.receive()
    if kind == channel.SHUTDOWN:
        # its own handlers run now, as on Lambda when there are extensions (docs: lambda-runtime-environment, shutdown phase)
        os.kill(os.getpid(), signal.SIGTERM)
        sys.exit(0)
    (meta_size,) = struct.unpack_from("<I", payload)
    meta = json.loads(payload[4 : 4 + meta_size])
    request_id = meta["requestId"]
    logs.set_request(request_id)
    _set_trace(meta.get("traceHeader"))
    try:
        event = json.loads(payload[4 + meta_size :] or b"{}")
    except ValueError as error:
        result = errors.describe(errors.RuntimeFault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}"), request_id, 0)
        return _fail(result)
    try:
        answer = function(event, LambdaContext(settings, meta))
    except Exception as error:
        return _fail(errors.describe(error, request_id, _OWN_FRAMES))
    try:
        text = _to_json(answer).encode("utf-8")
    except Exception as error:
        fault = errors.RuntimeFault("Runtime.MarshalError", f"Unable to marshal response: {error}")
        return _fail(errors.describe(fault, request_id, 0))
    if len(text) > _RESPONSE_BYTES_MAX:
        message = f"Response payload size exceeded maximum allowed payload size ({_RESPONSE_BYTES_MAX} bytes)."
        text = errors.to_json({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message})
        logs.flush()
        return channel.send_with_peak(channel.ERROR, text)
    logs.flush()
    channel.send_with_peak(channel.RESULT, text)


def _fail(result):
    errors.log(result)
    logs.flush()
    channel.send_with_peak(channel.ERROR, errors.to_json(result))


def _set_trace(header):
    if header is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = header


def _to_json(answer):
    return json.dumps(answer, ensure_ascii=_escapes(), default=_number)


def _escapes():
    """Up to python3.11 answers are ASCII; later ones are UTF-8."""
    minor = os.environ.get("AWS_EXECUTION_ENV", "").rpartition(".")[2]
    return minor.isdigit() and int(minor) < 12


def _number(value):
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
