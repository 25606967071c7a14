import { expect, it } from '@jest/globals';
import { useSharedGateway } from './use-gateway.js';

const PROBES = ['/healthz', '/readyz', '/metrics'];
const { gateway } = useSharedGateway('limited');

it('With ADMIN_ADDR, HTTP_ADDR answers the paths of the probes like any unknown path, and ADMIN_ADDR answers nothing else', async () => {
  const { admin, http } = gateway;
  const answerTo = async (url: string, init?: RequestInit) => {
    const response = await fetch(url, init);
    return { status: response.status, body: (await response.text()).replaceAll(/\/\w+/g, '/path') };
  };
  const unknown = await answerTo(`${http}/unknown`);
  expect(unknown.status).toBe(404);
  for (const probe of PROBES) {
    expect(await answerTo(`${http}${probe}`)).toEqual(unknown);
    expect((await answerTo(`${admin}${probe}`)).status).toBe(200);
  }
  expect((await answerTo(`${admin}/wechat/callback`)).status).toBe(404);
  expect((await answerTo(`${admin}/healthz`, { method: 'POST' })).status).toBe(405);
  expect((await answerTo(`${admin}/healthz?probe=1`)).status).toBe(200);
});
