import { applyPatch, isJsonObject } from '@wxa/methods';
import { parse, stringify } from 'lossless-json';

/**
 * The `ext_json` of one mini-program: that of the specification with merge patches (RFC 7396) applied one after the other and
 * `extAppid` set. Numbers keep their digits.
 * @param extJson empty means `{}`.
 * @param patches null or empty means none.
 * @throws SyntaxError if one of the texts is not JSON or names a member twice.
 */
export function mergeExtJson(extJson: string, patches: readonly (string | null)[], appid: string): string {
  const merged = patches.reduce<unknown>(
    (value, patch) => (patch === null || patch === '' ? value : applyPatch(value, parse(patch))),
    parseOnce(extJson || '{}'),
  );
  const object = isJsonObject(merged) ? merged : {};
  return stringify({ ...object, extAppid: appid }) ?? '{}';
}

/** A rollout has one text of up to 256 KiB for all of its targets. */
let parsed: { text: string; value: unknown } | undefined;

function parseOnce(text: string): unknown {
  if (parsed?.text !== text) parsed = { text, value: parse(text) };
  return parsed.value;
}
