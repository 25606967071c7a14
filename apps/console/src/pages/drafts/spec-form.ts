import { RolloutSpec } from '@wxa/contracts';
import { formatTime } from '../../text/format-time.js';
import type { Text } from '../../text/text.js';

/**
 * A specification as the inputs of a form: each is named by the path of its field in proto3 JSON, for example
 * `waves[0].submitGate.afterPercent`. Durations are whole hours or days, times are local, `checks.X` and other flags are `true`,
 * audit items and the declaration of user-generated content are JSON.
 */
export type Values = Readonly<Record<string, string>>;

/** What is wrong, by the name of the input. */
export type Problems = ReadonlyMap<string, Text>;

type Json = Record<string, unknown>;

const SECONDS: Readonly<Record<string, number>> = { bakeTime: 3600, pause: 3600, timeout: 86_400 };
const NUMBERS = new Set([
  ...[
    'templateId',
    'count',
    'percent',
    'afterPercent',
    'percentage',
    'preferSecondId',
    'minEnded',
    'maxInFlight',
  ],
  ...['maxSubmissions', 'reserve', 'maxOpenAudits', 'maxSpeedUps'],
]);
const AS_JSON = new Set(['audit.fixed.items', 'audit.ugcDeclaration']);
/** Which of the two sources of audit items is used. */
const ITEMS_FROM = 'audit.itemsFrom';

/** The inputs of a specification. @param timeZone that in which times are shown. */
export function valuesOf(spec: RolloutSpec, timeZone: string): Record<string, string> {
  const values: Record<string, string> = {};
  const add = (path: string, value: unknown): void => {
    const leaf = path.split('.').at(-1) ?? '';
    if (AS_JSON.has(path)) values[path] = JSON.stringify(value, null, 2);
    else if (leaf in SECONDS)
      values[path] = String(Number((value as Json).seconds ?? 0) / (SECONDS[leaf] ?? 1));
    else if (leaf === 'notBefore') values[path] = toLocal(new Date(value as string), timeZone);
    else if (path === 'checks') for (const check of value as string[]) values[`checks.${check}`] = 'true';
    else if (Array.isArray(value)) for (const [i, one] of value.entries()) add(`${path}[${i}]`, one);
    else if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) add(path === '' ? key : `${path}.${key}`, one);
    else values[path] = String(value);
  };
  add('', RolloutSpec.toJSON(spec));
  if (spec.audit !== undefined) values[ITEMS_FROM] = spec.audit.itemsFrom?.$case ?? 'rule';
  return values;
}

/** The inputs of a submitted form, in which rows without any value are left out and the others renumbered. */
export function submitted(body: Readonly<Record<string, string>>): Record<string, string> {
  const filled = Object.entries(body).filter(([, text]) => text.trim() !== '');
  const rows = new Map<string, Map<string, number>>();
  for (const [name] of filled) {
    const [, list, row] = ROW.exec(name) ?? [];
    if (list === undefined || row === undefined) continue;
    const numbers = rows.get(list) ?? new Map<string, number>();
    if (!numbers.has(row)) numbers.set(row, numbers.size);
    rows.set(list, numbers);
  }
  const renumbered = (name: string) =>
    name.replace(ROW, (_, list: string, row: string) => `${list}[${rows.get(list)?.get(row)}]`);
  return Object.fromEntries(filled.map(([name, text]) => [renumbered(name), text]));
}

const ROW = /^([\w.]+)\[(\d{1,3})\]/;

/** The fields of the specification that are named, from the inputs of a form; and what cannot be read. */
export function specOf(
  values: Values,
  fields: readonly (keyof RolloutSpec)[],
  timeZone: string,
): { spec: RolloutSpec; problems: Problems } {
  const problems = new Map<string, Text>();
  const json: Json = {};
  const unused = values[ITEMS_FROM] === 'fixed' ? 'audit.rule.' : 'audit.fixed.';
  for (const [path, text] of Object.entries(values)) {
    if (!fields.includes(path.split(/[.[]/)[0] as keyof RolloutSpec) || path.startsWith(unused)) continue;
    if (path === ITEMS_FROM) put(json, `audit.${text}`, valueAt(json, `audit.${text}`) ?? {});
    else {
      const value = read(path, text.trim(), timeZone);
      if (value === undefined) problems.set(path, problemAt(path));
      else put(json, path, value);
    }
  }
  if (json.checks !== undefined) json.checks = Object.keys(json.checks as Json);
  const waves = Array.isArray(json.waves) ? (json.waves as Json[]) : [];
  for (const [i, wave] of waves.entries()) {
    const sizes = ['count', 'percent', 'label', 'rest'].filter((size) => wave[size] !== undefined);
    if (sizes.length > 1) problems.set(`waves[${i}].size`, UNREADABLE.size);
  }
  return { spec: problems.size === 0 ? RolloutSpec.fromJSON(json) : RolloutSpec.create(), problems };
}

const UNREADABLE = {
  size: { zh: '大小只能填一项', en: 'must be one size only' },
  json: { zh: '应为 JSON', en: 'must be JSON' },
  time: { zh: '应为 YYYY-MM-DDThh:mm', en: 'must be YYYY-MM-DDThh:mm' },
  duration: { zh: '应为小于 100000 的数字', en: 'must be a number below 100000' },
  number: { zh: '应为 0 到 2147483647 的整数', en: 'must be a whole number, 0 to 2147483647' },
} satisfies Record<string, Text>;

function problemAt(path: string): Text {
  const leaf = path.split('.').at(-1) ?? '';
  if (AS_JSON.has(path)) return UNREADABLE.json;
  if (leaf === 'notBefore') return UNREADABLE.time;
  return leaf in SECONDS ? UNREADABLE.duration : UNREADABLE.number;
}

/** The value of a field in proto3 JSON; undefined if the text is none. */
function read(path: string, text: string, timeZone: string): unknown {
  const leaf = path.split('.').at(-1) ?? '';
  if (AS_JSON.has(path)) return jsonOf(text);
  if (leaf in SECONDS) {
    const seconds = Number(text) * (SECONDS[leaf] ?? 1);
    return /^\d{1,5}(\.\d{1,2})?$/.test(text) ? { seconds: String(Math.round(seconds)) } : undefined;
  }
  if (leaf === 'notBefore') return fromLocal(text, timeZone)?.toISOString();
  if (NUMBERS.has(leaf)) return /^\d{1,18}$/.test(text) && isStorable(leaf, text) ? text : undefined;
  return text === 'true' ? true : text;
}

function isStorable(leaf: string, text: string): boolean {
  return leaf === 'templateId' || Number(text) < 2 ** 31;
}

function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Sets the value at a path such as `waves[0].count`; objects and lists on the way are made. A visitor can send any path, so nothing
 * that objects inherit is followed, and a text on the way stays.
 */
function put(json: Json, path: string, value: unknown): void {
  const keys = path.split(/\.|\[|\]\.?/).filter((key) => key !== '');
  let at: unknown = json;
  for (const [i, key] of keys.entries()) {
    if (typeof at !== 'object' || at === null) return;
    const next = i === keys.length - 1 ? value : /^\d+$/.test(keys[i + 1] ?? '') ? [] : {};
    if (next === value || !Object.hasOwn(at, key))
      Object.defineProperty(at, key, { value: next, writable: true, enumerable: true, configurable: true });
    at = (at as Json)[key];
  }
}

function valueAt(json: Json, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Json | undefined)?.[key], json);
}

/** The input of a field of the gateway: `spec.waves[0].submit_gate.after_percent` is `waves[0].submitGate.afterPercent`. */
export function inputOf(field: string): string {
  return field.replace(/^spec\./, '').replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** An instant as `2026-01-31T09:30` in a time zone. */
function toLocal(at: Date, timeZone: string): string {
  return formatTime(at, timeZone).slice(0, 'YYYY-MM-DDTHH:MM'.length).replace(' ', 'T');
}

/** The instant of a local time; undefined if the text is none. */
export function fromLocal(text: string, timeZone: string): Date | undefined {
  const wanted = Date.parse(`${text}Z`);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) || Number.isNaN(wanted)) return undefined;
  let at = wanted;
  // The offset of a zone depends on the instant: the second pass corrects the first where it changes.
  for (let pass = 0; pass < 2; pass++) at += wanted - Date.parse(`${toLocal(new Date(at), timeZone)}Z`);
  return new Date(at);
}
