// Handles WeChat's callbacks once each, until it is ended. Needs the npm package kafkajs. Arguments: brokers, topic, group.
import kafkajs from 'kafkajs';

const [brokers = '', topic = '', groupId = ''] = process.argv.slice(2);
// The events that were handled. A service keeps them in a table of its own, with `ce_id` as primary key, and adds a row in the
// transaction of its work.
const handled = new Set();

const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.ERROR });
const consumer = kafka.consumer({ groupId });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => consumer.disconnect());
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
// The records of a mini-program are in one partition and in order. kafkajs commits an offset after the work, so that a crash repeats it.
await consumer.run({ eachMessage: async ({ message }) => take(message) });

function take({ headers, value }) {
  const header = (name) => String(headers?.[name] ?? '');
  // Later versions may publish further types, and add fields.
  if (header('ce_type') !== 'wxa.code.v1.PlatformEvent' || handled.has(header('ce_id'))) return;
  const { appid, fields = {} } = JSON.parse(String(value));
  console.log(appid, header('ce_kind'), header('ce_event'), fields.Content ?? '');
  handled.add(header('ce_id'));
}
