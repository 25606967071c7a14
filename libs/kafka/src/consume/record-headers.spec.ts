import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';
import type { KafkaMessage } from 'kafkajs';
import Decoder from 'kafkajs/src/protocol/decoder.js';
import { ownHeaders } from './record-headers.js';

type Record = (record: object) => { buffer: Buffer };
type DecodeRecord = (decoder: Decoder, batch: object) => KafkaMessage;
const theirs = createRequire(import.meta.url);
const encodeRecord: Record = theirs('kafkajs/src/protocol/recordBatch/record/v0/index.js');
const decodeRecord: DecodeRecord = theirs('kafkajs/src/protocol/recordBatch/record/v0/decoder.js');

/** A record as kafkajs reads it, and the bytes that it is read from. */
function received(headers: object): { bytes: Buffer; record: KafkaMessage } {
  const encoded = encodeRecord({
    offsetDelta: 1,
    timestampDelta: 0,
    key: 'wx00',
    value: '{}',
    headers,
  }).buffer;
  // Without its length, which takes one or two bytes.
  const bytes = Buffer.from(encoded.subarray((encoded[0] as number) < 128 ? 1 : 2));
  const batch = { firstOffset: '100', firstTimestamp: '1764086400123', magicByte: 2 };
  return { bytes, record: decodeRecord(new Decoder(bytes), batch) };
}

const GIVEN = {
  ce_type: 'CodeCommand\u00ff',
  again: ['a', 'b', 'c'],
  ce_id: Buffer.from([0, 255]),
  empty: '',
};
const EXPECTED = {
  ce_type: Buffer.from('CodeCommand\u00ff'),
  again: ['a', 'b', 'c'].map((text) => Buffer.from(text)),
  ce_id: Buffer.from([0, 255]),
  empty: Buffer.alloc(0),
};

it('The headers of a record are all there when they are read, a repeated one as a list', () => {
  const { record } = received(GIVEN);
  expect(record).toMatchObject({ offset: '101', key: Buffer.from('wx00'), value: Buffer.from('{}') });
  expect({ ...record.headers }).toEqual(EXPECTED);
  expect(record.headers?.ce_id).toEqual(EXPECTED.ce_id);
  expect(record.headers?.missing).toBeUndefined();
  expect({ ...received({}).record.headers }).toEqual({});
});

it('A record with a header of any name is read, whatever an object has under that name', () => {
  const { record } = received({ toString: 'a', ['__proto__']: 'b' });
  expect(Object.keys(record.headers ?? {})).toEqual(['toString', '__proto__']);
  expect(record.headers?.toString).toEqual(Buffer.from('a'));
});

it('Own headers stay as they were received, in memory of their own', () => {
  const { bytes, record } = received(GIVEN);
  const own = ownHeaders(record.headers);
  bytes.fill(0);
  expect({ ...own }).toEqual(EXPECTED);
  expect(ownHeaders(undefined)).toEqual({});
});
