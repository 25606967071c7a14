"""
Follows one audit: commits, submits it, waits for the verdict on Kafka, and releases the version. Arguments: gateway, service config,
appid, brokers, topic of audits, group.
"""

import sys

from confluent_kafka import Consumer, KafkaException
from google.protobuf import json_format
from wxa.code.v1 import code_management_pb2, code_management_pb2_grpc, events_pb2, operations_pb2, operations_pb2_grpc

from gateway import call, connect
from outcomes import security
from release import wait_until_final


def main(address, service_config, appid, brokers, topic, group):
    with connect(address, service_config) as channel:
        code = code_management_pb2_grpc.CodeManagementStub(channel)
        operations = operations_pb2_grpc.OperationsStub(channel)
        commit = code_management_pb2.CommitRequest(
            appid=appid, request_id="commit-audited", template_id=1, user_version="2.0.0"
        )
        succeeded(operations, call(code.Commit, commit))
        item = code_management_pb2.AuditItem(
            address="index", title="首页", tag="学习", first_class="工具", first_id=1, second_class="备忘录", second_id=2
        )
        submit = code_management_pb2.SubmitAuditRequest(appid=appid, request_id="submit-2.0.0", items=[item])
        submitted = succeeded(operations, call(code.SubmitAudit, submit))
        audit_id = submitted.submit_audit.audit_id
        print("submitted", flush=True)
        audit = verdict_of(submitted.id, brokers, topic, group)
        print(events_pb2.AuditCompleted.DESCRIPTOR.name, audit.user_version, list(audit.reasons), flush=True)
        if audit.result != events_pb2.AUDIT_RESULT_APPROVED:
            return
        # The guard refuses if another version would go out, for example because somebody submitted again.
        release = code_management_pb2.ReleaseRequest(
            appid=appid, request_id="release-2.0.0", expected_audit_id=audit_id
        )
        succeeded(operations, call(code.Release, release))
        print("released", flush=True)


def succeeded(operations, accepted):
    ended = wait_until_final(operations, accepted.id)
    if ended.state != operations_pb2.OPERATION_STATE_SUCCEEDED:
        raise SystemExit(f"{ended.method} {ended.error.reason}: {ended.error.hint}")
    return ended


def verdict_of(operation_id, brokers, topic, group):
    """An audit can take days: a service does this in a consumer of its own, and keeps what it waits for in a table."""
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": group,
            "auto.offset.reset": "earliest",
            # Nothing is committed, so that a run after a crash reads the verdict again.
            "enable.auto.commit": False,
            **security(),
        }
    )
    consumer.subscribe([topic])
    while True:
        record = consumer.poll(1)
        if record is None:
            continue
        if record.error():
            raise KafkaException(record.error())
        headers = {name: value.decode() for name, value in record.headers()}
        # AuditDelayed is no verdict.
        if headers["ce_type"] != "wxa.code.v1.AuditCompleted":
            continue
        audit = json_format.Parse(record.value(), events_pb2.AuditCompleted(), ignore_unknown_fields=True)
        # The id that SubmitAudit returned. An audit_id says nothing without its mini-program.
        if audit.operation_id == operation_id:
            consumer.close()
            return audit


main(*sys.argv[1:])
