import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { useFolder } from '../use-folder.js';
import { useWorld, world } from '../use-world.js';
import { CHOSEN, type Example, exampleIn, SERVICE_CONFIG } from './languages.js';

// `npm run check:clients` runs this beside check-clients.ts.
const run = promisify(execFile);

useWorld({ secure: true });

/** Of the mini-programs that `shop` may publish. */
const shopAppid = () => newAppid().replace(/^wx./, 'wx0');

describe.each(CHOSEN)('client in %s of a secure stack', (language) => {
  const folder = useFolder();
  let example: Example;
  beforeAll(async () => {
    example = await exampleIn(language, folder);
  }, 1_800_000);

  const output = async ([program = '', ...args]: string[], env: Record<string, string>) => {
    const { stdout } = await run(program, args, { env: { ...process.env, ...example.env, ...env } });
    return stdout.trim().split('\n');
  };

  it('The examples call the gateway by TLS and an API key, and consume its outcomes by SASL_SSL', async () => {
    const { access, kafkaSecurity, addresses } = world.stack;
    const lines = await output([...example.release, addresses.grpc, SERVICE_CONFIG, shopAppid(), '1'], {
      WXA_CA_FILE: access?.ca ?? '',
      WXA_TOKEN_FILE: access?.shop ?? '',
    });
    expect(lines[0]).toBe('commit-1 OPERATION_STATE_SUCCEEDED');
    const group = `${world.prefix}subscriber-${language}`;
    const given = [addresses.kafka, world.prefix + TOPICS.outcomes, group, '1'];
    const [first] = await output([...example.outcomes, ...given], {
      KAFKA_TLS_CA_FILE: kafkaSecurity?.caFile ?? '',
      KAFKA_SASL_USERNAME: 'subscriber',
      KAFKA_SASL_PASSWORD_FILE: kafkaSecurity?.passwordFiles.subscriber ?? '',
    });
    expect(first).toMatch(/^(Commit|Release) /);
  });
});
