import { isUtf8 } from 'node:buffer';
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { type FieldPath, MAX_VIOLATIONS, pathText, type Violation } from '@wxa/methods';
import { invalidRequest, type RpcError, rpcError } from './rpc-error.js';

/**
 * Fields and list elements of one request, those of inner messages included. 4 MiB hold 2,000,000, which take seconds
 * to decode and check.
 */
export const MAX_FIELDS = 50_000;

/** On the wire, files apart. No request that is at most 768 KiB as JSON, as it must be, is longer. */
export const MAX_BYTES = 1536 * 1024;

/** Objects and lists of a Struct within each other; the decoder takes a few more. */
export const MAX_LEVELS = 32;

const STRUCT = 'google.protobuf.Struct';
const LIST = 'google.protobuf.ListValue';
/** Their fields have no names that a caller knows. */
const OF_STRUCTS = [STRUCT, LIST, 'google.protobuf.Value'];

/** The place of a field; in a list or a Struct it knows the outermost one, which a caller must make smaller. */
interface Place extends FieldPath {
  outermost?: FieldPath | undefined;
}

const ROOT: Place = { name: '' };

/**
 * Looks through the bytes of a request before they are decoded. Throws if they are malformed, and a Fault if a
 * text is not UTF-8 or if they are too many, or nested too deeply, to be decoded within one turn of the event loop.
 * @returns one violation for each member of a Struct that the decoder drops, up to 100.
 */
export function inspectRequest(type: DescMessage, bytes: Uint8Array): Violation[] {
  const inspection = new Inspection(bytes);
  inspection.message(type, bytes.length, ROOT, 0);
  const length = bytes.length - inspection.fileBytes;
  if (length > MAX_BYTES) {
    const description = `the request must be at most ${MAX_BYTES} bytes, has ${length}`;
    throw invalidRequest([{ field: largestField(type, bytes), description }]);
  }
  return inspection.lost;
}

/** Refuses what the encoding forbids and the decoder reads over: it would find other fields than were inspected. */
class Inspection {
  readonly #reader: BinaryReader;
  #left = MAX_FIELDS;
  fileBytes = 0;
  readonly lost: Violation[] = [];

  constructor(bytes: Uint8Array) {
    this.#reader = new BinaryReader(bytes);
  }

  /** Looks through a message that ends at `end`. Tells whether any of its fields is set. */
  message(type: DescMessage, end: number, place: Place, level: number): boolean {
    if (level > MAX_LEVELS)
      throw refusal(place, `must have at most ${MAX_LEVELS} objects and lists within each other, has more`);
    const fields = fieldsOf(type);
    const seen = new Map<DescField, number>();
    while (this.#reader.pos < end) {
      const [number, wireType] = this.#reader.tag();
      const field = fields.get(number);
      if (field === undefined || !isEncoded(field, wireType)) {
        this.#count(1, place);
        this.#skip(wireType);
        continue;
      }
      const index = seen.get(field) ?? 0;
      seen.set(field, index + 1);
      const inner = placeOf(field, place, index);
      this.#count(1, inner);
      if (wireType === WireType.LengthDelimited) this.#contents(field, inner, level);
      else this.#skip(wireType);
    }
    if (this.#reader.pos > end) throw malformed();
    return seen.size > 0;
  }

  #contents(field: DescField, place: Place, level: number): void {
    const { message, scalar } = field;
    if (field.fieldKind === 'map') this.#mapEntry(field, place, level);
    else if (message !== undefined) {
      const isLevel = message.typeName === STRUCT || message.typeName === LIST;
      this.message(message, this.#end(), place, isLevel ? level + 1 : level);
    } else if (scalar === ScalarType.STRING) this.#text(place);
    else if (scalar === ScalarType.BYTES) this.fileBytes += this.#reader.bytes().length;
    else this.#packed(scalar ?? ScalarType.INT32, place);
  }

  #mapEntry(field: DescField & { fieldKind: 'map' }, within: Place, level: number): void {
    const end = this.#end();
    const place: Place = { within, name: '', outermost: within.outermost };
    let hasValue = false;
    while (this.#reader.pos < end) {
      const [number, wireType] = this.#reader.tag();
      this.#count(1, place);
      if (number === 1 && wireType === WireType.LengthDelimited)
        place.name = Buffer.from(this.#text(within)).toString();
      else if (number === 2 && wireType === WireType.LengthDelimited && field.message !== undefined)
        hasValue = this.message(field.message, this.#end(), place, level);
      else this.#skip(wireType);
    }
    if (this.#reader.pos > end) throw malformed();
    if (!hasValue) this.#drop(place, 'has no value');
    else if (place.name === '__proto__') this.#drop(place, 'must not have this name');
  }

  #drop(place: Place, description: string): void {
    if (this.lost.length < MAX_VIOLATIONS) this.lost.push({ field: pathText(place), description });
  }

  /** The decoder would put U+FFFD for what is not UTF-8, and WeChat would be sent another text than the caller's. */
  #text(place: Place): Uint8Array {
    const bytes = this.#reader.bytes();
    if (!isUtf8(bytes)) throw notUtf8(place);
    return bytes;
  }

  #packed(scalar: ScalarType, place: Place): void {
    const bytes = this.#reader.bytes();
    const size = SIZES_OF_FIXED.get(scalar);
    if (size !== undefined) this.#count(bytes.length / size, place);
    else if ((bytes.at(-1) ?? 0) > 127) throw malformed();
    else for (const byte of bytes) if (byte < 128) this.#count(1, place);
  }

  /** Where the message ends that begins here. */
  #end(): number {
    const length = this.#reader.uint32();
    return this.#reader.pos + length;
  }

  #skip(wireType: WireType): void {
    // No version of these requests has groups, and none can be counted without being read.
    if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) throw malformed();
    this.#reader.skip(wireType);
  }

  #count(fields: number, place: Place): void {
    this.#left -= fields;
    if (this.#left < 0)
      throw refusal(
        place,
        `is too large: a request has at most ${MAX_FIELDS} fields and list elements in all`,
      );
  }
}

const SIZES_OF_FIXED: ReadonlyMap<ScalarType, number> = new Map([
  [ScalarType.FIXED32, 4],
  [ScalarType.SFIXED32, 4],
  [ScalarType.FLOAT, 4],
  [ScalarType.FIXED64, 8],
  [ScalarType.SFIXED64, 8],
  [ScalarType.DOUBLE, 8],
]);

/** Whether a field is encoded so. What is not is read over, as if the field were unknown. */
function isEncoded(field: DescField, wireType: WireType): boolean {
  const { message, scalar = ScalarType.INT32 } = field;
  const isText = scalar === ScalarType.STRING || scalar === ScalarType.BYTES;
  if (field.fieldKind === 'map' || message !== undefined || isText)
    return wireType === WireType.LengthDelimited;
  if (field.fieldKind === 'list' && wireType === WireType.LengthDelimited) return true;
  const size = SIZES_OF_FIXED.get(scalar);
  if (size === undefined) return wireType === WireType.Varint;
  return wireType === (size === 4 ? WireType.Bit32 : WireType.Bit64);
}

const FIELDS = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

function fieldsOf(type: DescMessage): ReadonlyMap<number, DescField> {
  const known = FIELDS.get(type);
  if (known !== undefined) return known;
  const fields = new Map(type.fields.map((field) => [field.number, field]));
  FIELDS.set(type, fields);
  return fields;
}

function placeOf(field: DescField, within: Place, index: number): Place {
  const { outermost } = within;
  const isList = field.fieldKind === 'list';
  if (OF_STRUCTS.includes(field.parent.typeName)) return isList ? { within, name: index, outermost } : within;
  const place: Place = { within: within === ROOT ? undefined : within, name: field.name, outermost };
  if (field.message?.typeName === STRUCT) place.outermost ??= place;
  return isList ? { within: place, name: index, outermost: outermost ?? place } : place;
}

function largestField(type: DescMessage, bytes: Uint8Array): string {
  const reader = new BinaryReader(bytes);
  const sizes = new Map<string, number>();
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, wireType] = reader.tag();
    reader.skip(wireType);
    const field = fieldsOf(type).get(number);
    if (field === undefined || field.scalar === ScalarType.BYTES) continue;
    sizes.set(field.name, (sizes.get(field.name) ?? 0) + reader.pos - start);
  }
  return [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

function refusal(place: Place, description: string): RpcError {
  return invalidRequest([{ field: pathText(place.outermost ?? place), description }]);
}

function notUtf8(place: Place): RpcError {
  const field = pathText(place);
  const violations = [{ field, description: 'must be UTF-8' }];
  return rpcError('MALFORMED_MESSAGE', `${field} is not UTF-8`, { violations });
}

/** The Fault for bytes that are no message of their type. */
export function malformed(): RpcError {
  return rpcError('MALFORMED_MESSAGE', 'the request is not a message of its type');
}
