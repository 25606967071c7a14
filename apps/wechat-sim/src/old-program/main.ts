import '@wxa/service/require-node';
import { startOldProgram } from './old-program.js';

const { env } = process;
const [host = '127.0.0.1', port = '8070'] = (env.OLD_PROGRAM_ADDR ?? '').split(':').filter(Boolean);
const program = await startOldProgram({
  host,
  port: Number(port),
  wechatUrl: env.WECHAT_API_URL ?? 'http://127.0.0.1:8090',
  componentAppid: env.WECHAT_COMPONENT_APPID ?? '',
  componentAppsecret: env.WECHAT_COMPONENT_APPSECRET ?? '',
  secrets: ['', '_PREVIOUS']
    .map((of) => ({
      callbackToken: env[`WECHAT_CALLBACK_TOKEN${of}`] ?? '',
      encodingAesKey: env[`WECHAT_ENCODING_AES_KEY${of}`] ?? '',
    }))
    .filter(({ callbackToken }) => callbackToken !== ''),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void program.close().then(() => process.exit(0)));
process.stdout.write(`old-program=${program.url}\n`);
