import '@wxa/service/require-node';
import {
  configOrExit,
  createLogger,
  exitOnUncaught,
  type Stoppable,
  stopOnSignal,
  toggleDebugOnSignal,
} from '@wxa/service';
import { consoleSettings } from './config.js';
import { startConsole } from './console.js';

const settings = configOrExit(consoleSettings);
const logger = createLogger('console', settings.LOG_LEVEL);
toggleDebugOnSignal(logger);
exitOnUncaught(logger);
let running: Stoppable | undefined;
stopOnSignal(logger, settings, () => running);
try {
  running = await startConsole(settings, logger);
} catch (error) {
  logger.fatal({ error: error instanceof Error ? error.message : String(error) }, 'start failed');
  process.exit(1);
}
