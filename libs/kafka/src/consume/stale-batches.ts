import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import Runner from 'kafkajs/src/consumer/runner.js';

const { fetch } = ConsumerGroup.prototype;
const { handleBatch } = Runner.prototype;
/** The offset manager, one per assignment, by whose position a batch was fetched. */
const readFor = new WeakMap<object, unknown>();

/**
 * kafkajs 2.2.4 has a fetch loop per broker. A loop that receives NOT_LEADER_FOR_PARTITION re-joins the group within its fetch,
 * while the fetches of the other loops continue. Their batches start at a position that the new assignment does not have:
 * kafkajs would deliver them and continue after them, and skip all records that were read before and not committed.
 */
ConsumerGroup.prototype.fetch = async function fetchForAssignment(nodeId) {
  const { offsetManager } = this;
  const batches = await fetch.call(this, nodeId);
  for (const batch of batches) readFor.set(batch, offsetManager);
  return batches;
};

Runner.prototype.handleBatch = async function handleCurrentBatch(batch) {
  if (readFor.get(batch) === this.consumerGroup.offsetManager) await handleBatch.call(this, batch);
};
