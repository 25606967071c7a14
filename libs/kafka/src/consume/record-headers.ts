import type { KafkaMessage } from 'kafkajs';
import Decoder, { type Header, type ReadHeader } from 'kafkajs/src/protocol/decoder.js';

type Headers = NonNullable<KafkaMessage['headers']>;

const { readVarIntArray } = Decoder.prototype;
const BYTES = Symbol('bytes');

/**
 * kafkajs 2.2.4 decodes every header of every record, which is most of the work of reading one, and hardly any is used. Here the
 * first use decodes them. They end a record, and nothing else is read by this method.
 */
Decoder.prototype.readVarIntArray = function readLater(read) {
  const bytes = this.buffer.subarray(this.offset);
  return { reduce: () => new Proxy<Headers>({}, new EncodedHeaders(bytes, read)) };
};

/** The headers in memory of their own: kafkajs's are views of the whole fetch. */
export function ownHeaders(headers: Headers & { [BYTES]?: EncodedHeaders } = {}): Headers {
  const encoded = headers[BYTES];
  return encoded === undefined ? headers : new Proxy<Headers>({}, encoded.copied());
}

/** Copies into separate memory: Buffer.from() would share a block of Node's pool with other records and retain it. */
export function copy(bytes: Buffer | null): Buffer | null {
  if (bytes === null) return null;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

class EncodedHeaders implements ProxyHandler<Headers> {
  #decoded: Headers | undefined;

  constructor(
    private readonly bytes: Buffer,
    private readonly read: ReadHeader,
  ) {}

  copied(): EncodedHeaders {
    return new EncodedHeaders(copy(this.bytes) as Buffer, this.read);
  }

  get(_target: Headers, name: string | symbol): unknown {
    return name === BYTES ? this : Reflect.get(this.#all(), name);
  }

  has(_target: Headers, name: string): boolean {
    return Reflect.has(this.#all(), name);
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.#all());
  }

  getOwnPropertyDescriptor(_target: Headers, name: string): PropertyDescriptor | undefined {
    return Reflect.getOwnPropertyDescriptor(this.#all(), name);
  }

  #all(): Headers {
    this.#decoded ??= decoded(readVarIntArray.call(new Decoder(this.bytes), this.read) as Header[]);
    return this.#decoded;
  }
}

/** As kafkajs has them: a name that is repeated has a list of values. */
function decoded(list: Header[]): Headers {
  const headers: Headers = Object.create(null);
  for (const { key, value } of list) {
    const before = headers[key];
    headers[key] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}
