const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** The partition of a key, as Java's producer chooses it: by murmur2, which kafkajs computes with a BigInt for each step. */
export function partitionOf(key: Buffer | string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}

/** Source: https://github.com/apache/kafka/blob/4.1.0/clients/src/main/java/org/apache/kafka/common/utils/Utils.java */
function murmur2(data: Buffer): number {
  const rest = data.length % 4;
  const end = data.length - rest;
  let hash = SEED ^ data.length;
  for (let at = 0; at < end; at += 4) {
    const word = Math.imul(data.readInt32LE(at), M);
    hash = Math.imul(hash, M) ^ Math.imul(word ^ (word >>> 24), M);
  }
  if (rest > 0) hash = Math.imul(hash ^ data.readUIntLE(end, rest), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
