import { readConfig as readSettings } from '@wxa/service/settings';
import { isEncodingAesKey } from '@wxa/wxa-client';
import { z } from 'zod';
import { auditRules } from './model/audit-rules.js';

const count = (preset: number, min = 0) => z.coerce.number().int().min(min).default(preset);

function isAddress(address: string): boolean {
  const [, port] = /^[^:\s]+:(\d{1,5})$/.exec(address) ?? [];
  return port !== undefined && Number(port) <= 65_535;
}

const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

const environment = z.object({
  SIM_ADDR: z
    .string()
    .refine((address) => isAddress(address), 'must be host:port')
    .default('127.0.0.1:8090'),
  SIM_CALLBACK_URL: z.url({ protocol: /^https?$/ }).optional(),
  WECHAT_CALLBACK_MODE: z.enum(['secure', 'plain']).default('secure'),
  WECHAT_CALLBACK_TOKEN: z.string().default(''),
  WECHAT_ENCODING_AES_KEY: z.string().default(''),
  WECHAT_COMPONENT_APPID: z.string().default(''),
  SIM_TOKEN_MODE: z.enum(['endpoint', 'component']).default('endpoint'),
  WECHAT_COMPONENT_APPSECRET: z.string().default(''),
  SIM_AUTHORIZATION_URL: z.url({ protocol: /^https?$/ }).optional(),
  SIM_TICKET_INTERVAL_MS: count(600_000),
  SIM_TOKEN_LIFE_MS: count(7_200_000, 1),
  SIM_REFRESH_TOKENS: z.enum(['rotate', 'keep']).default('rotate'),
  SIM_REFRESH_GRACE_MS: count(0),
  SIM_STATE_FILE: z.string().optional(),
  SIM_AUDIT_DELAY_MS: z.coerce.number().int().min(0).optional(),
  SIM_AUDIT_RULES: json.pipe(auditRules).default([]),
  SIM_STRICT: z.enum(['on', 'off']).default('off'),
  SIM_LATENCY_MS: count(0),
  SIM_UNDO_PER_DAY: count(1),
  SIM_UNDO_PER_MONTH: count(10),
  SIM_LEDGER_ENTRIES: count(1_000_000, 1),
  SIM_PUSH_TIMEOUT_MS: count(5000, 1),
  SIM_PUSH_RETRY_MS: count(1000),
});

/** The simulator's settings; README.md explains each by its environment variable. Times in milliseconds. */
export type SimConfig = ReturnType<typeof toConfig>;

/** Settings that encrypted callbacks and component mode need. */
const settings = environment.superRefine(
  (given, context) => {
    for (const [name, message] of [...secureModeFaults(given), ...componentModeFaults(given)])
      context.addIssue({ code: 'custom', path: [name], message });
  },
  { when: () => true },
);

type Given = z.infer<typeof environment>;
type Fault = [name: string, message: string];

/** Reads the environment; an empty variable counts as unset, and `NAME_FILE` is a file with the value of NAME. Throws ConfigError. */
export function readSimConfig(env: NodeJS.ProcessEnv): SimConfig {
  return toConfig(readSettings(settings, env));
}

function secureModeFaults(given: Given): Fault[] {
  if (!given.SIM_CALLBACK_URL || given.WECHAT_CALLBACK_MODE === 'plain') return [];
  const faults = missing(given, 'secure mode', ['WECHAT_CALLBACK_TOKEN', 'WECHAT_COMPONENT_APPID']);
  if (isEncodingAesKey(given.WECHAT_ENCODING_AES_KEY)) return faults;
  return [...faults, ['WECHAT_ENCODING_AES_KEY', 'must be 43 characters of base64 in secure mode']];
}

function componentModeFaults(given: Given): Fault[] {
  if (given.SIM_TOKEN_MODE !== 'component') return [];
  return missing(given, 'component mode', ['WECHAT_COMPONENT_APPID', 'WECHAT_COMPONENT_APPSECRET']);
}

function missing(given: Given, mode: string, names: (keyof Given)[]): Fault[] {
  return names.filter((name) => !given[name]).map((name) => [name, `is needed in ${mode}`]);
}

function toConfig(env: z.infer<typeof environment>) {
  const [host = '', port = '0'] = env.SIM_ADDR.split(':');
  return {
    host,
    /** 0: a free port. */
    port: Number(port),
    /** The callback URL, in which `$APPID$` is replaced; null: no callbacks. */
    callbackUrl: env.SIM_CALLBACK_URL ?? null,
    callbackMode: env.WECHAT_CALLBACK_MODE,
    callbackToken: env.WECHAT_CALLBACK_TOKEN,
    encodingAesKey: env.WECHAT_ENCODING_AES_KEY,
    componentAppid: env.WECHAT_COMPONENT_APPID,
    /** The source of tokens: /sim/token, or the component APIs. */
    tokenMode: env.SIM_TOKEN_MODE,
    componentAppsecret: env.WECHAT_COMPONENT_APPSECRET,
    /** The URL of tickets and authorization events; null: `callbackUrl` without `/$APPID$`. */
    authorizationUrl: env.SIM_AUTHORIZATION_URL ?? null,
    /** 0: tickets are sent on request only. */
    ticketIntervalMs: env.SIM_TICKET_INTERVAL_MS,
    tokenLifeMs: env.SIM_TOKEN_LIFE_MS,
    /** Whether each refresh issues a new refresh token. */
    refreshTokens: env.SIM_REFRESH_TOKENS,
    /** How long a token or refresh token stays valid after a newer one is issued. */
    refreshGraceMs: env.SIM_REFRESH_GRACE_MS,
    /** Persists authorizations and tokens in component mode; null: they are lost on restart. */
    stateFile: env.SIM_STATE_FILE ?? null,
    /** null: audits are decided through the control API. */
    auditDelayMs: env.SIM_AUDIT_DELAY_MS ?? null,
    /** They take precedence over `auditDelayMs`. */
    auditRules: env.SIM_AUDIT_RULES,
    /** Templates 0 to 1000 do not exist unless they are in the library. */
    isStrict: env.SIM_STRICT === 'on',
    latencyMs: env.SIM_LATENCY_MS,
    undoPerDay: env.SIM_UNDO_PER_DAY,
    undoPerMonth: env.SIM_UNDO_PER_MONTH,
    ledgerEntries: env.SIM_LEDGER_ENTRIES,
    pushTimeoutMs: env.SIM_PUSH_TIMEOUT_MS,
    pushRetryMs: env.SIM_PUSH_RETRY_MS,
  };
}
