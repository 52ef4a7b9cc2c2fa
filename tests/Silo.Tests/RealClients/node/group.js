// Reads a topic as a group, then administers group and topic, and prints a line for each: group.js ADDRESS TOPIC COUNT
const { ConfigResourceTypes, Kafka, logLevel } = require("kafkajs");

const [address, topic, count] = process.argv.slice(2);
const groupId = "kafkajs";
const kafka = new Kafka({ brokers: [address], logLevel: logLevel.ERROR });

async function read(admin) {
  const consumer = kafka.consumer({ groupId });
  const offsets = new Map();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, (event) => reject(event.payload.error));
    consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        offsets.set(`${partition}/${message.offset}`, { topic, partition, offset: `${Number(message.offset) + 1}` });
        if (offsets.size === Number(count)) {
          resolve();
        }
      },
    });
  });
  const { groups } = await admin.describeGroups([groupId]);
  console.log("state", groups[0].state, groups[0].members.length);
  await consumer.commitOffsets([...offsets.values()]);
  await consumer.disconnect();
  console.log("read", offsets.size);
}

async function administer(admin) {
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] });
  console.log("committed", partitions.reduce((sum, partition) => sum + Number(partition.offset), 0));
  const { groups } = await admin.listGroups();
  console.log("groups", groups.map((group) => group.groupId).join());
  const [deleted] = await admin.deleteGroups([groupId]);
  console.log("deleted", deleted.groupId, deleted.errorCode ?? 0);

  const configEntries = [{ name: "retention.ms", value: "86400000" }];
  await admin.alterConfigs({ resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }] });
  const { resources } = await admin.describeConfigs({
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ["retention.ms"] }],
  });
  console.log("retention", resources[0].configEntries[0].configValue);
  console.log("moving", (await admin.listPartitionReassignments({})).topics.length);
}

async function main() {
  const admin = kafka.admin();
  await admin.connect();
  await read(admin);
  await administer(admin);
  await admin.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
