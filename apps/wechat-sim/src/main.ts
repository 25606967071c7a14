import '@wxa/service/require-node';
import { ConfigError, EX_CONFIG } from '@wxa/service/settings';
import { readSimConfig } from './config.js';
import { startWechatSim } from './server.js';

try {
  const sim = await startWechatSim(readSimConfig(process.env));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void sim.close().then(() => process.exit(0)));
  }
  process.stdout.write(`wechat=${sim.url}\n`);
} catch (error) {
  const isConfig = error instanceof ConfigError;
  process.stderr.write(`${isConfig ? error.message : `cannot start: ${String(error)}`}\n`);
  process.exit(isConfig ? EX_CONFIG : 1);
}
