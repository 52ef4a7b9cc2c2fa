"""Creates a topic: create_topic.py ADDRESS TOPIC PARTITIONS"""

import sys

from confluent_kafka.admin import AdminClient, NewTopic

address, topic, partitions = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": address})
created = admin.create_topics([NewTopic(topic, int(partitions), 1)], request_timeout=30)
created[topic].result()
