"""The connection to the gateway, and its errors."""

import time

import grpc
from google.rpc import error_details_pb2, status_pb2


def connect(address, service_config):
    """Connects with a service config, which retries calls that fail with UNAVAILABLE. Without TLS, as `npm start`."""
    with open(service_config, encoding="utf-8") as file:
        return grpc.insecure_channel(address, options=[("grpc.service_config", file.read())])


def call(method, request, attempts=5):
    """Calls a method, again if the connection is lost in the middle of a response, which the service config does not retry."""
    for attempt in range(1, attempts + 1):
        try:
            return method(request, timeout=60)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE or attempt == attempts:
                raise
            time.sleep(1)


def describe(error):
    """Describes an error: status code, reason, invalid fields, and the delay after which a retry can succeed."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if details is None:
        # The client library raised it itself, for example because no gateway can be reached.
        return f"{error.code().name} {error.details()}"
    words = [error.code().name]
    for detail in status_pb2.Status.FromString(details).details:
        info = error_details_pb2.ErrorInfo()
        invalid = error_details_pb2.BadRequest()
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            words.append(info.reason)
        elif detail.Unpack(invalid):
            words.append(",".join(violation.field for violation in invalid.field_violations))
        elif detail.Unpack(retry):
            words.append(f"retry after {retry.retry_delay.seconds} s")
    return " ".join(words)
