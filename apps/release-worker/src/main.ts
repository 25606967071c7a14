import '@wxa/service/require-node';
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import {
  configOrExit,
  createLogger,
  exitOnUncaught,
  logStarted,
  nestLogger,
  stopOnSignal,
  toggleDebugOnSignal,
} from '@wxa/service';
import { workerSettings } from './config.js';
import { ReleaseWorker } from './release-worker.js';
import { ReleaseWorkerModule } from './release-worker.module.js';

const config = configOrExit(workerSettings);
const logger = createLogger('release-worker', config.LOG_LEVEL);
toggleDebugOnSignal(logger);
exitOnUncaught(logger);
const app = await NestFactory.create(ReleaseWorkerModule.with(config, logger), {
  logger: nestLogger(logger),
});
const { host, port } = config.WORKER_HTTP_ADDR;
await app.listen(port, host).catch((error: NodeJS.ErrnoException) => {
  const message =
    error.code === 'EADDRINUSE' ? `WORKER_HTTP_ADDR: ${host}:${port} is already in use` : String(error);
  logger.fatal({ error: message }, 'start failed');
  process.exit(1);
});
const worker = app.get(ReleaseWorker);
stopOnSignal(logger, config, () => ({
  drain: () => worker.drain(),
  async stop(callsMs) {
    const isFinished = await worker.stop(callsMs);
    await app.close();
    return isFinished;
  },
}));
logStarted(logger, config);
