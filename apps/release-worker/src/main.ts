import '@wxa/service/require-node';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MissingKeyError } from '@wxa/authorizers';
import {
  configOrExit,
  createLogger,
  EX_CONFIG,
  exitOnUncaught,
  Liveness,
  logStarted,
  nestLogger,
  ProbesController,
  Readiness,
  type Stoppable,
  stopOnSignal,
  toggleDebugOnSignal,
} from '@wxa/service';
import { workerSettings } from './config.js';
import { ReleaseWorker } from './release-worker.js';

const config = configOrExit(workerSettings);
const logger = createLogger('release-worker', config.LOG_LEVEL);
toggleDebugOnSignal(logger);
exitOnUncaught(logger);
let running: Stoppable | undefined;
stopOnSignal(logger, config, () => running);
const state = { readiness: new Readiness(['postgres', 'kafka', 'history']), liveness: new Liveness() };

@Module({
  controllers: [ProbesController],
  providers: [
    { provide: Readiness, useValue: state.readiness },
    { provide: Liveness, useValue: state.liveness },
  ],
})
class Probes {}

const app = await NestFactory.create(Probes, { logger: nestLogger(logger) });
const { host, port } = config.WORKER_HTTP_ADDR;
await app.listen(port, host).catch((error: NodeJS.ErrnoException) => {
  const message =
    error.code === 'EADDRINUSE' ? `WORKER_HTTP_ADDR: ${host}:${port} is already in use` : String(error);
  logger.fatal({ error: message }, 'start failed');
  process.exit(1);
});
const worker = new ReleaseWorker(config, logger, state);
running = {
  drain: () => worker.drain(),
  async stop(callsMs) {
    const isFinished = await worker.stop(callsMs);
    await app.close();
    return isFinished;
  },
};
worker.start().catch((error: unknown) => {
  logger.fatal({ error: String(error) }, 'start failed');
  // A key that does not decrypt the stored secrets is a configuration error.
  process.exit(error instanceof MissingKeyError ? EX_CONFIG : 1);
});
logStarted(logger, config);
