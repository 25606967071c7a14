import Encoder from 'kafkajs/src/protocol/encoder.js';
import produce from 'kafkajs/src/protocol/requests/produce/index.js';
import { encodeProduce, isPlain } from './record-batches.js';

const { protocol } = produce;

/**
 * kafkajs 2.2.4 allocates a buffer of 512 bytes for each header of each message and copies it four times, which is a third of
 * the CPU time of a busy relay. Requests without compression and transaction are encoded into one buffer instead.
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
