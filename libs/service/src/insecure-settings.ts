import type { Logger } from './logging/messages.js';
import { gauge } from './metrics/metrics.js';

/** What each insecure setting means, for the log. */
const WARNINGS = {
  no_policy: 'AUTH_POLICY_FILE: every caller may do everything',
  grpc_plaintext:
    'GRPC_TLS_CERT_FILE: calls and credentials are not encrypted, and GRPC_ADDR is not a loopback address',
  gateway_plaintext:
    'GATEWAY_TLS_CA_FILE: calls to the gateway are not encrypted, and GATEWAY_ADDR is not a loopback address',
  console_plaintext:
    'CONSOLE_PUBLIC_URL: browsers use the console without https, and CONSOLE_ADDR is not a loopback address',
  public_metrics:
    'ADMIN_ADDR: everyone who reaches HTTP_ADDR or CONSOLE_ADDR, which is not a loopback address, reads the metrics',
  postgres_async_standby:
    'synchronous_standby_names of PostgreSQL is empty: a failover to the connected standby can lose commits',
  postgres_owner:
    'DATABASE_URL: this role may delete the audit trail; connect as one that only has the rights of wxa_app',
  postgres_plaintext: 'DATABASE_URL: the connection to PostgreSQL is not encrypted; use sslmode=verify-full',
  kafka_plaintext: 'KAFKA_TLS: the connections to Kafka are not encrypted',
  kafka_topic: 'a Kafka topic is less durable than it should be: see the warnings that name it',
  forward_plaintext:
    'CALLBACK_FORWARD_FILE: callbacks are forwarded to another machine without encryption of the connection',
  callback_plain: 'WECHAT_CALLBACK_MODE: callbacks are accepted without signature and encryption',
  static_tokens: 'WECHAT_TOKEN_SOURCE: static access tokens are for development',
  injected_instrumentation:
    'NODE_OPTIONS: code that was injected into this process can read the access tokens in the URLs of WeChat',
  wechat_plaintext: 'WECHAT_API_URL: access tokens are sent to WeChat without encryption',
} as const;

/** A setting that is for development or for a private network only. */
export type InsecureSetting = keyof typeof WARNINGS;

const insecureSetting = gauge('wxa_insecure_setting');

const reported = new Set<InsecureSetting>();

/** Sets `wxa_insecure_setting` for each of the given settings that is insecure, and logs a warning. Once per process start. */
export function warnOfInsecure(settings: Partial<Record<InsecureSetting, boolean>>, logger: Logger): void {
  for (const setting of Object.keys(WARNINGS) as InsecureSetting[])
    if (settings[setting] === true) reportInsecure(setting, true, logger);
}

/** Sets `wxa_insecure_setting` for a setting that can change at run time; logs a warning when it becomes insecure. */
export function reportInsecure(setting: InsecureSetting, isInsecure: boolean, logger: Logger): void {
  if (isInsecure === reported.has(setting)) return;
  insecureSetting.set({ setting }, isInsecure ? 1 : 0);
  if (!isInsecure) {
    reported.delete(setting);
    return;
  }
  reported.add(setting);
  const fields = { setting, meaning: WARNINGS[setting] };
  if (setting === 'injected_instrumentation') logger.error(fields, 'instrumentation injected');
  else logger.warn(fields, 'insecure setting');
}

/** The settings that were found insecure. */
export function reportedInsecureSettings(): InsecureSetting[] {
  return [...reported].sort();
}
