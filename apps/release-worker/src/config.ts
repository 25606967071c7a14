import { readSecretsKey } from '@wxa/authorizers';
import {
  address,
  baseUrl,
  commonSettings,
  count,
  faultOfTls,
  httpUrl,
  milliseconds,
  readable,
  withCrossChecks,
} from '@wxa/service';
import { z } from 'zod';

/** The consumer group that all workers share. */
export const GROUP = 'wxa-release-worker';
/** The names of temporary groups that read some messages again begin with this. */
export const READ_GROUPS = 'wxa-history-';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CENTURY_MS = 36_525 * DAY_MS;
/** Postgres deletes no younger rows of the audit trail. */
const MIN_TRAIL_MS = 30 * DAY_MS;

const rate = z.coerce.number('must be a number of calls per second').min(0, 'must be 0 or more').default(0);

const staticTokens = (error?: { error: string }) =>
  z.string(error).transform((text, context): Record<string, string> => {
    const tokens = parseObject(text);
    if (tokens !== undefined && Object.values(tokens).every((t) => typeof t === 'string' && t !== '')) {
      return tokens as Record<string, string>;
    }
    // Never contains the text, which holds tokens.
    context.addIssue({ code: 'custom', message: 'must be a JSON object of appid to token' });
    return z.NEVER;
  });

/** One to 10 numbers of milliseconds, each larger than the one before, separated by commas. */
const ascendingDelays = (fallback: readonly number[]) =>
  z
    .string()
    .default(fallback.join())
    .transform((text, context) => {
      const delays = text.split(',').map(Number);
      const isValid = delays.every(
        (ms, i) => Number.isInteger(ms) && ms > (delays[i - 1] ?? 0) && ms <= DAY_MS,
      );
      if (isValid && delays.length <= 10) return delays;
      const message = `must be 1 to 10 ascending numbers of milliseconds up to ${DAY_MS}, separated by commas`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });

const secretsKey = (missing?: string) => readable(readSecretsKey, 'must be 32 bytes in base64', missing);
const withoutBlanks = (error?: { error: string }) => z.string(error).regex(/^\S+$/, 'must have no blanks');

/** Credentials that the client can decode. */
const proxyUrl = baseUrl.refine(
  (url) => [new URL(url).username, new URL(url).password].every(isPercentEncoded),
  'must have percent-encoded credentials',
);

const settings = z.object({
  ...commonSettings,
  WORKER_HTTP_ADDR: address('127.0.0.1:8081'),
  WECHAT_API_URL: baseUrl.default('https://api.weixin.qq.com'),
  WECHAT_PROXY_URL: proxyUrl.optional(),
  WECHAT_TIMEOUT_MS: milliseconds(10_000, { max: HOUR_MS }),
  WECHAT_RATE_PER_API: rate,
  WECHAT_RATE_PER_APPID: rate,
  WECHAT_DAILY_QUOTA_POLICY: z.enum(['fail', 'delay'], 'must be fail or delay').default('fail'),
  WORKER_CONCURRENCY: count(100),
  OPERATION_DEADLINE_MS: milliseconds(600_000),
  OPERATION_LEASE_MARGIN_MS: milliseconds(2_000, { max: HOUR_MS }),
  AUDIT_POLL_AFTER_MS: milliseconds(1_800_000),
  AUDIT_POLL_INTERVAL_MS: milliseconds(600_000),
  AUTHORIZER_SYNC_INTERVAL_MS: milliseconds(HOUR_MS, { min: 0 }),
  QUERY_RETENTION_MS: milliseconds(DAY_MS, { max: CENTURY_MS }),
  CHANGE_RETENTION_MS: milliseconds(90 * DAY_MS, { max: CENTURY_MS }),
  TRAIL_RETENTION_MS: milliseconds(400 * DAY_MS, { max: CENTURY_MS }).refine(
    (ms) => ms >= MIN_TRAIL_MS,
    `must be at least ${MIN_TRAIL_MS} (30 days)`,
  ),
  ROLLOUT_RETENTION_MS: milliseconds(400 * DAY_MS, { max: CENTURY_MS }),
  ROLLOUT_PRIVACY_WAIT_MS: milliseconds(75_000, { max: HOUR_MS }),
  ROLLOUT_VERIFY_DELAYS_MS: ascendingDelays([5_000, 60_000, 300_000, 900_000]),
  WECHAT_TOKEN_SOURCE: z
    .enum(['component', 'endpoint', 'static'], 'must be component, endpoint or static')
    .default('component'),
  WECHAT_TOKEN_URL: httpUrl.optional(),
  WECHAT_TOKEN_URL_KEY: withoutBlanks().optional(),
  WECHAT_TOKEN_URL_CA_FILE: z.string().optional(),
  WECHAT_STATIC_TOKENS: staticTokens().optional(),
  WECHAT_COMPONENT_APPID: withoutBlanks().optional(),
  WECHAT_COMPONENT_APPSECRET: withoutBlanks().optional(),
  SECRETS_KEY: secretsKey().optional(),
  SECRETS_KEY_PREVIOUS: secretsKey().optional(),
});

export type Config = z.infer<typeof settings>;

const needed = (source: string) => ({ error: `required if WECHAT_TOKEN_SOURCE is ${source}` });

/** The additional settings that each token source requires. */
const SOURCES: Record<string, z.ZodRawShape> = {
  component: {
    WECHAT_COMPONENT_APPID: withoutBlanks(needed('component')),
    WECHAT_COMPONENT_APPSECRET: withoutBlanks(needed('component')),
    SECRETS_KEY: secretsKey(needed('component').error),
  },
  endpoint: { WECHAT_TOKEN_URL: z.string(needed('endpoint')).pipe(httpUrl) },
  static: { WECHAT_STATIC_TOKENS: staticTokens(needed('static')) },
};

/** How to reach a token service that asks who reads: the key is never sent in plain text. */
const ofTokenUrl = (url = ''): z.ZodRawShape => ({
  WECHAT_TOKEN_URL_KEY: withoutBlanks()
    .refine(() => url.startsWith('https://'), 'requires a WECHAT_TOKEN_URL that begins with https://')
    .optional(),
  WECHAT_TOKEN_URL_CA_FILE: z
    .string()
    .superRefine((ca, context) => {
      const message = faultOfTls({ ca });
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .optional(),
});

/** The schema of the worker's environment, with those its token source requires, so that all errors are reported together. */
export function workerSettings(env: {
  WECHAT_TOKEN_SOURCE?: string | undefined;
  WECHAT_TOKEN_URL?: string | undefined;
}): z.ZodType<Config> {
  const ofSource = SOURCES[env.WECHAT_TOKEN_SOURCE || 'component'] ?? {};
  const all = { ...ofTokenUrl(env.WECHAT_TOKEN_URL), ...ofSource };
  return withCrossChecks(settings.extend(all)) as unknown as z.ZodType<Config>;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
