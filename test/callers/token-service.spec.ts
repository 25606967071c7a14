import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useTokenGateway } from '../gateway/token-gateway.js';
import { byLength } from '../length.js';
import { TestPolicy } from './test-policy.js';

const READS = { allow: [{ methods: ['Tokens/*'], appids: 'all' }] };
const NARROWED = { allow: [{ methods: ['Tokens/*'], appids: [newAppid()] }] };
const CALLERS = { removed: READS, narrowed: READS, waiting: READS, steady: READS };
const policy = new TestPolicy(CALLERS);
const { read, stored, renew } = useTokenGateway(policy);
const WITHIN_MS = byLength({ short: 30_000, long: 10_000 });

it('Within 10 s after a caller was removed its reads are 401, after its rule was narrowed 403, and others go on', async () => {
  const { appid, token } = await stored();
  const ending = await stored({ remainingS: 590 });
  for (const caller of Object.keys(CALLERS)) expect(await read(appid, caller)).toMatchObject({ token });
  policy.write({ narrowed: NARROWED, waiting: READS, steady: READS });
  await eventually(async () => (await read(appid, 'narrowed')).status === 403, WITHIN_MS);
  await eventually(async () => (await read(appid, 'removed')).status === 401, WITHIN_MS);
  expect(await read(appid, 'steady')).toMatchObject({ status: 200, token });

  // One that waits for a renewal when it loses its right.
  policy.write({ narrowed: NARROWED, waiting: NARROWED, steady: READS });
  await eventually(async () => (await read(ending.appid, 'waiting')).status === 403, WITHIN_MS);
  const steady = read(ending.appid, 'steady');
  const renewed = await renew(ending.appid);
  expect(await steady).toMatchObject({ status: 200, token: renewed });
}, 90_000);
