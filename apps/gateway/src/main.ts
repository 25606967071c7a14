import { configOrExit, createLogger, stopOnSignal } from '@wxa/service';
import { gatewaySettings } from './config.js';
import { startGateway } from './gateway.js';

const settings = configOrExit(gatewaySettings(process.env.WECHAT_CALLBACK_MODE));
const logger = createLogger('gateway', settings.LOG_LEVEL);
let stop = async (): Promise<void> => undefined;
stopOnSignal(logger, () => stop());
try {
  stop = await startGateway(settings, logger);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
