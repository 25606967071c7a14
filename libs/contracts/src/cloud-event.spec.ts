import { expect, it } from '@jest/globals';
import { type CloudEvent, eventType, TOPICS, toKafkaMessage } from './cloud-event.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const delayed: CloudEvent = {
  topic: TOPICS.audits,
  id: 'op-1.audit-delayed',
  type: eventType('AuditDelayed'),
  source: 'gateway',
  appid: 'wx0123456789abcdef',
  time: new Date('2026-01-02T03:04:05Z'),
  traceparent: TRACE,
  value: '{}',
};

it('A Kafka message has the attributes of CloudEvents as headers, with the deployment in the source', () => {
  expect(toKafkaMessage(delayed, 'acme')).toEqual({
    key: 'wx0123456789abcdef',
    value: '{}',
    headers: {
      ce_specversion: '1.0',
      ce_id: 'op-1.audit-delayed',
      ce_type: 'wxa.code.v1.AuditDelayed',
      ce_source: '/wxa-code/acme/gateway',
      ce_subject: 'wx0123456789abcdef',
      ce_time: '2026-01-02T03:04:05.000Z',
      ce_dataschema: 'https://type.googleapis.com/wxa.code.v1.AuditDelayed',
      ce_traceparent: TRACE,
      'content-type': 'application/json',
      traceparent: TRACE,
    },
  });
});

it('An outcome has its method, its state and its kind as headers', () => {
  const headersOf = (method: string, state: string) => {
    const value = JSON.stringify({ operation: { method, state: `OPERATION_STATE_${state}` } });
    const outcome = { topic: TOPICS.outcomes, type: eventType('OperationCompleted'), value };
    return toKafkaMessage({ ...delayed, ...outcome }, 'acme').headers;
  };
  const commit = { ce_method: 'Commit', ce_state: 'IN_DOUBT', ce_kind: 'change' };
  expect(headersOf('Commit', 'IN_DOUBT')).toMatchObject(commit);
  const listPages = { ce_method: 'ListPages', ce_state: 'SUCCEEDED', ce_kind: 'query' };
  expect(headersOf('ListPages', 'SUCCEEDED')).toMatchObject(listPages);
});
