"""Answers as JSON, by the encoder of Lambda's own runtime, which functions find there too (simplejson)."""
import decimal
import json
import math
import os
import sys

_BROUGHT = "/var/runtime"


def _bring():
    """Loaded while booting ahead; None where the runtime does not bring it."""
    if not os.path.isdir(f"{_BROUGHT}/simplejson"):
        return None
    sys.path.insert(0, _BROUGHT)
    try:
        import simplejson
    except ImportError:
        return None
    finally:
        sys.path.remove(_BROUGHT)
    return simplejson


_library = _bring()


class _Encoder((_library or json).JSONEncoder):
    def __init__(self):
        options = {"allow_nan": True, "ensure_ascii": _escapes()}
        if _library:
            options["use_decimal"] = False
        super().__init__(**options)

    def default(self, value):
        if not isinstance(value, decimal.Decimal):
            return super().default(value)
        if value.is_nan():
            return math.nan
        if _library:
            # digit for digit: 1.10 stays 1.10
            return _library.RawJSON(str(value))
        return int(value) if value == value.to_integral_value() else float(value)


def _escapes():
    """Up to python3.11 answers are ASCII; later ones are UTF-8."""
    minor = os.environ.get("AWS_EXECUTION_ENV", "").rpartition(".")[2]
    return minor.isdigit() and int(minor) < 12


_encoder = None
# for an interpreter of another version than the one that simplejson was installed for: there it is slow with what is large,
# so it writes only what the standard library cannot (named tuples are lists then)
_quick = None


def _prepare():
    global _encoder, _quick
    _encoder = _Encoder()
    if _library and _library.encoder.c_make_encoder is None:
        _quick = json.JSONEncoder(ensure_ascii=_escapes())


def to_bytes(answer):
    """Bytes are answered as they are."""
    if isinstance(answer, bytes):
        return answer
    if _encoder is None:
        _prepare()
    return _write(answer).encode("utf-8")


def _write(answer):
    if _quick is not None:
        try:
            return _quick.encode(answer)
        except TypeError:
            pass
    return _encoder.encode(answer)
