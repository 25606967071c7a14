import Encoder from 'kafkajs/src/protocol/encoder.js';

export type Bytes = Buffer | string | null | undefined;

/** The bytes of a request, for kafkajs to send. */
export function asEncoder(bytes: Buffer): Encoder {
  const encoder = new Encoder(1);
  encoder.buf = bytes;
  encoder.offset = bytes.length;
  return encoder;
}

export const MAX_VARINT = 5;

/** Appends numbers and texts to a growing buffer. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(16 * 1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  bytes(from = 0): Buffer {
    return this.#buffer.subarray(from, this.#length);
  }

  /** Leaves a gap to be filled later, and returns its position. */
  skip(size: number): number {
    return this.#take(size);
  }

  int8(value: number): void {
    const at = this.#take(1);
    this.#buffer[at] = value;
  }

  int16(value: number): void {
    const at = this.#take(2);
    this.#buffer.writeInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.#take(4);
    this.#buffer.writeInt32BE(value, at);
  }

  int32At(at: number, value: number): void {
    this.#buffer.writeInt32BE(value, at);
  }

  /** A safe integer. */
  int64(value: number): void {
    this.int32(Math.floor(value / 2 ** 32));
    this.int32(value | 0);
  }

  string(text: string): void {
    const size = Buffer.byteLength(text);
    this.int16(size);
    const at = this.#take(size);
    this.#buffer.write(text, at);
  }

  /** Zigzag encoding, seven bits per byte. */
  varint(value: number): void {
    let rest = (value << 1) ^ (value >> 31);
    while ((rest & ~0x7f) !== 0) {
      this.int8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.int8(rest);
  }

  /** Preceded by its size; -1 for null. */
  varintBytes(value: Bytes): void {
    if (value == null) {
      this.varint(-1);
      return;
    }
    const size = Buffer.byteLength(value);
    this.varint(size);
    const at = this.#take(size);
    if (typeof value === 'string') this.#buffer.write(value, at);
    else value.copy(this.#buffer, at);
  }

  /** Writes the number of bytes since `skip(MAX_VARINT)` into that gap, and closes the rest of the gap. */
  closeVarint(at: number): void {
    const end = this.#length;
    const size = end - at - MAX_VARINT;
    this.#length = at;
    this.varint(size);
    this.#buffer.copyWithin(this.#length, at + MAX_VARINT, end);
    this.#length += size;
  }

  #take(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.#buffer.length));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }
}
