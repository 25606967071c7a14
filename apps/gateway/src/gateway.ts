import 'reflect-metadata';
import { type Server, setLogger } from '@grpc/grpc-js';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { type Directory, Secrets, type TokenStore } from '@wxa/authorizers';
import { auditEvents } from '@wxa/contracts';
import { connectKafka, type KafkaConnection, OutboxRelay } from '@wxa/kafka';
import { statusQueriesOf } from '@wxa/operations';
import type { Policy } from '@wxa/policy';
import type { DatabaseOptions } from '@wxa/postgres';
import type { TrailEntry } from '@wxa/postgres/trail';
import {
  AdminServer,
  countDecision,
  databaseConnection,
  endsWithin,
  isDatabasePlaintext,
  isInstrumented,
  isKafkaPlaintext,
  isLoopback,
  kafkaClientSettings,
  kafkaObserver,
  type Logger,
  logStarted,
  logTlsError,
  logTrail,
  nestLogger,
  Readiness,
  reportOutbox,
  reportPostgres,
  type Stoppable,
  startMetrics,
  startTracing,
  storeObserver,
  type Tracing,
  traceSent,
  untilItWorks,
  VERSION,
  warnOfInsecure,
} from '@wxa/service';
import { Store } from '@wxa/store';
import { parseReasons } from '@wxa/wxa-client';
import { WorkerMethods } from './accept/acceptance-checks.js';
import { MediaUpload } from './accept/media-upload.js';
import { OperationFeed } from './await/operation-feed.js';
import { Demand, PendingQueries } from './await/pending-queries.js';
import { RolloutFeed } from './await/rollout-feed.js';
import { type Access, openAccess } from './callers/access.js';
import { CallerUsageReader } from './callers/caller-usage.js';
import { PolicyTrail } from './callers/policy-trail.js';
import { GATEWAY_SOURCE, type GatewaySettings } from './config.js';
import { type DeniedCall, DeniedCalls } from './credentials/denied-calls.js';
import { type GatewayParts, gatewayModule } from './gateway.module.js';
import { watchStreams } from './metrics.js';
import { PolicyPauses } from './rollout-policy/policy-pauses.js';
import { observeCalls } from './server/calls.js';
import { endCalls } from './server/end-calls.js';
import { addReflection, grpcOptions } from './server/grpc-server.js';
import { Health } from './server/health.js';
import { LimitedHttp } from './server/http-options.js';
import { closeConnections, limitConnections, limitDeadlines } from './server/incoming-calls.js';
import { KafkaRuntime, OutcomeTopic } from './server/kafka-runtime.js';
import { startTokenService } from './token-service/start-token-service.js';
import { openCallbacks } from './webhook/open-callbacks.js';

/** How long each step of the shutdown after the calls may take. */
const PART_MS = 1_000;

/** Starts the gateway. Waits for Postgres, not for Kafka. */
export async function startGateway(settings: GatewaySettings, logger: Logger): Promise<Stoppable> {
  startMetrics();
  warnOfInsecure(insecureSettings(settings), logger);
  const readiness = new Readiness(['postgres']);
  const probes = await startProbes(settings, readiness);
  setLogger({ error: (...args: unknown[]) => logger.warn({ error: args.join(' ') }, 'grpc error') });
  const database = databaseConnection(settings, 'wxa-gateway', logTlsError(logger, 'DATABASE_URL'));
  const tracing = await startTracing(settings, { name: 'wxa-gateway', version: VERSION }, logger);
  const policed = followPolicy(settings, logger);
  const access = await openAccess(settings, policed);
  const store = await untilItWorks(logger, 'Postgres', () => openStore(database, logger));
  policed.start(store);
  const { tokens, directory } = await openTokens(store, settings, logger);
  const connection = connectToKafka(settings, logger);
  const relay = new OutboxRelay(store, connection, { writer: 'gateway', logger, onSent: traceSent(tracing) });
  const stored = { settings, logger, store, directory, tokens, relay, tracing };
  const received = await openCallbacks({ ...stored, connection });
  const health = new Health();
  const workers = new WorkerMethods(store.instances, logger);
  await workers.start();
  const parts = { ...stored, readiness, workers, received };
  const app = await createApp(parts);
  const observed = observedAccess(access, settings, logger);
  const grpc = await listen(app, settings, { health, access: observed, probes, tracing });
  const readers = await startTokenService(settings, access.ofTokens, parts).catch(
    listenError('TOKEN_SERVICE_ADDR', settings.TOKEN_SERVICE_ADDR ?? settings.GRPC_ADDR),
  );
  access.onClientCaChange(() => {
    closeConnections(grpc);
    readers?.endConnections();
  });
  const stopCounting = reportStore(parts, health);
  const kafka = new KafkaRuntime({ connection, relay, eventRelay: received.eventRelay, logger, readiness });
  const pending = app.get(PendingQueries);
  const feeds = [app.get(OperationFeed), app.get(RolloutFeed)];
  const ending = { waiting: pending, feeds, media: app.get(MediaUpload), tokens: readers };
  watchStreams.collect(() => [[{}, feeds.reduce((sum, { watchers }) => sum + watchers, 0)]]);
  void kafka.run(new OutcomeTopic(pending, app.get(OperationFeed), app.get(Demand)));
  logStarted(logger, settings);

  return {
    drain() {
      readiness.drain();
      health.drain();
    },
    async stop(callsMs) {
      stopCounting();
      access.stop();
      workers.stop();
      health.endWatches();
      const areCallsFinished = await endCalls(app, grpc, ending, callsMs);
      await endsWithin(PART_MS, Promise.all([app.close(), kafka.stop(), policed.stop(), received.stop()]));
      const isStoreClosed = await endsWithin(PART_MS, store.close());
      await probes.close();
      await tracing?.stop();
      return areCallsFinished && isStoreClosed;
    },
  };
}

/** What follows the policy: its record, the counts of its callers and of calls that it denies, and the pauses of rollouts. */
function followPolicy({ AUTH_POLICY_FILE: path }: GatewaySettings, logger: Logger) {
  const usage = new CallerUsageReader(logger);
  const policies = new PolicyTrail(logger);
  const pauses = new PolicyPauses(logger);
  const denied = new DeniedCalls(logger);
  return {
    logger,
    usageOf: (caller: string) => usage.of(caller),
    onDenied: (call: DeniedCall) => denied.add(call),
    onPolicy(policy: Policy, files: string) {
      policies.loaded(policy, files);
      pauses.use(policy);
    },
    start(store: Store) {
      policies.start(store);
      pauses.start(store);
      if (path === undefined) return;
      usage.start(store);
      denied.start(store);
    },
    stop(): Promise<void> {
      usage.stop();
      pauses.stop();
      return denied.stop();
    },
  };
}

function insecureSettings(settings: GatewaySettings) {
  return {
    postgres_plaintext: isDatabasePlaintext(settings),
    kafka_plaintext: isKafkaPlaintext(settings),
    injected_instrumentation: isInstrumented(),
    callback_plain: settings.WECHAT_CALLBACK_MODE === 'plain',
    public_metrics: settings.ADMIN_ADDR === undefined && !isLoopback(settings.HTTP_ADDR.host),
  };
}

function createApp(parts: GatewayParts): Promise<NestExpressApplication> {
  return NestFactory.create<NestExpressApplication>(gatewayModule(parts), new LimitedHttp(), {
    bodyParser: false,
    logger: nestLogger(parts.logger),
    abortOnError: false,
  });
}

/** Readiness, health and metrics follow the state of Postgres. Returns a function that ends the counts. */
function reportStore({ store, readiness, logger }: GatewayParts, health: Health): () => void {
  reportPostgres(store, readiness, logger);
  store.probe.onStatus(({ isWritable }) => health.set(isWritable));
  void store.probe.start();
  return reportOutbox(store.outbox, readiness);
}

/**
 * Starts before Postgres is reached, so that a process that waits for it can be observed: without ADMIN_ADDR on HTTP_ADDR, until
 * callbacks are received there.
 */
async function startProbes(
  { ADMIN_ADDR, HTTP_ADDR }: GatewaySettings,
  readiness: Readiness,
): Promise<AdminServer> {
  const probes = new AdminServer(readiness, ADMIN_ADDR === undefined ? 503 : 404);
  if (ADMIN_ADDR !== undefined) await probes.listen(ADMIN_ADDR).catch(listenError('ADMIN_ADDR', ADMIN_ADDR));
  else await probes.listen(HTTP_ADDR).catch(listenError('HTTP_ADDR', HTTP_ADDR));
  return probes;
}

function openStore(connection: DatabaseOptions, logger: Logger): Promise<Store> {
  const onRecorded = (entry: TrailEntry) => logTrail(logger, entry);
  const made = {
    toEvent: auditEvents(parseReasons),
    toStatusQuery: statusQueriesOf(GATEWAY_SOURCE),
  };
  const publisher = { ...made, onRecorded, onDecided: countDecision };
  return Store.open({ ...connection, observer: storeObserver }, { writer: 'gateway', ...publisher });
}

/** `tokens`: null if they are not kept here. Rejects with MissingKeyError if stored secrets are encrypted with a key that this process does not have. */
async function openTokens(
  store: Store,
  settings: GatewaySettings,
  logger: Logger,
): Promise<{ tokens: TokenStore | null; directory: Directory }> {
  const { SECRETS_KEY: key, SECRETS_KEY_PREVIOUS: previous, WECHAT_TOKEN_SOURCE: source } = settings;
  if (key === undefined || source !== 'component') return { tokens: null, directory: store.directory() };
  const tokens = store.tokens(new Secrets(key, previous));
  await untilItWorks(logger, 'Postgres', () => tokens.checkKeys());
  return { tokens, directory: tokens };
}

function connectToKafka(settings: GatewaySettings, logger: Logger): KafkaConnection {
  const client = kafkaClientSettings(settings, logTlsError(logger, 'KAFKA_TLS'));
  const { DEPLOYMENT_NAME: deployment } = settings;
  return connectKafka({ ...client, clientId: 'wxa-gateway', deployment, logger, observer: kafkaObserver });
}

/** Counts and logs all calls, those that are rejected included. */
function observedAccess(access: Access, settings: GatewaySettings, logger: Logger): Access {
  const observe = observeCalls(logger, settings.LOG_SAMPLE_READS, settings.AUTH_POLICY_FILE !== undefined);
  return { ...access, interceptors: [observe, ...access.interceptors] };
}

async function listen(
  app: NestExpressApplication,
  settings: GatewaySettings,
  {
    health,
    access,
    probes,
    tracing,
  }: { health: Health; access: Access; probes: AdminServer; tracing: Tracing | undefined },
): Promise<Server> {
  const { ADMIN_ADDR, GRPC_ADDR, HTTP_ADDR } = settings;
  let grpc: Server | undefined;
  app.connectMicroservice(
    grpcOptions(settings, { ...access, tracing }, (server) => {
      grpc = server;
      health.addTo(server);
      addReflection(server);
    }),
  );
  await app.startAllMicroservices().catch(listenError('GRPC_ADDR', GRPC_ADDR));
  if (grpc === undefined) throw new Error('the gRPC server did not start');
  limitDeadlines(grpc);
  limitConnections(grpc, settings.GRPC_MAX_CONNECTIONS);
  if (ADMIN_ADDR === undefined) await probes.close();
  await app.listen(HTTP_ADDR.port, HTTP_ADDR.host).catch(listenError('HTTP_ADDR', HTTP_ADDR));
  return grpc;
}

function listenError(name: string, { host, port }: { host: string; port: number }) {
  return (error: unknown): never => {
    const reason = String(error).includes('EADDRINUSE')
      ? 'the address is in use by another process'
      : String(error);
    throw new Error(`${name}: cannot listen on ${host}:${port}: ${reason}`);
  };
}
