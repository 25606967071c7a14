"""Commits versions, waits for each, and reads errors. Arguments: gateway, service config, appid, number of commits."""

import sys

import grpc
from google.protobuf.duration_pb2 import Duration
from wxa.code.v1 import code_management_pb2, code_management_pb2_grpc, operations_pb2, operations_pb2_grpc

from gateway import call, connect, describe

FINAL = {
    operations_pb2.OPERATION_STATE_SUCCEEDED,
    operations_pb2.OPERATION_STATE_FAILED,
    operations_pb2.OPERATION_STATE_CANCELLED,
}


def main(address, service_config, appid, commits):
    with connect(address, service_config) as channel:
        code = code_management_pb2_grpc.CodeManagementStub(channel)
        operations = operations_pb2_grpc.OperationsStub(channel)
        for number in range(1, int(commits) + 1):
            commit(code, operations, appid, number)
        pages(code, appid)
        failed_operation(code, operations, appid)
        invalid_request(code, appid)


def commit(code, operations, appid, number):
    """A change: it is accepted at once and runs later. The request_id makes a retry return the same operation."""
    request = code_management_pb2.CommitRequest(
        appid=appid, request_id=f"commit-{number}", template_id=1, user_version=f"1.0.{number}"
    )
    ended = wait_until_final(operations, call(code.Commit, request).id)
    print(ended.request_id, operations_pb2.OperationState.Name(ended.state), flush=True)


def wait_until_final(operations, operation_id):
    """Waits in slices, so that no call outlives a proxy's limit."""
    request = operations_pb2.WaitOperationRequest(id=operation_id, timeout=Duration(seconds=30), until_final=True)
    while True:
        operation = call(operations.WaitOperation, request)
        if operation.state in FINAL:
            return operation


def pages(code, appid):
    """A query: the call returns WeChat's answer. Its deadline covers the wait for earlier calls and for WeChat."""
    response = call(code.ListPages, code_management_pb2.ListPagesRequest(appid=appid, request_id="pages-1"))
    print("pages", len(response.pages))


def failed_operation(code, operations, appid):
    """WeChat's error of a change is in the operation."""
    request = code_management_pb2.ReleaseRequest(appid=appid, request_id="release-1")
    ended = wait_until_final(operations, call(code.Release, request).id)
    state = operations_pb2.OperationState.Name(ended.state)
    print(ended.request_id, state, ended.error.errcode, ended.error.reason)


def invalid_request(code, appid):
    """An error of the call itself has details: here, which field is invalid."""
    try:
        code.Commit(code_management_pb2.CommitRequest(appid=appid, user_version="1.0.0"), timeout=60)
    except grpc.RpcError as error:
        print(describe(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
