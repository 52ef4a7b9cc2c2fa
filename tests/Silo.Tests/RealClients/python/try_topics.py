"""Lists the topics, then writes to some, and prints what came of it: try_topics.py ADDRESS USER PASSWORD TOPIC..."""

import sys

from confluent_kafka import Producer

address, user, password, *topics = sys.argv[1:]
producer = Producer(
    {
        "bootstrap.servers": address,
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": user,
        "sasl.password": password,
        "enable.idempotence": True,
    }
)
print(sorted(producer.list_topics(timeout=30).topics))
for topic in topics:
    outcome = []
    producer.produce(topic, value="value", on_delivery=lambda error, message: outcome.append(error))
    producer.flush(30)
    print(f"{topic}: {outcome[0].name() if outcome[0] else None}")
