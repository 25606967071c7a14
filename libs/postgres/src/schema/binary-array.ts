/** The types whose arrays are sent. */
export type Type =
  | 'bigint'
  | 'boolean'
  | 'bytea'
  | 'float8'
  | 'int'
  | 'smallint'
  | 'text'
  | 'timestamptz'
  | 'uuid';

/** The binary format of a type. */
interface Format {
  /** In pg_type. */
  oid: number;
  size(value: unknown): number;
  write(to: Buffer, value: unknown, at: number): void;
}

const HEADER_BYTES = 20;
const MAY_HAVE_NULLS = 1;
const NULL_SIZE = -1;

/**
 * An array of one dimension as a parameter of a statement, which pg passes on as it is. As text, each element would be escaped here
 * and parsed by Postgres. Source: `array_recv` of PostgreSQL.
 */
export function binaryArray(type: Type, values: readonly unknown[]): Buffer {
  const { oid, size, write } = FORMATS[type];
  const sizes = values.map((value) => (value === null ? NULL_SIZE : size(value)));
  const to = Buffer.allocUnsafe(sizes.reduce((sum, bytes) => sum + 4 + Math.max(0, bytes), HEADER_BYTES));
  [1, MAY_HAVE_NULLS, oid, values.length, 1].forEach((number, i) => {
    to.writeInt32BE(number, 4 * i);
  });
  let at = HEADER_BYTES;
  for (const [i, value] of values.entries()) {
    const bytes = sizes[i] as number;
    at = to.writeInt32BE(bytes, at);
    if (bytes === NULL_SIZE) continue;
    write(to, value, at);
    at += bytes;
  }
  return to;
}

const fixed = (oid: number, bytes: number, write: Format['write']): Format => ({
  oid,
  size: () => bytes,
  write,
});

/** Times are in microseconds since 2000-01-01. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

const FORMATS: Record<Type, Format> = {
  boolean: fixed(16, 1, (to, value, at) => to.writeInt8(value === true ? 1 : 0, at)),
  smallint: fixed(21, 2, (to, value, at) => to.writeInt16BE(value as number, at)),
  int: fixed(23, 4, (to, value, at) => to.writeInt32BE(value as number, at)),
  bigint: fixed(20, 8, (to, value, at) => to.writeBigInt64BE(BigInt(value as string), at)),
  float8: fixed(701, 8, (to, value, at) => to.writeDoubleBE(value as number, at)),
  timestamptz: fixed(1184, 8, (to, value, at) => {
    to.writeBigInt64BE(BigInt((value as Date).getTime() - EPOCH_MS) * 1000n, at);
  }),
  uuid: fixed(2950, 16, (to, value, at) => {
    if (to.write((value as string).replaceAll('-', ''), at, 16, 'hex') !== 16)
      throw new TypeError(`not a UUID: ${value}`);
  }),
  bytea: {
    oid: 17,
    size: (value) => (value as Buffer).length,
    write: (to, value, at) => to.set(value as Buffer, at),
  },
  text: {
    oid: 25,
    size: (value) => Buffer.byteLength(value as string),
    write: (to, value, at) => to.write(value as string, at),
  },
};
