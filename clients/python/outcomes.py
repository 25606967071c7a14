"""Handles the outcomes of changes once each. Arguments: brokers, topic, group, number of outcomes to handle."""

import os
import sys

from confluent_kafka import Consumer, KafkaException
from google.protobuf import json_format
from wxa.code.v1 import events_pb2, operations_pb2

MESSAGES = {
    "wxa.code.v1.OperationCompleted": events_pb2.OperationCompleted,
    "wxa.code.v1.OperationInDoubt": events_pb2.OperationInDoubt,
}


def main(brokers, topic, group, outcomes):
    # The events that were handled. A service keeps them in a table of its own, with `ce_id` as primary key, and adds a row
    # in the transaction of its work.
    handled = set()
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": group,
            "auto.offset.reset": "earliest",
            # Offsets are committed after the work, so that a crash repeats it instead of losing it.
            "enable.auto.commit": False,
            **security(),
        }
    )
    consumer.subscribe([topic])
    while len(handled) < int(outcomes):
        # The records of a mini-program are in one partition and in order: handle them one after the other.
        record = consumer.poll(1)
        if record is None:
            continue
        if record.error():
            raise KafkaException(record.error())
        take(record, handled)
        consumer.commit(record, asynchronous=False)
    consumer.close()


def security():
    """With KAFKA_TLS_CA_FILE: TLS and SCRAM, as a user with a password file; without it as `npm start`."""
    ca = os.environ.get("KAFKA_TLS_CA_FILE")
    if ca is None:
        return {}
    with open(os.environ["KAFKA_SASL_PASSWORD_FILE"], encoding="utf-8") as file:
        password = file.read().strip()
    return {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": ca,
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": os.environ["KAFKA_SASL_USERNAME"],
        "sasl.password": password,
    }


def take(record, handled):
    headers = {name: value.decode() for name, value in record.headers()}
    # Most outcomes are of queries, whose callers have the answer already.
    if headers["ce_kind"] != "change" or headers["ce_id"] in handled:
        return
    message = MESSAGES.get(headers["ce_type"])
    # Later versions may publish further types, and add fields.
    if message is None:
        return
    operation = json_format.Parse(record.value(), message(), ignore_unknown_fields=True).operation
    print(operation.method, operation.request_id, operations_pb2.OperationState.Name(operation.state), flush=True)
    handled.add(headers["ce_id"])


if __name__ == "__main__":
    main(*sys.argv[1:])
