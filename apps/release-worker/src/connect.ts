import { Secrets, type TokenStore } from '@wxa/authorizers';
import { auditEvents } from '@wxa/contracts';
import { connectKafka, ensureGroup, ensureTopics, type KafkaConnection } from '@wxa/kafka';
import { statusQueriesOf, WORKER_SOURCE } from '@wxa/operations';
import type { TrailEntry } from '@wxa/postgres/trail';
import {
  countDecision,
  databaseConnection,
  isDatabasePlaintext,
  isInstrumented,
  isKafkaPlaintext,
  isLoopback,
  kafkaClientSettings,
  kafkaObserver,
  type Logger,
  logTlsError,
  logTrail,
  storeObserver,
  untilItWorks,
} from '@wxa/service';
import { Store } from '@wxa/store';
import { parseReasons } from '@wxa/wxa-client';
import { type Config, GROUP } from './config.js';

/** Waits for Postgres without limit. */
export function connectStore(config: Config, logger: Logger): Promise<Store> {
  const onError = logTlsError(logger, 'DATABASE_URL');
  const database = databaseConnection(config, 'wxa-release-worker', onError);
  const publisher = {
    writer: 'release-worker',
    toEvent: auditEvents(parseReasons),
    toStatusQuery: statusQueriesOf(WORKER_SOURCE),
    onRecorded: (entry: TrailEntry) => logTrail(logger, entry),
    onDecided: countDecision,
  } as const;
  return untilItWorks(logger, 'Postgres', () =>
    Store.open({ ...database, observer: storeObserver }, publisher, { claimsAreChecked: true }),
  );
}

/** Waits for Kafka without limit. */
export async function openKafka(config: Config, logger: Logger): Promise<KafkaConnection> {
  const connection = connectKafka({
    ...kafkaClientSettings(config, logTlsError(logger, 'KAFKA_TLS')),
    clientId: 'wxa-release-worker',
    deployment: config.DEPLOYMENT_NAME,
    logger,
    observer: kafkaObserver,
  });
  await untilItWorks(logger, 'Kafka', () => ensureTopics(connection));
  await untilItWorks(logger, 'Kafka', () => ensureGroup(connection, GROUP));
  return connection;
}

/**
 * The stored tokens of the platform's authorizations; undefined if access tokens have another source. Rejects with
 * MissingKeyError if stored secrets cannot be decrypted with the configured keys.
 */
export async function openTokens(
  { SECRETS_KEY, SECRETS_KEY_PREVIOUS, WECHAT_TOKEN_SOURCE }: Config,
  logger: Logger,
  store: Store,
): Promise<TokenStore | undefined> {
  if (SECRETS_KEY === undefined || WECHAT_TOKEN_SOURCE !== 'component') return undefined;
  const tokens = store.tokens(new Secrets(SECRETS_KEY, SECRETS_KEY_PREVIOUS));
  await untilItWorks(logger, 'Postgres', () => tokens.checkKeys());
  return tokens;
}

/** The slowest call takes three times WECHAT_TIMEOUT_MS; one that a shutdown cuts leaves its operation in doubt. */
export function warnOfShortGrace({ SHUTDOWN_GRACE_MS, WECHAT_TIMEOUT_MS }: Config, logger: Logger): void {
  const neededMs = 3 * WECHAT_TIMEOUT_MS + 5_000;
  if (SHUTDOWN_GRACE_MS < neededMs) logger.warn({ needed_ms: neededMs }, 'grace too short');
}

export function insecureSettings(config: Config) {
  const { WECHAT_API_URL, WECHAT_TOKEN_SOURCE } = config;
  const { protocol, hostname } = new URL(WECHAT_API_URL);
  return {
    postgres_plaintext: isDatabasePlaintext(config),
    kafka_plaintext: isKafkaPlaintext(config),
    injected_instrumentation: isInstrumented(),
    static_tokens: WECHAT_TOKEN_SOURCE === 'static',
    wechat_plaintext: protocol === 'http:' && !isLoopback(hostname),
  };
}
