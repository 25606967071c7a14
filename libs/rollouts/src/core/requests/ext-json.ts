import { isLosslessNumber, parse, stringify } from 'lossless-json';

type JsonObject = Record<string, unknown>;

/**
 * The `ext_json` of one mini-program: that of the specification with the merge patch (RFC 7396) of the mini-program applied and
 * `extAppid` set. Numbers keep their digits.
 * @param extJson empty means `{}`.
 * @param patch null or empty means none.
 * @throws SyntaxError if one of the texts is not JSON or names a member twice.
 */
export function mergeExtJson(extJson: string, patch: string | null, appid: string): string {
  const base = parseOnce(extJson || '{}');
  const merged = patch === null || patch === '' ? base : applyPatch(base, parse(patch));
  const object = isObject(merged) ? merged : {};
  return stringify({ ...object, extAppid: appid }) ?? '{}';
}

function applyPatch(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const members = new Map(Object.entries(isObject(value) ? value : {}));
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) members.delete(name);
    else members.set(name, applyPatch(members.get(name), change));
  }
  return Object.fromEntries(members);
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);

/** A rollout has one text of up to 256 KiB for all of its targets. */
let parsed: { text: string; value: unknown } | undefined;

function parseOnce(text: string): unknown {
  if (parsed?.text !== text) parsed = { text, value: parse(text) };
  return parsed.value;
}
