import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';

const { recoverFromOffsetOutOfRange } = ConsumerGroup.prototype;

/**
 * A partition that lost its tail or was recreated has no record at the next position. kafkajs 2.2.4 then silently restarts at
 * its beginning, and offsets are repeated while other records with the same offsets are in flight. A re-join ends that. It
 * comes first, so that no offset of the earlier records is committed after the reset.
 */
ConsumerGroup.prototype.recoverFromOffsetOutOfRange = async function rejoinAndReset(error) {
  await this.joinAndSync();
  const isOurs = this.assigned().some(
    ({ topic, partitions }) => topic === error.topic && partitions.includes(error.partition),
  );
  // If not, its new owner resets it.
  if (isOurs) await recoverFromOffsetOutOfRange.call(this, error);
};
