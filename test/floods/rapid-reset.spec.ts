/** @alone A callback that the gateway has not stored within 4.5 s is answered with 503. */
import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import {
  CommitRequest,
  GetAuthorizerRequest,
  GetOperationRequest,
  ListOperationsRequest,
  ListPagesRequest,
} from '@wxa/contracts';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { call } from '../gateway/calls.js';
import { useGateway } from '../gateway/use-gateway.js';
import { byLength } from '../length.js';
import { type RawCall, rapidReset } from './raw-calls.js';

const ROUNDS = 10;
const CALLS_PER_ROUND = 900;
/** WeChat redelivers a callback after this time. */
const WECHAT_WAITS_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 5_000 });
const appid = 'wx0123456789abcdef';

const CALLS: RawCall[] = [
  {
    path: '/wxa.code.v1.Operations/GetOperation',
    message: GetOperationRequest.encode({ id: '01999999-9999-7999-8999-999999999999' }).finish(),
  },
  {
    path: '/wxa.code.v1.Operations/ListOperations',
    message: ListOperationsRequest.encode(ListOperationsRequest.create()).finish(),
  },
  {
    path: '/wxa.code.v1.CodeManagement/ListPages',
    message: ListPagesRequest.encode({ appid, requestId: '' }).finish(),
  },
  {
    path: '/wxa.code.v1.CodeManagement/Commit',
    message: CommitRequest.encode(
      CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: 'V1' }),
    ).finish(),
  },
];

const { gateway, database } = useGateway({
  WECHAT_TOKEN_SOURCE: 'component',
  SECRETS_KEY: randomBytes(32).toString('base64'),
});

async function commits(): Promise<number> {
  const [row] = await database.rows(
    'select xact_commit::int as n from pg_stat_database where datname = current_database()',
  );
  return Number(row?.n);
}

/** Sends readiness probes and callbacks until the work is done; returns the responses and the slowest time. */
async function probeDuring(work: Promise<void>) {
  const probes = { answers: new Set<string>(), slowestMs: 0 };
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  for (let count = 0; !isDone; count += 1) {
    const since = performance.now();
    probes.answers.add(`/readyz ${(await fetch(`${gateway.http}/readyz`)).status}`);
    const pushed = await fetch(`${gateway.http}/wechat/callback/${appid}`, {
      method: 'POST',
      body: callbackBody(count),
    });
    probes.answers.add(`push ${pushed.status} ${await pushed.text()}`);
    probes.slowestMs = Math.max(probes.slowestMs, performance.now() - since);
  }
  await done;
  return probes;
}

const callbackBody = (count: number) => `<xml><ToUserName><![CDATA[gh_fb9688c2a4b2]]></ToUserName>
  <FromUserName><![CDATA[o]]></FromUserName><CreateTime>${1488856741 + count}</CreateTime>
  <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[weapp_audit_success]]></Event>
  <SuccTime>${1488856741 + count}</SuccTime></xml>`;

it('100 blocked reads delay no probe or callback by 5 s, and the relay keeps renewing its lease', async () => {
  const release = await database.hold('lock table authorizers in access exclusive mode');
  const { authorizers } = gateway;
  const read = () => call(authorizers, authorizers.getAuthorizer, GetAuthorizerRequest.create({ appid }));
  const reads = Promise.allSettled(Array.from({ length: 100 }, read));
  const waiting = `${BLOCKED} and application_name = 'wxa-gateway'`;
  await eventually(async () => (await database.rows(waiting)).length >= 9);
  const [lease] = await database.rows('select until from leases');
  const { answers, slowestMs } = await probeDuring(
    eventually(async () => {
      const [renewed] = await database.rows('select until from leases');
      return Number(renewed?.until) - Number(lease?.until) > 4_000;
    }).then(() => undefined),
  );
  expect([...answers]).toEqual(['/readyz 200', 'push 200 success']);
  expect(slowestMs).toBeLessThan(WECHAT_WAITS_MS);
  await release();
  await reads;
});

it('36,000 calls that are reset at once accept nothing, run fewer than 1,800 transactions and delay no probe or callback by 5 s', async () => {
  const before = await commits();
  const flood = async () => {
    for (let round = 0; round < ROUNDS; round += 1)
      await Promise.all(
        CALLS.map((call) => rapidReset(gateway.grpc, Array<RawCall>(CALLS_PER_ROUND).fill(call))),
      );
  };
  const { answers, slowestMs } = await probeDuring(flood());
  // A connection to PostgreSQL reports its statistics when it ends, at the latest.
  await gateway.stop();
  const started = (await commits()) - before;
  expect({
    answers: [...answers],
    accepted: await database.rows('select count(*)::int from operations'),
  }).toEqual({
    answers: ['/readyz 200', 'push 200 success'],
    accepted: [{ count: 0 }],
  });
  expect(slowestMs).toBeLessThan(WECHAT_WAITS_MS);
  expect(started).toBeLessThan((ROUNDS * CALLS_PER_ROUND * CALLS.length) / 20);
});
