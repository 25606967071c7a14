import type { zh } from './zh/index.js';

export type Language = 'zh' | 'en';
export type TextKey = keyof typeof zh;
/** The ends of the keys that begin like this. */
export type KeyAfter<Prefix extends string, Key = TextKey> = Key extends `${Prefix}${infer End}`
  ? End
  : never;
/** Every text in one language. */
export type Texts = Readonly<Record<TextKey, string>>;
export type Values = Readonly<Record<string, string | number>>;

/**
 * The text of a key. `{name}` in it is replaced by that value, and `{name:mini-program|mini-programs}` by the first word if that value is 1,
 * else by the second.
 */
export type Translate = (key: TextKey, values?: Values) => string;

const PLACE = /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g;

export function translator(texts: Texts, language: Language): Translate {
  const numbers = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-US');
  return (key, values = {}) =>
    texts[key].replace(PLACE, (_, name: string, one?: string, many?: string) => {
      const value = values[name];
      if (one !== undefined) return value === 1 ? one : (many ?? '');
      return typeof value === 'number' ? numbers.format(value) : (value ?? '');
    });
}

/** As `t`; undefined if there is no such text, or it needs a value that is not given. */
export function optionalText(texts: Texts, t: Translate, key: string, values: Values): string | undefined {
  if (!Object.hasOwn(texts, key)) return undefined;
  const needed = [...texts[key as TextKey].matchAll(PLACE)].map(([, name = '']) => name);
  return needed.every((name) => name in values) ? t(key as TextKey, values) : undefined;
}

/** What the values of an enum start with, by the first part of the keys of their names. */
const PREFIXES = {
  operation: 'OPERATION_STATE_',
  rollout: 'ROLLOUT_STATE_',
  target: 'ROLLOUT_TARGET_STATE_',
  audit: 'AUDIT_STATE_',
  authorizer: 'AUTHORIZER_STATE_',
  sync: 'AUTHORIZER_SYNC_STATE_',
  gray: 'GRAY_RELEASE_STATUS_',
  step: 'ROLLOUT_STEP_',
  wait: 'ROLLOUT_WAIT_',
  gate: 'ROLLOUT_GATE_TYPE_',
  change: 'ROLLOUT_CHANGE_TYPE_',
  pause: 'ROLLOUT_PAUSE_CAUSE_',
  hold: 'CAUSE_',
  stopRule: 'CAUSE_',
  check: 'ROLLOUT_CHECK_',
  openAudit: 'ON_OPEN_AUDIT_',
  readiness: 'READINESS_ITEM_TYPE_',
  readinessState: 'READINESS_STATE_',
  party: 'PARTY_',
  visit: 'VISIT_STATUS_',
  tokenOwner: 'AUTHORIZER_TOKEN_OWNER_',
  eventKind: 'PLATFORM_EVENT_KIND_',
  stopScope: 'STOP_SCOPE_',
  callEffect: 'WECHAT_CALL_EFFECT_',
  forwardFailure: '',
  trail: '',
  method: '',
  reason: '',
  finding: '',
  subject: '',
  notReady: 'ON_NOT_READY_',
  closeCause: 'ROLLOUT_CLOSE_CAUSE_',
  api: '',
} as const;
export type Named = keyof typeof PREFIXES;

/** An enum's value without its prefix. */
export function shortOf(of: Named, value: string): string {
  return value.startsWith(PREFIXES[of]) ? value.slice(PREFIXES[of].length) : value;
}

/** The name of an enum's value, a method or a reason: the text `<of>.<value>`, or the value if it is newer than this table. */
export function nameIn(texts: Texts, of: Named, value: string): string {
  const key = `${of}.${shortOf(of, value)}`;
  return Object.hasOwn(texts, key) ? texts[key as TextKey] : value;
}

/** All values that have a name. */
export function valuesOf(texts: Texts, of: Named): string[] {
  return Object.keys(texts).flatMap((key) => (key.startsWith(`${of}.`) ? [key.slice(of.length + 1)] : []));
}
