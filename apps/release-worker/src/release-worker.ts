import { createRequire } from 'node:module';
import { Secrets, type TokenStore } from '@wxa/authorizers';
import { auditEvents, auditStatusQuery } from '@wxa/contracts';
import { connectKafka, ensureGroup, ensureTopics, type KafkaConnection, TopicCheck } from '@wxa/kafka';
import { operationId, SOURCE } from '@wxa/operations';
import type { TrailEntry } from '@wxa/postgres';
import {
  countDecision,
  databaseConnection,
  endsWithin,
  isDatabasePlaintext,
  isInstrumented,
  isKafkaPlaintext,
  isLoopback,
  kafkaClientSettings,
  kafkaObserver,
  type Liveness,
  type Logger,
  logTlsError,
  logTrail,
  type Readiness,
  reportInsecure,
  startMetrics,
  startTracing,
  storeObserver,
  type Tracing,
  untilItWorks,
  warnOfInsecure,
} from '@wxa/service';
import { Store } from '@wxa/store';
import { parseReasons } from '@wxa/wxa-client';
import type { Config } from './config.js';
import { GROUP } from './config.js';
import { reportHistory } from './history/history-report.js';
import { InstanceReport } from './schedule/instance-report.js';
import { WorkerParts } from './worker-parts.js';
import { WorkerReport } from './worker-report.js';

/** A statement of the housekeeping that hangs keeps its connection for longer than a stop may take. */
const CLOSE_MS = 400;

const { version: VERSION } = createRequire(import.meta.url)('../package.json') as { version: string };

/** Connects the worker to Postgres and Kafka, then runs its parts. */
export class ReleaseWorker {
  #store: Store | undefined;
  #parts: WorkerParts | undefined;
  #topicCheck: TopicCheck | undefined;
  #instance: InstanceReport | undefined;
  #tracing: Tracing | undefined;
  #isStopping = false;
  readonly #report: WorkerReport;

  constructor(
    private readonly config: Config,
    private readonly logger: Logger,
    private readonly state: { readiness: Readiness; liveness: Liveness },
  ) {
    this.#report = new WorkerReport(logger, state);
  }

  /** Waits for Postgres and Kafka without limit, then starts. */
  async start(): Promise<void> {
    startMetrics(VERSION);
    warnOfInsecure(insecureSettings(this.config), this.logger);
    warnOfShortGrace(this.config, this.logger);
    const store = await this.#connectStore();
    const connection = await this.#connectKafka();
    const tokenStore = await this.#openTokens(store);
    const { config, logger } = this;
    const tracing = await startTracing(config, { name: 'wxa-release-worker', version: VERSION }, logger);
    this.#tracing = tracing;
    const base = { config, logger, report: this.#report, store, connection, tokenStore, tracing };
    this.#instance = new InstanceReport({
      instances: store.instances,
      version: VERSION,
      ratePerApi: config.WECHAT_RATE_PER_API,
      onFailure: (error) => this.#report.storeFailed(error),
    });
    const instance = this.#instance;
    await untilItWorks(logger, 'Postgres', () => instance.start());
    if (this.#isStopping) return;
    this.#parts = new WorkerParts(base);
    await this.#parts.start();
  }

  /** Reports the worker as not ready; it continues to work. */
  drain(): void {
    this.state.readiness.drain();
  }

  /**
   * Stops new work; calls in flight end within `callsMs`, their offsets are committed and their events published. Resolves to
   * whether they all ended.
   */
  async stop(callsMs: number): Promise<boolean> {
    this.#isStopping = true;
    this.#report.stop();
    this.#topicCheck?.stop();
    const instance = this.#instance?.stop();
    const isFinished = (await this.#parts?.stop(callsMs)) ?? true;
    const closed = Promise.resolve(instance).then(() => this.#store?.close());
    await endsWithin(CLOSE_MS, Promise.all([closed, this.#tracing?.stop()]));
    return isFinished;
  }

  async #connectStore(): Promise<Store> {
    const onError = logTlsError(this.logger, 'DATABASE_URL');
    const database = databaseConnection(this.config, 'wxa-release-worker', onError);
    const toEvent = auditEvents(parseReasons);
    const onRecorded = (entry: TrailEntry) => logTrail(this.logger, entry);
    const toStatusQuery = auditStatusQuery(operationId, SOURCE);
    const made = { toEvent, toStatusQuery, onRecorded, onDecided: countDecision };
    const publisher = { writer: 'release-worker', ...made } as const;
    this.#store = await untilItWorks(this.logger, 'Postgres', () =>
      Store.open({ ...database, observer: storeObserver }, publisher, { claimsAreChecked: true }),
    );
    reportHistory(this.#store.history, { logger: this.logger, readiness: this.state.readiness });
    await this.#report.watchStore(this.#store);
    return this.#store;
  }

  async #connectKafka(): Promise<KafkaConnection> {
    const { config, logger } = this;
    const connection = connectKafka({
      ...kafkaClientSettings(config, logTlsError(logger, 'KAFKA_TLS')),
      clientId: 'wxa-release-worker',
      deployment: config.DEPLOYMENT_NAME,
      logger,
      observer: kafkaObserver,
    });
    await untilItWorks(logger, 'Kafka', () => ensureTopics(connection));
    const onChecked = (isAnyFound: boolean) => reportInsecure('kafka_topic', isAnyFound, logger);
    this.#topicCheck = new TopicCheck(connection, { logger, onChecked });
    this.#topicCheck.start();
    await untilItWorks(logger, 'Kafka', () => ensureGroup(connection, GROUP));
    return connection;
  }

  /** Rejects with MissingKeyError if stored secrets cannot be decrypted with the configured keys. */
  async #openTokens(store: Store): Promise<TokenStore | undefined> {
    const { SECRETS_KEY: key, SECRETS_KEY_PREVIOUS: previous, WECHAT_TOKEN_SOURCE: source } = this.config;
    if (key === undefined || source !== 'component') return undefined;
    const tokens = store.tokens(new Secrets(key, previous));
    await untilItWorks(this.logger, 'Postgres', () => tokens.checkKeys());
    return tokens;
  }
}

/** The slowest call takes three times WECHAT_TIMEOUT_MS; one that a shutdown cuts leaves its operation in doubt. */
function warnOfShortGrace({ SHUTDOWN_GRACE_MS, WECHAT_TIMEOUT_MS }: Config, logger: Logger): void {
  const neededMs = 3 * WECHAT_TIMEOUT_MS + 5_000;
  if (SHUTDOWN_GRACE_MS < neededMs) logger.warn({ needed_ms: neededMs }, 'grace too short');
}

function insecureSettings(config: Config) {
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
