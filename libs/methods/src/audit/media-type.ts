import { problem } from '@wxa/contracts';
import type { Check, Violation } from '../checks.js';

const MIB = 1024 * 1024;
/** The limit of the type with the largest files. */
export const MAX_MEDIA_BYTES = 10 * MIB;

interface MediaType {
  maxBytes: number;
  /** Whether the first bytes of a file are those of the type. */
  matches(content: Buffer): boolean;
}

const startsWith = (hex: string) => (content: Buffer) =>
  content.subarray(0, hex.length / 2).toString('hex') === hex;

/** The file types that WeChat accepts for its auditors. Source: api_uploadmediatocodeaudit.html */
const TYPES: Readonly<Record<string, MediaType>> = {
  'image/png': { maxBytes: 2 * MIB, matches: startsWith('89504e470d0a1a0a') },
  'image/jpeg': { maxBytes: 2 * MIB, matches: startsWith('ffd8ff') },
  'image/gif': { maxBytes: 2 * MIB, matches: startsWith('47494638') },
  'video/mp4': {
    maxBytes: MAX_MEDIA_BYTES,
    matches: (content) => content.subarray(4, 8).toString('latin1') === 'ftyp',
  },
};

export const mediaType: Check<string> = (type) =>
  typeOf(type) === undefined ? problem('NOT_ONE_OF', { allowed: Object.keys(TYPES).join(', ') }) : undefined;

/** Checks the size of a file of a valid type, as received so far. */
export function sizeViolation(type: string, size: number): Violation | undefined {
  const { maxBytes = 0 } = typeOf(type) ?? {};
  if (size <= maxBytes) return undefined;
  return { field: 'chunk', ...problem('MEDIA_TOO_LARGE', { max: maxBytes, type }) };
}

/** Checks a complete file of a valid type. */
export function contentViolation(type: string, content: Buffer): Violation | undefined {
  if (content.length === 0) return { field: 'chunk', ...problem('MEDIA_EMPTY') };
  return typeOf(type)?.matches(content)
    ? undefined
    : { field: 'chunk', ...problem('MEDIA_TYPE_DIFFERS', { type }) };
}

function typeOf(type: string): MediaType | undefined {
  return Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
}
