// Prints the CPU time of an idle consumer and producer over four seconds, in milliseconds.
// With `unpatched`, without the patch of libs/kafka to kafkajs's request queue.
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const [brokers, topicPrefix, variant] = process.argv.slice(2);
const { scheduleCheckPendingRequests } = RequestQueue.prototype;
const { connectKafka, RecordConsumer, SerialProducer } = await import('@wxa/kafka');
if (variant === 'unpatched') Object.assign(RequestQueue.prototype, { scheduleCheckPendingRequests });

const logger = { error() {}, warn() {}, info() {} };
const connection = connectKafka({ brokers: brokers.split(','), clientId: 'idle', topicPrefix, logger });
const topic = 'wxa.code.commands.v1';
const assigned = new Promise((resolve) => {
  const handlers = { onRecord: (record) => record.done(), onAssigned: resolve, onFatal() {} };
  void new RecordConsumer(connection, { topic, group: variant, logger }, handlers).start();
});
const producer = new SerialProducer(connection);
await producer.send([{ topic: connection.topic(topic), message: { value: 'a' } }]);
await assigned;
setTimeout(() => {
  const before = process.cpuUsage();
  setTimeout(() => {
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);
    process.exit(0);
  }, 4_000);
}, 1_000);
