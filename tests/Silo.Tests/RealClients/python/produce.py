"""Sends the lines "key TAB value" of a file, each exactly once: produce.py ADDRESS TOPIC CODEC FILE"""

import sys

from confluent_kafka import Producer

address, topic, codec, path = sys.argv[1:]
failures = []


def on_delivery(error, message):
    if error is not None:
        failures.append(error)


producer = Producer(
    {
        "bootstrap.servers": address,
        "enable.idempotence": True,
        "compression.type": codec,
        "linger.ms": 5,
        "queue.buffering.max.messages": 1_000_000,
    }
)
with open(path, encoding="utf-8") as lines:
    for line in lines:
        key, value = line.rstrip("\n").split("\t", 1)
        producer.produce(topic, value=value, key=key, on_delivery=on_delivery)
        producer.poll(0)

unsent = producer.flush(90)
if unsent or failures:
    sys.exit(f"{unsent} records unsent, {len(failures)} failed: {failures[:3]}")
