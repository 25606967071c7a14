"""The connection to the gateway, and its errors."""

import os
import time

import grpc
from google.rpc import error_details_pb2, status_pb2

# Seconds. After a longer delay the caller should decide whether it still wants the call.
LONGEST_DELAY = 60


def connect(address, service_config):
    """
    Connects with a service config, which retries calls that fail with UNAVAILABLE. With WXA_CA_FILE over TLS, with the API key or
    JWT of WXA_TOKEN_FILE; without it as `npm start`.
    """
    options = [("grpc.service_config", read(service_config))]
    ca = os.environ.get("WXA_CA_FILE")
    if ca is None:
        return grpc.insecure_channel(address, options)
    tls = grpc.ssl_channel_credentials(read(ca).encode())
    token = grpc.access_token_call_credentials(read(os.environ["WXA_TOKEN_FILE"]).strip())
    return grpc.secure_channel(address, grpc.composite_channel_credentials(tls, token), options)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def call(method, request, attempts=5):
    """Calls a method, and again after the delay that its error allows. A request of a change needs a request_id."""
    for attempt in range(1, attempts + 1):
        try:
            return method(request, timeout=60)
        except grpc.RpcError as error:
            delay = retry_delay(error)
            if delay is None or delay > LONGEST_DELAY or attempt == attempts:
                raise
            time.sleep(delay)


def retry_delay(error):
    """Seconds after which the same request can succeed; None if it cannot."""
    info, _, retry = details(error)
    # WeChat refused a query: the same request_id returns the same error.
    if info is not None and info.metadata["api"]:
        return None
    if retry is not None:
        return retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    # The service config does not retry a call whose connection is lost in the middle of the response.
    return 1 if error.code() == grpc.StatusCode.UNAVAILABLE else None


def describe(error):
    """Describes an error: status code, reason, invalid fields, and the delay after which a retry can succeed."""
    info, invalid, retry = details(error)
    if info is None:
        # The client library raised it itself, for example because no gateway can be reached.
        return f"{error.code().name} {error.details()}"
    words = [error.code().name, info.reason]
    if invalid is not None:
        words.append(",".join(violation.field for violation in invalid.field_violations))
    if retry is not None:
        words.append(f"retry after {retry_delay(error)} s")
    return " ".join(words)


def details(error):
    """The ErrorInfo, BadRequest and RetryInfo of an error; None for each that it does not have."""
    packed = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    found = [None, None, None]
    types = [error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo]
    for detail in status_pb2.Status.FromString(packed).details:
        for index, new in enumerate(types):
            message = new()
            if detail.Unpack(message):
                found[index] = message
    return found
