import '@wxa/service/require-node';
import { MissingKeyError } from '@wxa/authorizers';
import {
  ConfigError,
  configOrExit,
  createLogger,
  EX_CONFIG,
  exitOnUncaught,
  type Stoppable,
  stopOnSignal,
  toggleDebugOnSignal,
} from '@wxa/service';
import { gatewaySettings } from './config.js';
import { startGateway } from './gateway.js';

const settings = configOrExit(gatewaySettings);
const logger = createLogger('gateway', settings.LOG_LEVEL);
toggleDebugOnSignal(logger);
exitOnUncaught(logger);
let gateway: Stoppable | undefined;
stopOnSignal(logger, settings, () => gateway);
try {
  gateway = await startGateway(settings, logger);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  logger.fatal({ error: message }, 'start failed');
  process.exit(error instanceof MissingKeyError || error instanceof ConfigError ? EX_CONFIG : 1);
}
