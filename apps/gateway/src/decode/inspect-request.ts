import { isUtf8 } from 'node:buffer';
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { type Problem, problem } from '@wxa/contracts';
import { type FieldPath, MAX_VIOLATIONS, pathText, type Violation } from '@wxa/methods';
import { invalidRequest, type RpcError, rpcError } from '../errors/rpc-error.js';

/**
 * Limit of the fields and list elements in one request, including nested messages. 4 MiB can hold 2,000,000 of them,
 * which take seconds to decode and check.
 */
export const MAX_FIELDS = 50_000;

/**
 * Limit of the encoded request, without file content. A request within the limit of 768 KiB as JSON is never larger.
 */
export const MAX_BYTES = 1536 * 1024;

/** Limits of one encoded request. `apart`: the fields that do not count as its bytes, because they list targets. */
export interface RequestLimits {
  fields: number;
  apart: readonly string[];
}

export const LIMITS: RequestLimits = { fields: MAX_FIELDS, apart: [] };

/** Of requests that list the targets of a rollout: 100,000 appids have 2 MB. The gRPC server refuses more than 4 MiB. */
export const LIMITS_OF_TARGETS: RequestLimits = { fields: 300_000, apart: ['selection', 'targets'] };

/** Maximum nesting depth of the objects and lists of a Struct; the decoder accepts slightly more. */
const MAX_LEVELS = 32;

const STRUCT = 'google.protobuf.Struct';
const LIST = 'google.protobuf.ListValue';
/** The field names of these types are not part of the path that a caller sees. */
const OF_STRUCTS = [STRUCT, LIST, 'google.protobuf.Value'];

/** Path of a field. Inside a list or Struct, `outermost` is the field that the caller must make smaller. */
interface Location extends FieldPath {
  outermost?: FieldPath | undefined;
}

const ROOT: Location = { name: '' };

/**
 * Inspects an encoded request before it is decoded. Throws an RpcError if it is malformed, if a text is not UTF-8 or has U+0000, or if
 * the request is so large or deeply nested that decoding it would block the event loop. The reader throws other errors
 * for malformed bytes.
 * @returns one violation for each Struct member that the decoder would drop, up to 100.
 */
export function inspectRequest(type: DescMessage, bytes: Uint8Array, limits = LIMITS): Violation[] {
  const inspection = new Inspection(bytes, limits.fields);
  inspection.message(type, bytes.length, ROOT, 0);
  if (inspection.withNul.length > 0) throw invalidRequest(inspection.withNul);
  if (bytes.length > MAX_BYTES) refuseTooLong(type, bytes, bytes.length - inspection.fileBytes, limits);
  return inspection.dropped;
}

function refuseTooLong(type: DescMessage, bytes: Uint8Array, length: number, { apart }: RequestLimits): void {
  const sizes = sizesOf(type, bytes).filter(([name]) => !apart.includes(name));
  const counted = apart.length === 0 ? length : sizes.reduce((sum, [, size]) => sum + size, 0);
  if (counted <= MAX_BYTES) return;
  const [largest] = sizes.sort((a, b) => b[1] - a[1]);
  const size = { max: MAX_BYTES, actual: counted };
  const wrong =
    apart.length === 0
      ? problem('REQUEST_TOO_LARGE', size)
      : problem('REQUEST_TOO_LARGE_WITHOUT', { ...size, fields: apart.join(' and ') });
  throw invalidRequest([{ field: largest?.[0] ?? '', ...wrong }]);
}

/** Also rejects malformed bytes that the decoder tolerates: it would find other fields than those inspected. */
class Inspection {
  readonly #reader: BinaryReader;
  #left: number;
  fileBytes = 0;
  readonly dropped: Violation[] = [];
  /** Texts that contain U+0000: Postgres fails on it, also when it reads JSON that has it. */
  readonly withNul: Violation[] = [];

  constructor(
    bytes: Uint8Array,
    private readonly maxFields: number,
  ) {
    this.#reader = new BinaryReader(bytes);
    this.#left = maxFields;
  }

  /** Inspects a message that ends at `end`. Returns whether any of its fields is set. */
  message(type: DescMessage, end: number, location: Location, level: number): boolean {
    if (level > MAX_LEVELS) throw violationAt(location, problem('NESTED_TOO_DEEPLY', { max: MAX_LEVELS }));
    const fields = fieldsOf(type);
    const seen = new Map<DescField, number>();
    while (this.#reader.pos < end) {
      const [number, wireType] = this.#reader.tag();
      const field = fields.get(number);
      if (field === undefined || !isEncoded(field, wireType)) {
        this.#count(1, location);
        this.#skip(wireType);
        continue;
      }
      const index = seen.get(field) ?? 0;
      seen.set(field, index + 1);
      const inner = locationOf(field, location, index);
      this.#count(1, inner);
      if (wireType === WireType.LengthDelimited) this.#contents(field, inner, level);
      else this.#skip(wireType);
    }
    if (this.#reader.pos > end) throw malformed();
    return seen.size > 0;
  }

  #contents(field: DescField, location: Location, level: number): void {
    const { message, scalar } = field;
    if (field.fieldKind === 'map') this.#mapEntry(field, location, level);
    else if (message !== undefined) {
      const isLevel = message.typeName === STRUCT || message.typeName === LIST;
      this.message(message, this.#end(), location, isLevel ? level + 1 : level);
    } else if (scalar === ScalarType.STRING) this.#text(location);
    else if (scalar === ScalarType.BYTES) this.fileBytes += this.#reader.bytes().length;
    else this.#packed(scalar ?? ScalarType.INT32, location);
  }

  #mapEntry(field: DescField & { fieldKind: 'map' }, within: Location, level: number): void {
    const end = this.#end();
    const location: Location = { within, name: '', outermost: within.outermost };
    let hasValue = false;
    while (this.#reader.pos < end) {
      const [number, wireType] = this.#reader.tag();
      this.#count(1, location);
      if (number === 1 && wireType === WireType.LengthDelimited) this.#name(location, within);
      else if (number === 2 && wireType === WireType.LengthDelimited && field.message !== undefined)
        hasValue = this.message(field.message, this.#end(), location, level);
      else this.#skip(wireType);
    }
    if (this.#reader.pos > end) throw malformed();
    if (!hasValue) addViolation(this.dropped, location, problem('VALUE_MISSING'));
    else if (location.name === '__proto__') addViolation(this.dropped, location, problem('NAME_NOT_ALLOWED'));
  }

  #name(location: Location, within: Location): void {
    const bytes = this.#utf8(within);
    location.name = Buffer.from(bytes).toString();
    this.#findNul(bytes, location);
  }

  #text(location: Location): void {
    this.#findNul(this.#utf8(location), location);
  }

  /** The decoder replaces invalid UTF-8 with U+FFFD, so that WeChat would receive another text than the caller sent. */
  #utf8(location: Location): Uint8Array {
    const bytes = this.#reader.bytes();
    if (!isUtf8(bytes)) throw notUtf8(location);
    return bytes;
  }

  #findNul(bytes: Uint8Array, location: Location): void {
    if (bytes.includes(0)) addViolation(this.withNul, location, problem('NUL_CHARACTER'));
  }

  #packed(scalar: ScalarType, location: Location): void {
    const bytes = this.#reader.bytes();
    const size = SIZES_OF_FIXED.get(scalar);
    if (size !== undefined) this.#count(bytes.length / size, location);
    else if ((bytes.at(-1) ?? 0) > 127) throw malformed();
    else for (const byte of bytes) if (byte < 128) this.#count(1, location);
  }

  /** Reads a length prefix and returns the end position of the message that follows. */
  #end(): number {
    const length = this.#reader.uint32();
    return this.#reader.pos + length;
  }

  #skip(wireType: WireType): void {
    // No version of these messages has groups, and a skipped group would escape the count of fields.
    if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) throw malformed();
    this.#reader.skip(wireType);
  }

  #count(fields: number, location: Location): void {
    this.#left -= fields;
    if (this.#left < 0) throw violationAt(location, problem('TOO_MANY_FIELDS', { max: this.maxFields }));
  }
}

function addViolation(violations: Violation[], location: Location, wrong: Problem): void {
  if (violations.length < MAX_VIOLATIONS) violations.push({ field: pathText(location), ...wrong });
}

const SIZES_OF_FIXED: ReadonlyMap<ScalarType, number> = new Map([
  [ScalarType.FIXED32, 4],
  [ScalarType.SFIXED32, 4],
  [ScalarType.FLOAT, 4],
  [ScalarType.FIXED64, 8],
  [ScalarType.SFIXED64, 8],
  [ScalarType.DOUBLE, 8],
]);

/** Whether the wire type fits the field. If not, the decoder skips the value like an unknown field. */
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

function locationOf(field: DescField, within: Location, index: number): Location {
  const { outermost } = within;
  const isList = field.fieldKind === 'list';
  if (OF_STRUCTS.includes(field.parent.typeName)) return isList ? { within, name: index, outermost } : within;
  const location: Location = { within: within === ROOT ? undefined : within, name: field.name, outermost };
  if (field.message?.typeName === STRUCT) location.outermost ??= location;
  return isList ? { within: location, name: index, outermost: outermost ?? location } : location;
}

/** The bytes of each field of a request, file content excluded. */
function sizesOf(type: DescMessage, bytes: Uint8Array): [string, number][] {
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
  return [...sizes];
}

function violationAt(location: Location, wrong: Problem): RpcError {
  return invalidRequest([{ field: pathText(location.outermost ?? location), ...wrong }]);
}

function notUtf8(location: Location): RpcError {
  const field = pathText(location);
  const violations = [{ field, ...problem('NOT_UTF8') }];
  return rpcError('MALFORMED_MESSAGE', `${field} is not valid UTF-8`, { violations });
}

/** The error for bytes that cannot be decoded as the request's type. */
export function malformed(): RpcError {
  return rpcError('MALFORMED_MESSAGE', 'the request cannot be decoded');
}
