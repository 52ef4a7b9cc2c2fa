"""Prints "key partition" for 10,000 keys, as librdkafka partitions them: partitions.py ADDRESS PARTITIONS"""

import sys

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

address, partitions = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": address})
admin.create_topics([NewTopic("partitioned", int(partitions), 1)], request_timeout=30)["partitioned"].result()


def on_delivery(error, message):
    if error is not None:
        sys.exit(str(error))
    print(message.key().decode(), message.partition())


producer = Producer({"bootstrap.servers": address, "partitioner": "murmur2_random", "linger.ms": 5})
for number in range(10_000):
    producer.produce("partitioned", key=f"{number * 7919:x}" * (1 + number % 5), value=b"", on_delivery=on_delivery)
    producer.poll(0)
if producer.flush(90):
    sys.exit("Records are unsent.")
