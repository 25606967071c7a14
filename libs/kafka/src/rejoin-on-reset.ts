import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';

const { recoverFromOffsetOutOfRange } = ConsumerGroup.prototype;

/**
 * A partition that lost its tail or was recreated has no record at the position read next. kafkajs 2.2.4 then goes to its
 * beginning without a word, and offsets come again under which other records are open. After a re-join nothing is open.
 * It comes first: an offset that is committed for those before must not be committed after the reset.
 */
ConsumerGroup.prototype.recoverFromOffsetOutOfRange = async function rejoinAndReset(error) {
  await this.joinAndSync();
  const isOurs = this.assigned().some(
    ({ topic, partitions }) => topic === error.topic && partitions.includes(error.partition),
  );
  // Its new owner meets the same.
  if (isOurs) await recoverFromOffsetOutOfRange.call(this, error);
};
