"""The context object of Python handlers (docs: python-context)."""
import json
import time

from . import channel


class CognitoIdentity:
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, values):
        self.cognito_identity_id = values.get("cognitoIdentityId")
        self.cognito_identity_pool_id = values.get("cognitoIdentityPoolId")

    def __repr__(self):
        return (
            f"CognitoIdentity([cognito_identity_id={self.cognito_identity_id},"
            f"cognito_identity_pool_id={self.cognito_identity_pool_id}])"
        )


class Client:
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))


    def __repr__(self):
        return "Client([" + ",".join(f"{name}={getattr(self, name)}" for name in self.__slots__) + "])"


class ClientContext:
    __slots__ = ("custom", "env", "client")

    def __init__(self, values):
        self.custom = values.get("custom")
        self.env = values.get("env")
        self.client = Client(values["client"]) if values.get("client") is not None else None

    def __repr__(self):
        return f"ClientContext([custom={self.custom},env={self.env},client={self.client}])"


# W3C trace context that a caller may pass on inside of its client context
_W3C = ("traceparent", "tracestate", "baggage")


class LambdaContext:
    def __init__(self, function, meta):
        self.aws_request_id = meta["requestId"]
        self.log_group_name = function["logGroup"]
        self.log_stream_name = function["logStream"]
        self.function_name = function["functionName"]
        self.memory_limit_in_mb = str(function["memoryMb"])
        self.function_version = function["functionVersion"]
        self.invoked_function_arn = meta["arn"]
        self.tenant_id = meta.get("tenantId")
        given = json.loads(meta["clientContext"]) if meta.get("clientContext") else None
        w3c = given.pop("w3c", None) if isinstance(given, dict) else None
        fields = w3c if isinstance(w3c, dict) else {}
        self._w3c_fields = {name: fields[name] for name in _W3C if isinstance(fields.get(name), str)}
        self.client_context = None if given is None else ClientContext(given)
        self.identity = CognitoIdentity(meta.get("identity") or {})
        self._epoch_deadline_time_in_ms = meta["deadlineMs"]

    def get_remaining_time_in_millis(self):
        return max(int(self._epoch_deadline_time_in_ms - time.time() * 1000), 0)

    def w3c(self):
        return dict(self._w3c_fields)

    def log(self, message):
        channel.send(channel.OUTPUT, str(message))

    def __repr__(self):
        fields = (
            "aws_request_id log_group_name log_stream_name function_name memory_limit_in_mb function_version "
            "invoked_function_arn client_context identity tenant_id"
        ).split()
        return "LambdaContext([" + ",".join(f"{name}={getattr(self, name)}" for name in fields) + "])"
