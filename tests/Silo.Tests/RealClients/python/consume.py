"""Prints all that a topic holds, a line "partition TAB key TAB value" each: consume.py ADDRESS TOPIC"""

import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

address, topic = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": address,
        "group.id": "none",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "check.crcs": True,
    }
)
partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
unfinished = set(partitions)
while unfinished:
    message = consumer.poll(30)
    if message is None:
        sys.exit(f"Nothing within 30 s; unfinished: {sorted(unfinished)}")
    error = message.error()
    if error is None:
        print(message.partition(), message.key().decode(), message.value().decode(), sep="\t")
    elif error.code() == KafkaError._PARTITION_EOF:
        unfinished.discard(message.partition())
    else:
        sys.exit(str(error))
consumer.close()
