import '@wxa/service/require-node';
import { ConfigErrors, readConfig } from './config.js';
import { startWechatSim } from './server.js';

/** EX_CONFIG of sysexits.h: the exit code of our apps for an invalid configuration. */
const WRONG_CONFIGURATION = 78;

try {
  const sim = await startWechatSim(readConfig(process.env));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void sim.close().then(() => process.exit(0)));
  }
  process.stdout.write(`wechat=${sim.url}\n`);
} catch (error) {
  const isConfig = error instanceof ConfigErrors;
  process.stderr.write(`${isConfig ? error.message : `cannot start: ${String(error)}`}\n`);
  process.exit(isConfig ? WRONG_CONFIGURATION : 1);
}
