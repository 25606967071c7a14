import { expect, it } from '@jest/globals';
import { createDatabase, freePort } from '@wxa/stack';
import { mainOf, runNode } from '../programs.js';
import { gatewayEnv } from './running-gateway.js';
import { useSharedGateway } from './use-gateway.js';

const { NODE_COMPILE_CACHE } = process.env;
const { backends, gateway } = useSharedGateway();

/** Resolves with the exit code of a start that fails, what it wrote to stderr and its fatal line. */
const run = async (env: Record<string, string>) => {
  const { code, stdout, stderr } = await runNode([mainOf('gateway')], { ...env, NODE_COMPILE_CACHE });
  const lines = stdout.split('\n').filter((line) => line.includes('"level":"fatal"'));
  expect(lines).toHaveLength(1);
  return { code, stderr, ...JSON.parse(lines[0] ?? '') };
};

it('A gateway with an invalid configuration names every invalid setting and exits with 78', async () => {
  const faulty = { KAFKA_BROKERS: 'nowhere', GRPC_ADDR: 'x', WECHAT_ENCODING_AES_KEY: 'short' };
  const { code, stderr, msg, errors } = await run(faulty);
  expect({ code, stderr, msg }).toEqual({ code: 78, stderr: '', msg: 'configuration invalid' });
  const names = (errors as string[]).map((line) => line.split(':')[0]);
  expect(names.sort()).toEqual([
    ...['DATABASE_URL', 'GRPC_ADDR', 'KAFKA_BROKERS', 'SECRETS_KEY'],
    ...['WECHAT_CALLBACK_TOKEN', 'WECHAT_COMPONENT_APPID', 'WECHAT_ENCODING_AES_KEY'],
  ]);
});

it('A gateway with an outdated database schema says so in one sentence and exits with 1', async () => {
  const databaseUrl = await createDatabase(backends.databaseUrl, `empty_${Date.now()}`);
  const env = { ...gatewayEnv({ ...backends, databaseUrl }), HTTP_ADDR: `127.0.0.1:${await freePort()}` };
  expect(await run(env)).toMatchObject({
    ...{ code: 1, stderr: '', level: 'fatal', msg: 'start failed' },
    error: 'the database schema is behind: run `npm run migrate` first',
  });
});

it('A gateway whose port is taken names setting and address in one sentence and exits with 1', async () => {
  const free = `127.0.0.1:${await freePort()}`;
  const [, httpAddress = ''] = gateway.http.split('//');
  const base = gatewayEnv(backends);
  const grpcTaken = await run({ ...base, GRPC_ADDR: gateway.grpc, HTTP_ADDR: free });
  const httpTaken = await run({ ...base, GRPC_ADDR: free, HTTP_ADDR: httpAddress });
  const sentence = (name: string, address: string) => ({
    ...{ code: 1, stderr: '', msg: 'start failed' },
    error: `${name}: cannot listen on ${address}: the address is in use by another process`,
  });
  expect(grpcTaken).toMatchObject(sentence('GRPC_ADDR', gateway.grpc));
  expect(httpTaken).toMatchObject(sentence('HTTP_ADDR', httpAddress));
});
