import Encoder from 'kafkajs/src/protocol/encoder.js';
import produce from 'kafkajs/src/protocol/requests/produce/index.js';
import { encodeProduce, isPlain } from './record-batches.js';

const { protocol } = produce;

/**
 * kafkajs 2.2.4 makes a buffer of 512 bytes for each header of each message, and copies it four times: a third of
 * what a busy relay costs. What has neither compression nor a transaction is written in one go instead.
 */
produce.protocol = ({ version }) => {
  const made = protocol({ version });
  if (version < 3) return made;
  return (options) => {
    const call = made(options);
    if (!isPlain(options)) return call;
    return {
      ...call,
      request: { ...call.request, encode: async () => asEncoder(encodeProduce(options, Date.now())) },
    };
  };
};

function asEncoder(bytes: Buffer): Encoder {
  const encoder = new Encoder(1);
  encoder.buf = bytes;
  encoder.offset = bytes.length;
  return encoder;
}
