import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type GetAuditStatusResponse, METHODS, type Method, type Operation } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { moved, scrape } from '../metrics/exposition.js';
import { useWorld, world } from '../use-world.js';
import { wxa } from '../wxa.js';
import { CHANGES } from './change-exchanges.js';
import { APIS, called, type Exchange, OK } from './exchange.js';
import { ALL, EXCHANGES } from './exchanges.js';
import { onlyOperation } from './only-operation.js';
import { type Received, ScriptedWechat } from './scripted-wechat.js';

const MAX_RESULT_ON_KAFKA = 64 * 1024;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/;
const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

let wechat: ScriptedWechat;
useWorld(async () => {
  wechat = await ScriptedWechat.start();
  const tokens = { '*': 'for/all+others 1', wx0000000000000001: 'its-own' };
  return {
    env: {
      ...{ WECHAT_API_URL: wechat.url, WECHAT_CALLBACK_MODE: 'plain' },
      // If unset, each call of the platform may name its own appid.
      WECHAT_COMPONENT_APPID: '',
      ...{ WECHAT_TOKEN_SOURCE: 'static', WECHAT_STATIC_TOKENS: JSON.stringify(tokens) },
    },
  };
});
afterAll(() => wechat?.stop());
beforeEach(() => {
  wechat.take();
});

/** Calls a method as a client: a change returns its operation, a query its result. */
async function callMethod(method: Method, request: NonNullable<Exchange['request']>) {
  const answer = await world.call(method, request);
  const isQuery = METHODS[method].kind === 'query';
  const { id } = isQuery ? await onlyOperation(world, request.appid ?? '') : (answer as Operation);
  return { operation: await world.wait(id), answer: isQuery ? answer : undefined };
}

/** Scripts WeChat's answers to an exchange. */
function script(method: Method, { reads = {}, answer = OK }: Exchange): void {
  const { [APIS[method].api]: before = [], ...others } = reads;
  for (const [api, answers] of Object.entries(others)) wechat.answer(api, ...answers);
  wechat.answer(APIS[method].api, ...before, answer);
}

/** JSON with large numbers unrounded, for a comparison independent of field order. */
function exact(json: string): unknown {
  return JSON.parse(json.replace(/:(\d{16,})/g, ':"$1 exactly"'));
}

function sent(method: Method, { query, body }: Exchange): Received {
  const { verb, api } = APIS[method];
  const token = 'access_token=for%2Fall%2Bothers%201';
  return {
    ...{ verb, path: `/${api}`, query: query === undefined ? [token] : [token, query].sort() },
    ...{ contentType: body === undefined ? undefined : 'application/json', body: body ?? '' },
  };
}

describe.each(ALL)('%s', (method) => {
  const { field } = METHODS[method];

  it.each(EXCHANGES[method])(`${method} sends and returns what WeChat documents: $what`, async (exchange) => {
    const [appid, requestId] = [newAppid(), randomUUID()];
    script(method, exchange);
    const { operation, answer } = await callMethod(method, { ...exchange.request, appid, requestId });

    const all = wechat.take();
    const received = all.findLast(({ path }) => path === `/${APIS[method].api}`);
    const expected = sent(method, exchange);
    expect(all.map(({ path }) => path.slice(1))).toEqual(called(method));
    expect(received).toEqual({ ...expected, body: expect.any(String) });
    if (expected.body === '') expect(received?.body).toBe('');
    else expect(exact(received?.body ?? '')).toEqual(exact(expected.body));

    const result = exchange.result && readResult(method, exchange.result);
    const answered = exchange.answered ? readResult(method, exchange.answered) : result;
    expect(answer).toEqual(METHODS[method].kind === 'query' ? answered : undefined);
    expect(operation).toEqual({
      ...{ id: expect.stringMatching(UUID_V7), appid, requestId, method, attempts: 1, error: undefined },
      ...{ blockedBy: '', acceptedBy: '', onBehalfOf: '', requestJson: '', awaitingResolution: false },
      ...{ createTime: expect.any(Date), startTime: expect.any(Date), endTime: expect.any(Date) },
      ...{ state: 'OPERATION_STATE_SUCCEEDED', nextAttemptTime: undefined },
      result: result && { $case: field, value: result },
    });

    await eventually(() => world.messages('OperationCompleted', appid).length === 1);
    const [published] = world.messages('OperationCompleted', appid);
    const { kind } = METHODS[method];
    expect(published?.headers).toMatchObject({ ce_method: method, ce_state: 'SUCCEEDED', ce_kind: kind });
    const isForCaller = ['GetTrialQrCode', 'GetAuditScreenshot', 'GetPrivacyGuide'].includes(method);
    const fits = !isForCaller && JSON.stringify(exchange.result ?? '').length <= MAX_RESULT_ON_KAFKA;
    expect(published?.json).toEqual({
      operation: {
        ...{ id: operation.id, appid, requestId, method, state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 },
        ...Object.fromEntries(['createTime', 'startTime', 'endTime'].map((name) => [name, INSTANT])),
        ...(exchange.result && fits && { [field]: exchange.result }),
      },
    });
    await eventually(() => world.messages('CodeCommand', appid).length === 1);
    const [command] = world.messages('CodeCommand', appid);
    expect(command?.json).toMatchObject({ operationId: operation.id, appid, method });
    expect(METHODS[method].request.fromJSON(command?.json[field])).toMatchObject(exchange.request ?? {});
  });
});

function readResult(method: Method, json: object): object {
  const row = METHODS[method];
  if (!('result' in row)) throw new Error(`${method} has no result`);
  return row.result.fromJSON(json);
}

it('A call of every method that succeeds moves exactly the series of its RPC, its acceptance, its start and its end', async () => {
  const { http, workers } = world.stack.addresses;
  const [worker = ''] = workers;
  for (const method of ALL) script(method, EXCHANGES[method][0] ?? { what: '' });
  const [before, beforeWorker] = await Promise.all([scrape(http), scrape(worker)]);
  await Promise.all(
    ALL.map((method) => world.call(method, { ...EXCHANGES[method][0]?.request, appid: newAppid() })),
  );
  const after = await scrape(http);
  const each = (series: (method: Method) => string) => {
    const all = ALL.map((method): [string, number] => [series(method), 1]);
    return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const ended = (method: Method) =>
    `wxa_operations_finished_total{method="${method}",kind="${METHODS[method].kind}",state="SUCCEEDED"}`;
  expect(Object.values(moved(before, after, 'grpc_server_started_total'))).toEqual(ALL.map(() => 1));
  const handled = Object.entries(moved(before, after, 'grpc_server_handled_total'));
  const rpc = /grpc_method="(\w+)",grpc_code="OK"/;
  const succeeded = handled.map(([series, calls]) => [rpc.exec(series)?.[1], calls]);
  expect(Object.fromEntries(succeeded)).toEqual(each((method) => method));
  expect(Object.values(moved(before, after, 'grpc_server_handling_seconds_count'))).toEqual(ALL.map(() => 1));
  expect(moved(before, after, 'wxa_operations_accepted_total')).toEqual(
    each((method) => `wxa_operations_accepted_total{method="${method}",result="accepted"}`),
  );
  await eventually(async () => {
    const afterWorker = await scrape(worker);
    const changes = (name: string) => moved(beforeWorker, afterWorker, name);
    expect(changes('wxa_operations_finished_total')).toEqual(each(ended));
    for (const name of ['wxa_operation_duration_seconds', 'wxa_operation_start_delay_seconds'])
      expect(changes(`${name}_count`)).toEqual(each((method) => `${name}_count{method="${method}"}`));
  });
});

it('wxa trial-qr saves an image without a QR code and prints the path of the file', async () => {
  const image = randomBytes(5_000);
  wechat.answer(APIS.GetTrialQrCode.api, image);
  const env = { WXA_GATEWAY: world.stack.addresses.grpc, WXA_PLAINTEXT: '1' };
  const { code, out } = await wxa(['trial-qr', '--appid', newAppid()], env);
  const file = out.trimEnd();
  expect([code, file]).toEqual([0, expect.stringMatching(/\/trial-qr\.jpg$/)]);
  expect(await readFile(file)).toEqual(image);
  await rm(dirname(file), { recursive: true });
});

it('A call uses the static token of its mini-program instead of the default one', async () => {
  wechat.answer('wxa/release', OK);
  await world.run('Release', { appid: 'wx0000000000000001' });
  const tokens = wechat.take().map(({ query }) => query);
  expect(tokens).toEqual(called('Release').map(() => ['access_token=its-own']));
});

/** Submits an audit with this id. */
function submit(appid: string, auditId: bigint) {
  wechat.answer('wxa/submit_audit', `{"errcode":0,"errmsg":"ok","auditid":${auditId}}`);
  return world.run('SubmitAudit', { ...CHANGES.SubmitAudit[0]?.request, appid });
}

it('A reason too long for Kafka is published with its first 10,000 characters and returned whole', async () => {
  const [appid, auditId] = [newAppid(), 4321n];
  await submit(appid, auditId);
  const reason = '1:不规范<br>'.repeat(150_000);
  wechat.answer('wxa/get_auditstatus', `{"errcode":0,"errmsg":"ok","status":1,"reason":"${reason}"}`);
  const { audit } = (await world.call('GetAuditStatus', { appid, auditId })) as GetAuditStatusResponse;
  expect(audit?.reason.length).toBe(reason.length);
  await eventually(() => world.messages('AuditCompleted', appid).length === 1);
  expect(world.messages('AuditCompleted', appid)[0]?.json).toMatchObject({
    result: 'AUDIT_RESULT_REJECTED',
    reason: reason.slice(0, 10_000),
  });
});
