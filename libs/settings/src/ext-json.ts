import { applyPatch, isJsonObject, missingPointers } from '@wxa/methods';
import { parse, stringify } from 'lossless-json';
import type { Effective } from './merge.js';

/** The merged configuration of a commit, or why there is none. */
export type MergedExtJson =
  | { kind: 'merged'; text: string }
  /** These members have no value although the settings require one. */
  | { kind: 'missing'; pointers: string[] }
  /** `extEnable` is true for another appid. */
  | { kind: 'other-appid'; extAppid: string }
  /** The texts together, in bytes. */
  | { kind: 'too-large'; max: number; actual: number };

/** Of the configuration with all patches: merging this much takes some tens of milliseconds, in which nothing else happens. */
const MAX_MERGED_BYTES = 768 * 1024;

/**
 * The configuration of a commit with the patches of the settings applied. Numbers keep their digits.
 * @param base a JSON object. @throws SyntaxError if it names a member twice.
 */
export function mergedExtJson(
  base: string,
  { extPatches, settings }: Pick<Effective, 'extPatches' | 'settings'>,
  appid: string,
): MergedExtJson {
  const actual = [base, ...extPatches].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (actual > MAX_MERGED_BYTES) return { kind: 'too-large', max: MAX_MERGED_BYTES, actual };
  const merged = extPatches.reduce((value, patch) => applyPatch(value, parse(patch)), parse(base));
  const object = isJsonObject(merged) ? merged : {};
  const { extEnable, extAppid } = object;
  if (extEnable === true && extAppid !== undefined && extAppid !== appid)
    return { kind: 'other-appid', extAppid: stringify(extAppid) ?? '' };
  const complete = extEnable === true ? { ...object, extAppid: appid } : object;
  const pointers = missingPointers(complete, settings.requiredExtPointers);
  if (pointers.length > 0) return { kind: 'missing', pointers };
  return { kind: 'merged', text: stringify(complete) ?? '{}' };
}

/** One merge patch that shows all of them; it differs from them where a later one replaces a value that is no object. */
export function shownExtJson(patches: string[]): string {
  if (patches.length < 2) return patches[0] ?? '';
  return stringify(patches.map((patch) => parse(patch)).reduce(overlaid)) ?? '';
}

/** Keeps null, which removes a member. */
function overlaid(value: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const members = new Map(Object.entries(isJsonObject(value) ? value : {}));
  for (const [name, change] of Object.entries(patch)) members.set(name, overlaid(members.get(name), change));
  return Object.fromEntries(members);
}
