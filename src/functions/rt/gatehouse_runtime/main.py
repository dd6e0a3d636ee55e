"""Boot, initialise, serve."""
import json
import os
import signal
import site
import struct
import sys
import time

from . import answers, channel, errors, handler, listeners, logs
from .context import LambdaContext

_RESPONSE_BYTES_MAX = 6291556
# what AWS says before the error of an initialisation
_UNHANDLED = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. However, in rare cases, "
    "a Lambda runtime update can cause unexpected function behavior. For functions using managed runtimes, runtime updates "
    "can be triggered by a function change, or can be applied automatically. To determine if the runtime has been updated, "
    "check the runtime version in the INIT_START log entry. If this error correlates with a change in the runtime version, "
    "you may be able to mitigate this error by temporarily rolling back to the previous runtime version. For more "
    "information, see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r"
)


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
    except Exception as error:
        result = errors.describe(error, "")
        logs.warn(_UNHANDLED)
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
        result = errors.describe(errors.RuntimeFault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}"), request_id)
        return _fail(result)
    try:
        answer = function(event, LambdaContext(settings, meta))
    except Exception as error:
        return _fail(errors.describe(error, request_id))
    try:
        text = answers.to_bytes(answer)
    except Exception as error:
        fault = errors.RuntimeFault("Runtime.MarshalError", f"Unable to marshal response: {error}")
        return _fail(errors.describe(fault, request_id))
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
