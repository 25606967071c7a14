import { address, commonSettings, count, httpUrl, milliseconds } from '@wxa/service';
import { z } from 'zod';

const rate = z.coerce.number('must be a number of calls a second').min(0, 'must be 0 or more').default(0);

const staticTokens = z
  .string()
  .transform((text, context): Record<string, string> => {
    const tokens = parseObject(text);
    if (tokens !== undefined && Object.values(tokens).every((t) => typeof t === 'string' && t !== '')) {
      return tokens as Record<string, string>;
    }
    // Never repeats the text: it holds tokens.
    context.addIssue({ code: 'custom', message: 'must be a JSON object of appid to token' });
    return z.NEVER;
  })
  .optional();

/** The release worker's settings; the names are those of the environment. */
export const configSchema = z
  .object({
    ...commonSettings,
    WORKER_HTTP_ADDR: address('127.0.0.1:8081'),
    WECHAT_API_URL: httpUrl.default('https://api.weixin.qq.com'),
    WECHAT_TIMEOUT_MS: milliseconds(10_000),
    WECHAT_RATE_PER_API: rate,
    WECHAT_RATE_PER_APPID: rate,
    WORKER_CONCURRENCY: count(100),
    OPERATION_DEADLINE_MS: milliseconds(600_000),
    OPERATION_LEASE_MARGIN_MS: milliseconds(2_000),
    AUDIT_POLL_AFTER_MS: milliseconds(1_800_000),
    AUDIT_POLL_INTERVAL_MS: milliseconds(600_000),
    QUERY_RETENTION_MS: milliseconds(24 * 3600 * 1000),
    CHANGE_RETENTION_MS: milliseconds(90 * 24 * 3600 * 1000),
    WECHAT_TOKEN_SOURCE: z.enum(['component', 'endpoint', 'static']).default('component'),
    WECHAT_TOKEN_URL: httpUrl.optional(),
    WECHAT_STATIC_TOKENS: staticTokens,
  })
  .superRefine((settings, context) => {
    const fault = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    const { WECHAT_TOKEN_SOURCE: source, WECHAT_TOKEN_URL: url, WECHAT_STATIC_TOKENS: tokens } = settings;
    if (source === 'component') {
      fault('WECHAT_TOKEN_SOURCE', '`component` is not available yet: set `endpoint` or `static`');
    }
    if (source === 'endpoint' && url === undefined)
      fault('WECHAT_TOKEN_URL', 'required where the token source is `endpoint`');
    if (source === 'static' && tokens === undefined) {
      fault('WECHAT_STATIC_TOKENS', 'required where the token source is `static`');
    }
  });

export type Config = z.infer<typeof configSchema>;

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
