"""Prints a line "GROUP STATE TYPE PROTOCOL MEMBERS" for each group: list_groups.py ADDRESS"""

import sys

from confluent_kafka.admin import AdminClient

admin = AdminClient({"bootstrap.servers": sys.argv[1]})
for group in admin.list_groups(timeout=30):
    if group.error is not None:
        sys.exit(f"{group.id}: {group.error}")
    print(group.id, group.state, group.protocol_type, group.protocol or "-", len(group.members))
