import { TopicCheck } from '@wxa/kafka';
import {
  endsWithin,
  type Liveness,
  type Logger,
  type Readiness,
  reportInsecure,
  startMetrics,
  startTracing,
  type Tracing,
  untilItWorks,
  VERSION,
  warnOfInsecure,
} from '@wxa/service';
import type { Store } from '@wxa/store';
import { waitingForAppid } from './attempt/waiting-lanes.js';
import { type Base, CallParts } from './call-parts.js';
import type { Config } from './config.js';
import { connectStore, insecureSettings, openKafka, openTokens, warnOfShortGrace } from './connect.js';
import { reportHistory } from './history/history-report.js';
import { Housekeeping } from './housekeeping.js';
import { registerGauges } from './metrics.js';
import { OperationParts } from './operation-parts.js';
import { InstanceReport } from './schedule/instance-report.js';
import { WorkerReport } from './worker-report.js';

/** How long a stop waits, after the calls, for Kafka and for housekeeping: neither decides the exit code. */
const LEAVE_MS = 2_000;
/** A statement of the housekeeping that hangs keeps its connection for longer than a stop may take. */
const CLOSE_MS = 400;

/** The composition root: connects the worker to Postgres and Kafka, builds its parts, and starts and stops them in order. */
export class ReleaseWorker {
  #store: Store | undefined;
  #topicCheck: TopicCheck | undefined;
  #tracing: Tracing | undefined;
  #instance: InstanceReport | undefined;
  #parts: Parts | undefined;
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
    const { config, logger } = this;
    startMetrics();
    warnOfInsecure(insecureSettings(config), logger);
    warnOfShortGrace(config, logger);
    const base = await this.#connect();
    this.#instance = new InstanceReport({
      instances: base.store.instances,
      version: VERSION,
      ratePerApi: config.WECHAT_RATE_PER_API,
      onFailure: base.onFailure,
    });
    const instance = this.#instance;
    await untilItWorks(logger, 'Postgres', () => instance.start());
    if (this.#isStopping) return;
    const parts = buildParts(base);
    this.#parts = parts;
    this.#report.countAuthorizers(base.directory);
    parts.operations.relay.start();
    parts.housekeeping.start();
    await parts.calls.start();
    if (!this.#isStopping) await parts.operations.start();
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
    const isFinished = this.#parts === undefined || (await stopParts(this.#parts, callsMs));
    const closed = Promise.resolve(instance).then(() => this.#store?.close());
    await endsWithin(CLOSE_MS, Promise.all([closed, this.#tracing?.stop()]));
    return isFinished;
  }

  async #connect(): Promise<Base> {
    const { config, logger } = this;
    const report = this.#report;
    const store = await connectStore(config, logger);
    this.#store = store;
    reportHistory(store.history, { logger, readiness: this.state.readiness });
    await report.watchStore(store);
    const connection = await openKafka(config, logger);
    const onChecked = (isAnyFound: boolean) => reportInsecure('kafka_topic', isAnyFound, logger);
    this.#topicCheck = new TopicCheck(connection, { logger, onChecked });
    this.#topicCheck.start();
    const tokenStore = await openTokens(config, logger, store);
    const tracing = await startTracing(config, { name: 'wxa-release-worker', version: VERSION }, logger);
    this.#tracing = tracing;
    const onFailure = (error: unknown, table?: string) => report.storeFailed(error, table);
    const directory = tokenStore ?? store.directory();
    return { config, logger, report, store, connection, directory, tokenStore, tracing, onFailure };
  }
}

type Parts = ReturnType<typeof buildParts>;

/** Each part is built from those before it. */
function buildParts(base: Base) {
  const calls = new CallParts(base);
  const operations = new OperationParts(base, calls);
  const housekeeping = new Housekeeping(base, calls, operations);
  const { lanes } = operations;
  registerGauges(
    {
      lanes: () => ({ ...lanes.lengths, operations: lanes.size }),
      callsInFlight: () => calls.tools.permits.inUse,
      rateLimitWaiting: () => ({
        platform: calls.platform.waitingLong(),
        mini_program: waitingForAppid(lanes.heads()),
      }),
    },
    base.config.WORKER_CONCURRENCY,
  );
  return { calls, operations, housekeeping };
}

/** Resolves to whether all calls in flight ended within `callsMs`. */
async function stopParts({ calls, operations, housekeeping }: Parts, callsMs: number): Promise<boolean> {
  const paused = operations.pause();
  calls.wechat.stop();
  const others = endsWithin(callsMs + LEAVE_MS, Promise.all([paused, housekeeping.stop()]));
  const isFinished = await endsWithin(callsMs, calls.stop(operations.finish()));
  await endsWithin(LEAVE_MS, Promise.all([operations.leave(), calls.wechat.client.close(), others]));
  return isFinished;
}
