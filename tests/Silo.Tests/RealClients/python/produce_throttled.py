"""Sends records until the broker tells it to wait: produce_throttled.py ADDRESS TOPIC

Ends well once it was told so and every record sent is acknowledged; prints for how many milliseconds, at most.
"""

import sys
import time

from confluent_kafka import Producer

address, topic = sys.argv[1:]
waits = []
failures = []
producer = Producer({
    "bootstrap.servers": address,
    "client.id": "greedy",
    "throttle_cb": lambda event: waits.append(event.throttle_time),
})
deadline = time.monotonic() + 60
while not waits and time.monotonic() < deadline:
    producer.produce(topic, b"x" * 1000, on_delivery=lambda error, _: error and failures.append(error))
    if len(producer) > 100:
        producer.poll(0.1)
if producer.flush(60) or failures or not waits:
    sys.exit(f"{len(producer)} records are left, {len(failures)} failed, {len(waits)} waits.")
print(round(max(waits) * 1000))
