import kafkajs from 'kafkajs';
import { appidOf } from '../appids.js';

/** Where Kafka's default partitioner (murmur2 of the appid) puts each mini-program. */
export function partitionsOf(miniPrograms: number, partitions: number): Uint16Array {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 0,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }));
  return Uint16Array.from({ length: miniPrograms }, (_, n) =>
    partitioner({ topic: '', partitionMetadata, message: { key: appidOf(n), value: null } }),
  );
}

/** kafkajs deals the partitions to the workers in turn. */
export function workerOf(partition: number, workers: number): number {
  return partition % workers;
}
