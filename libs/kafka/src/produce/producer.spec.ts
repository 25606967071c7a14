import { expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { partitionOf } from './producer.js';

const KEYS = [
  '',
  'wx0123456789abcdef',
  '小程序 🚀',
  ...Array.from({ length: 300 }, (_, i) => 'wxé'.repeat(i % 9) + i),
];

it('A key has the same partition as with the partitioner of kafkajs and of Java', () => {
  const theirs = kafkajs.Partitioners.DefaultPartitioner();
  const of = (key: Buffer | string, length: number) =>
    theirs({
      topic: 't',
      partitionMetadata: Array.from({ length }, (_, id) => metadata(id)),
      message: { key, value: '' },
    });
  for (const length of [1, 7, 48])
    for (const key of KEYS.flatMap((text) => [text, Buffer.from(text), Buffer.from(text, 'utf16le')]))
      expect([key, partitionOf(key, length)]).toEqual([key, of(key, length)]);
});

function metadata(partitionId: number) {
  return { partitionErrorCode: 0, partitionId, leader: 1, replicas: [], isr: [] };
}
