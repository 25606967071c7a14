import { randomBytes } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import { afterAll, expect, it } from '@jest/globals';
import { METHODS, type Operation } from '@wxa/contracts';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { eventually, newAppid, useWorld, world } from '../use-world.js';
import { type ExportedSpan, TraceSink } from './trace-sink.js';

let sink: TraceSink;
useWorld(async () => {
  sink = await TraceSink.start();
  return {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20trace-sink',
      OTEL_TRACES_SAMPLER_ARG: '1',
    },
  };
});
afterAll(() => sink?.stop());

/** A Commit whose caller has begun the trace. */
function commit(
  appid: string,
  flags = '01',
): Promise<{ operation: Operation; traceId: string; spanId: string }> {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const metadata = new Metadata();
  metadata.set('traceparent', `00-${traceId}-${spanId}-${flags}`);
  metadata.set('tracestate', 'vendor=value');
  const request = {
    ...METHODS.Commit.request.fromJSON({}),
    ...{
      appid,
      templateId: 1n,
      userVersion: '1.0',
      userDesc: 'first',
      extJson: '{"extAppid":"wx-in-ext-json"}',
    },
  };
  return new Promise((resolve, reject) =>
    world.code.commit(request, metadata, (error, operation) =>
      error === null ? resolve({ operation, traceId, spanId }) : reject(error),
    ),
  );
}

/** The spans of a trace, once these are among them. */
async function traced(traceId: string, ...names: string[]): Promise<ExportedSpan[]> {
  await eventually(() => names.every((name) => sink.trace(traceId).some((span) => span.name === name)));
  return sink.trace(traceId);
}

const COMMANDS = () => `${world.prefix}wxa.code.commands.v1`;
const OUTCOMES = () => `${world.prefix}wxa.code.outcomes.v1`;

it('A Commit is one trace, from the call of its caller to its published outcome', async () => {
  const appid = newAppid();
  const { operation, traceId, spanId } = await commit(appid);
  await world.wait(operation.id);
  const call = 'wxa.code.v1.CodeManagement/Commit';
  const [send, process, publish] = [`send ${COMMANDS()}`, `process ${COMMANDS()}`, `send ${OUTCOMES()}`];
  const spans = await traced(traceId, call, 'accept', send, process, 'POST /wxa/commit', 'settle', publish);
  const span = (name: string) => spans.find((one) => one.name === name) as ExportedSpan;
  const parents = Object.fromEntries(
    spans.map(({ name, parentSpanId }) => [
      name,
      spans.find((one) => one.spanId === parentSpanId)?.name ?? parentSpanId,
    ]),
  );
  expect(parents).toEqual({
    [call]: spanId,
    accept: call,
    [send]: call,
    [process]: call,
    'POST /wxa/commit': process,
    settle: process,
    [publish]: process,
  });
  expect(span(call)).toMatchObject({
    service: 'wxa-gateway',
    attributes: {
      'rpc.system.name': 'grpc',
      'rpc.method': call,
      'rpc.status_code': 'OK',
      'wxa.appid': appid,
      'wxa.operation.id': operation.id,
    },
  });
  expect(span('accept').attributes).toMatchObject({ 'wxa.batch.size': '1' });
  expect(span(send).attributes).toMatchObject({
    'messaging.system.name': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.message.id': `${operation.id}.command.0`,
    'kafka.message.key': appid,
  });
  expect(span(process)).toMatchObject({
    service: 'wxa-release-worker',
    events: ['head of lane', 'claimed'],
    attributes: {
      'messaging.operation.type': 'process',
      'messaging.consumer.group.name': `${world.prefix}wxa-release-worker`,
      'wxa.operation.id': operation.id,
    },
  });
  expect(span('POST /wxa/commit').attributes).toMatchObject({
    'http.request.method': 'POST',
    'url.template': '/wxa/commit',
    'http.response.status_code': '200',
  });
  expect(span('settle').attributes).toMatchObject({ 'wxa.operation.state': 'SUCCEEDED', 'wxa.claim': '1' });
  const { headers } = await eventually(() => world.messages('CodeCommand', appid)[0] ?? false);
  expect(headers).toMatchObject({ tracestate: 'vendor=value', ce_tracestate: 'vendor=value' });
});

it.concurrent('A trace that its caller does not sample has no spans', async () => {
  const appid = newAppid();
  const { operation, traceId } = await commit(appid, '00');
  await world.wait(operation.id);
  const later = await commit(newAppid());
  await world.wait(later.operation.id);
  await traced(later.traceId, `send ${OUTCOMES()}`, 'settle', 'wxa.code.v1.CodeManagement/Commit');
  expect(sink.trace(traceId)).toEqual([]);
});

it.concurrent('A retried Commit has a call span for each attempt, the failed one with its errcode', async () => {
  const appid = newAppid();
  await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'busy', when: 'before', times: 1 });
  const { operation, traceId } = await commit(appid);
  await world.wait(operation.id);
  await traced(traceId, `send ${OUTCOMES()}`, 'settle');
  await eventually(() => sink.trace(traceId).filter(({ name }) => name === 'POST /wxa/commit').length === 2);
  const calls = sink.trace(traceId).filter(({ name }) => name === 'POST /wxa/commit');
  expect(calls.map(({ attributes }) => attributes['wxa.errcode']).sort()).toEqual(['-1', undefined]);
});

it.concurrent('A reconciliation is a trace of its own that is linked to its operation', async () => {
  const appid = newAppid();
  await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'lost', when: 'after' });
  const { operation, traceId } = await commit(appid);
  const is = ({ name, attributes }: ExportedSpan) =>
    name === 'reconcile' && attributes['wxa.operation.id'] === operation.id;
  await eventually(() => sink.spans.some(is));
  const [reconcile] = sink.spans.filter(is);
  expect(reconcile?.links.map((link) => link.traceId)).toEqual([traceId]);
  expect(reconcile?.traceId).not.toBe(traceId);
  await eventually(() =>
    sink.trace(reconcile?.traceId ?? '').some(({ name }) => name.startsWith('POST /wxa/')),
  );
});

it.concurrent('A callback is linked to the trace of its SubmitAudit', async () => {
  const appid = newAppid();
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0', userDesc: 'first' });
  const { id } = await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  await world.sim.decide(appid, { decision: 'approve' });
  const is = ({ name, attributes }: ExportedSpan) =>
    name === 'callback weapp_audit_success' && attributes['wxa.appid'] === appid;
  await eventually(() => sink.spans.some(is));
  // Each process exports its spans at its own times.
  const submit = await eventually(
    () => sink.spans.find(({ attributes }) => attributes['wxa.operation.id'] === id) ?? false,
  );
  expect(sink.spans.find(is)?.links.map(({ traceId }) => traceId)).toEqual([submit.traceId]);
});

it('No exported byte is a token, a key or the content of a request', () => {
  expect(sink.text).toContain('"authorization":"Basic trace-sink"');
  const secrets = Object.entries(world.settings).filter(([name]) => /SECRET|TOKEN$|KEY/.test(name));
  for (const secret of ['access_token', 'sim-token', 'wx-in-ext-json', ...secrets.map(([, value]) => value)])
    expect(sink.text).not.toContain(secret);
});
