import { z } from 'zod';

const count = (preset: number, least = 0) => z.coerce.number().int().min(least).default(preset);

const environment = z
  .object({
    SIM_ADDR: z
      .string()
      .regex(/^[^:\s]+:\d{1,5}$/, 'must be host:port')
      .default('127.0.0.1:8090'),
    SIM_CALLBACK_URL: z.url({ protocol: /^https?$/ }).optional(),
    WECHAT_CALLBACK_MODE: z.enum(['secure', 'plain']).default('secure'),
    WECHAT_CALLBACK_TOKEN: z.string().default(''),
    WECHAT_ENCODING_AES_KEY: z.string().default(''),
    WECHAT_COMPONENT_APPID: z.string().default(''),
    SIM_AUDIT_DELAY_MS: z.coerce.number().int().min(0).optional(),
    SIM_LATENCY_MS: count(0),
    SIM_UNDO_PER_DAY: count(1),
    SIM_UNDO_PER_MONTH: count(10),
    SIM_LEDGER_ENTRIES: count(1_000_000, 1),
    SIM_PUSH_TIMEOUT_MS: count(5000, 1),
    SIM_PUSH_RETRY_MS: count(1000),
  })
  .superRefine((env, context) => {
    if (!env.SIM_CALLBACK_URL || env.WECHAT_CALLBACK_MODE === 'plain') return;
    for (const name of ['WECHAT_CALLBACK_TOKEN', 'WECHAT_COMPONENT_APPID'] as const) {
      if (env[name] === '')
        context.addIssue({ code: 'custom', path: [name], message: 'is needed in secure mode' });
    }
    if (!/^[A-Za-z0-9+/]{43}$/.test(env.WECHAT_ENCODING_AES_KEY)) {
      const message = 'must be 43 characters of base64 in secure mode';
      context.addIssue({ code: 'custom', path: ['WECHAT_ENCODING_AES_KEY'], message });
    }
  });

/** How the simulator behaves; README.md explains each by its environment name. Times in milliseconds. */
export interface SimConfig {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Where pushes go, `$APPID$` replaced; null pushes nothing. */
  callbackUrl: string | null;
  callbackMode: 'secure' | 'plain';
  callbackToken: string;
  encodingAesKey: string;
  componentAppid: string;
  /** null: audits are decided by hand. */
  auditDelayMs: number | null;
  latencyMs: number;
  undoPerDay: number;
  undoPerMonth: number;
  ledgerEntries: number;
  pushTimeoutMs: number;
  pushRetryMs: number;
}

/** All faults of the environment at once, each with the name of its variable. */
export class ConfigFaults extends Error {
  constructor(readonly faults: string[]) {
    super(faults.join('\n'));
  }
}

/** Reads the environment; a variable that is set to nothing counts as absent. Throws ConfigFaults. */
export function readConfig(env: Record<string, string | undefined>): SimConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = environment.safeParse(given);
  if (!result.success) {
    throw new ConfigFaults(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  }
  return toConfig(result.data);
}

function toConfig(env: z.infer<typeof environment>): SimConfig {
  const [host = '', port = '0'] = env.SIM_ADDR.split(':');
  return {
    host,
    port: Number(port),
    callbackUrl: env.SIM_CALLBACK_URL ?? null,
    callbackMode: env.WECHAT_CALLBACK_MODE,
    callbackToken: env.WECHAT_CALLBACK_TOKEN,
    encodingAesKey: env.WECHAT_ENCODING_AES_KEY,
    componentAppid: env.WECHAT_COMPONENT_APPID,
    auditDelayMs: env.SIM_AUDIT_DELAY_MS ?? null,
    latencyMs: env.SIM_LATENCY_MS,
    undoPerDay: env.SIM_UNDO_PER_DAY,
    undoPerMonth: env.SIM_UNDO_PER_MONTH,
    ledgerEntries: env.SIM_LEDGER_ENTRIES,
    pushTimeoutMs: env.SIM_PUSH_TIMEOUT_MS,
    pushRetryMs: env.SIM_PUSH_RETRY_MS,
  };
}
