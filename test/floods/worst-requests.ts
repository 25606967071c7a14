import { readFileSync } from 'node:fs';
import {
  createFileRegistry,
  type DescField,
  type DescMessage,
  fromBinary,
  ScalarType,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** gRPC's message limit, less some bytes for what encloses a list. */
export const LARGEST_BYTES = 4 * 1024 * 1024 - 100;

const VARINT = 0;
const BYTES = 2;

/** A request that costs as much as its field can. */
export interface WorstRequest {
  /** As in `SubmitAudit items: empty ones`. */
  title: string;
  /** As in `/wxa.code.v1.CodeManagement/Commit`. */
  path: string;
  /** The bytes on the wire; a function, because all of them together are some gigabytes. */
  bytes(): Buffer;
}

/** A field of a request, and a function that wraps bytes of that field in a whole request. */
interface Spot {
  rpc: string;
  path: string;
  name: string;
  field: DescField;
  wrap(bytes: Buffer): Buffer;
}

/** Checked by the same rules in each request, so one text for one field is enough. */
const OF_ALL = ['appid', 'request_id'];

/** The worst requests for every field of every RPC of the package, from the descriptors. */
export function worstRequests(): WorstRequest[] {
  return services().flatMap(({ typeName, methods }) =>
    methods.flatMap(({ name: rpc, input }) => {
      const path = `/${typeName}/${rpc}`;
      const unknown = {
        title: `${rpc}: fields that it does not have`,
        path,
        bytes: () => repeat(zero(4095, VARINT)),
      };
      return [unknown, ...spotsOf({ rpc, path, name: '', wrap: (bytes) => bytes }, input).flatMap(worstOf)];
    }),
  );
}

function services() {
  const set = readFileSync(new URL('../../proto/descriptor-set.binpb', import.meta.url));
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, set));
  return [...registry]
    .filter((type) => type.kind === 'service')
    .filter(({ file }) => file.proto.package === 'wxa.code.v1');
}

function spotsOf(within: Omit<Spot, 'field'>, message: DescMessage): Spot[] {
  return message.fields.flatMap((field) => {
    const name = within.name === '' ? field.name : `${within.name}.${field.name}`;
    const spot = { ...within, name, field };
    const inner = field.message;
    if (inner === undefined || inner.typeName === 'google.protobuf.Struct') return [spot];
    const wrap = (bytes: Buffer) => within.wrap(part(field.number, bytes));
    return [spot, ...spotsOf({ ...within, name, wrap }, inner)];
  });
}

function worstOf({ rpc, path, name, field, wrap }: Spot): WorstRequest[] {
  const worst = (what: string, bytes: () => Buffer): WorstRequest => ({
    title: `${rpc} ${name}: ${what}`,
    path,
    bytes: () => wrap(bytes()),
  });
  const wireType = field.message !== undefined || isText(field) ? BYTES : VARINT;
  const again = worst('given two million times', () => repeat(zero(field.number, wireType)));
  if (field.message?.typeName === 'google.protobuf.Struct') return [again, ...structs(field.number, worst)];
  if (field.message !== undefined) return [again];
  if (isText(field))
    return [again, ...texts(field.number, worst).slice(0, OF_ALL.includes(name) ? 1 : undefined)];
  if (field.fieldKind === 'list') return [again, ...numbers(field.number, worst)];
  if (field.fieldKind === 'scalar' || field.fieldKind === 'enum') return [again];
  throw new Error(`no worst case is known for ${rpc} ${name}, a ${field.fieldKind}`);
}

type Worst = (what: string, bytes: () => Buffer) => WorstRequest;

const isText = (field: DescField) =>
  'scalar' in field &&
  field.scalar !== undefined &&
  [ScalarType.STRING, ScalarType.BYTES].includes(field.scalar);

function texts(number: number, worst: Worst): WorstRequest[] {
  const of = (text: string) => () => part(number, repeat(Buffer.from(text)));
  return [
    worst('a million emoji', of('🎉')),
    worst('many short words', of('ab ')),
    worst('four million characters', of('a')),
    worst('four million control characters', of('\u0001')),
    worst('short ones, as many as there is room for', () => repeat(part(number, Buffer.from('a')))),
    worst('JSON, an object of many names', () => part(number, Buffer.from(manyNames(LARGEST_BYTES)))),
    worst('JSON, a list without end', of('[')),
    worst('JSON, a list in a list in a list', () =>
      part(number, Buffer.from(`{"a":${'['.repeat(2e6)}${']'.repeat(2e6)}}`)),
    ),
  ];
}

function numbers(number: number, worst: Worst): WorstRequest[] {
  return [
    worst('four million zeros, packed', () => part(number, Buffer.alloc(LARGEST_BYTES))),
    worst('negative ones, packed', () => part(number, repeat(Buffer.from('ffffffffffffffffff01', 'hex')))),
  ];
}

function structs(number: number, worst: Worst): WorstRequest[] {
  const list = (values: Buffer) => part(number, part(1, Buffer.concat([KEY, part(2, part(6, values))])));
  return [
    worst('a list of nulls', () => list(repeat(part(1, NULL)))),
    worst('a list of values without a kind', () => list(repeat(part(1, Buffer.alloc(0))))),
    worst('a list of texts that are empty', () => list(repeat(part(1, part(3, Buffer.alloc(0)))))),
    worst('members without name and kind', () => part(number, repeat(part(1, Buffer.alloc(0))))),
    worst('members with names of their own', () => part(number, members(250_000, NULL))),
    worst('members without a kind', () => part(number, members(250_000, Buffer.alloc(0)))),
    worst('structs in structs', () =>
      part(
        number,
        nested((inner) => part(1, Buffer.concat([KEY, part(2, part(5, inner))]))),
      ),
    ),
    worst('lists in lists', () => list(nested((inner) => part(1, part(6, inner))))),
    worst('lists of lists of lists', () => list(trees((inner) => part(1, part(6, inner))))),
  ];
}

const KEY = Buffer.from('0a0161', 'hex');
const NULL = Buffer.of(8, 0);

/** Members of a Struct with names of four letters. */
export function members(count: number, value: Buffer): Buffer {
  const name = (n: number) => part(1, Buffer.from(n.toString(36).padStart(4, '_')));
  return Buffer.concat(
    Array.from({ length: count }, (_, n) => part(1, Buffer.concat([name(n), part(2, value)]))),
  );
}

/** 3,000 levels: more take long to build here, because each is copied into the next. */
function nested(around: (inner: Buffer) => Buffer): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  for (let level = 0; level < 3000; level++) bytes = around(bytes);
  return bytes;
}

/** Each level contains the one below eight times. */
function trees(around: (inner: Buffer) => Buffer): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length < LARGEST_BYTES / 9) bytes = repeat(around(bytes), 8);
  return bytes;
}

/** A JSON object of at most this many bytes. */
export function manyNames(bytes: number): string {
  const names = Array.from(
    { length: Math.floor(bytes / 11) },
    (_, n) => `"${n.toString(36).padStart(5, '_')}":0`,
  );
  return `{${names.join(',')}}`;
}

/** A unit repeated `times`, by default until the largest request is full. */
function repeat(unit: Buffer, times = Math.floor(LARGEST_BYTES / unit.length)): Buffer {
  return Buffer.alloc(unit.length * times, unit);
}

/** A field of value 0, or of no bytes. */
function zero(number: number, wireType: number): Buffer {
  return Buffer.concat([tag(number, wireType), Buffer.of(0)]);
}

/** A length-delimited field: a text, a message or a packed list. */
export function part(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(number, BYTES), varint(bytes.length), bytes]);
}

function tag(number: number, wireType: number): Buffer {
  return varint(number * 8 + wireType);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
