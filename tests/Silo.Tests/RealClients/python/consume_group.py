"""Reads a topic as a member of a group: consume_group.py ADDRESS GROUP TOPIC ASSIGNOR SESSION_MS [INSTANCE_ID]

Commits what it has read before it reads on, and prints a line for each thing that happens, with the time in front on
the clock that all processes share:

    TIME owns PARTITION,PARTITION,...   everything assigned to it, whenever that changes
    TIME starts PARTITION OFFSET        a partition it was given, and the offset committed for it; -1001 for none
    TIME read PARTITION FIRST LAST      consecutive records
    TIME committed PARTITION OFFSET
"""

import signal
import sys
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

address, group, topic, assignor, session_ms = sys.argv[1:6]
config = {
    "bootstrap.servers": address,
    "group.id": group,
    "partition.assignment.strategy": assignor,
    "session.timeout.ms": int(session_ms),
    "heartbeat.interval.ms": 200,
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "check.crcs": True,
}
if len(sys.argv) > 6:
    config["group.instance.id"] = sys.argv[6]
consumer = Consumer(config)
owned = set()
stopping = False


def say(*words):
    # In one write, so that a line is whole or missing however suddenly the process ends.
    sys.stdout.write(" ".join(map(str, (time.monotonic_ns(), *words))) + "\n")
    sys.stdout.flush()


def on_assign(_, partitions):
    for partition in consumer.committed(partitions, timeout=30):
        say("starts", partition.partition, partition.offset)
    owned.update(partition.partition for partition in partitions)
    say("owns", ",".join(map(str, sorted(owned))))


def on_revoke(_, partitions):
    owned.difference_update(partition.partition for partition in partitions)
    say("owns", ",".join(map(str, sorted(owned))))


def stop(*_):
    global stopping
    stopping = True


signal.signal(signal.SIGTERM, stop)
consumer.subscribe([topic], on_assign=on_assign, on_revoke=on_revoke)
while not stopping:
    read = {}
    for message in consumer.consume(500, timeout=0.1):
        if message.error() is not None:
            sys.exit(str(message.error()))
        first, last = read.setdefault(message.partition(), (message.offset(), message.offset() - 1))
        if message.offset() != last + 1:
            sys.exit(f"{message.partition()}: {message.offset()} after {last}")
        read[message.partition()] = (first, message.offset())
    for partition, (first, last) in read.items():
        say("read", partition, first, last)
    if read:
        offsets = [TopicPartition(topic, partition, last + 1) for partition, (_, last) in read.items()]
        try:
            consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as refused:
            # A new generation: whoever has the partitions now reads these records again.
            say("refused", refused)
            continue
        for offset in offsets:
            say("committed", offset.partition, offset.offset)
consumer.close()
