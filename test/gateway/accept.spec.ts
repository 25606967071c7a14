import { expect, it } from '@jest/globals';
import { CommitRequest, OperationState } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { refusalOf } from './calls.js';
import { useSharedGateway } from './use-gateway.js';

const appid = newAppid();
const { gateway, database } = useSharedGateway();

const commit = (fields: Partial<CommitRequest>, headers: Record<string, string> = {}) =>
  gateway.rpc('commit', { appid, templateId: 1n, userVersion: 'V1.0', ...fields }, { headers });

it('A traceparent whose ids are zeros is no trace: the operation begins one', async () => {
  const { id } = await commit({}, { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` });
  const [row] = await database.rows('select traceparent from operations where id = $1', [id]);
  expect(row?.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
});

it('Commit returns a QUEUED operation, as GetOperation does, and stores its request unchanged with the caller’s traceparent', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const content = { templateId: 9007199254740993n, userDesc: '第一版\n修复了若干问题 🎉' };
  const extJson = '{"a\\u0000":"\\u0000"}';
  const operation = await commit(
    { requestId: 'r-durable', ...content, extConfig: { $case: 'extJson', value: extJson } },
    { traceparent },
  );
  expect(operation).toMatchObject({
    ...{ appid, requestId: 'r-durable', method: 'Commit', attempts: 0 },
    ...{ id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/) },
    state: OperationState.OPERATION_STATE_QUEUED,
  });
  const { id } = operation;
  const stored = `select traceparent, request ->> 'templateId' as "templateId", request ->> 'userDesc' as "userDesc",
      request ->> 'extJson' as "extJson" from operations where id = $1`;
  expect(await database.rows(stored, [id])).toEqual([
    { traceparent, ...content, templateId: String(content.templateId), extJson },
  ]);
  expect(await gateway.rpc('getOperation', { id })).toEqual(operation);
});

it('Commit without a request_id gets a generated one and makes a new operation each time', async () => {
  const [first, second] = await Promise.all([commit({}), commit({})]);
  expect(first?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(second?.id).not.toBe(first?.id);
});

it('Commit with a used request_id returns the same operation if its content is equal, else ALREADY_EXISTS', async () => {
  const ext = (value: object) => commit({ requestId: 'r-repeat', extConfig: { $case: 'ext', value } });
  const first = await ext({ a: 1, b: 2 });
  expect((await ext({ b: 2, a: 1 })).id).toBe(first.id);
  expect(await refusalOf(commit({ requestId: 'r-repeat', userVersion: 'V2.0' }))).toMatchObject({
    ...{ code: 'ALREADY_EXISTS', reason: 'REQUEST_ID_REUSED', domain: 'wxa.code.v1', infos: 1 },
  });
});

it('SubmitAudit reports all invalid fields of a request at once', async () => {
  const items = [
    { tag: Array(11).fill('标').join(' '), title: '题'.repeat(33), firstId: -1 },
    { firstClass: 'a', firstId: 1, secondClass: 'b', secondId: 2, tag: '🎉'.repeat(21) },
  ];
  const request = { appid: 'wxNOTHEX', requestId: 'x'.repeat(65), items, feedbackInfo: '啊'.repeat(201) };
  const { fields, ...refusal } = await refusalOf(gateway.rpc('submitAudit', request));
  expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST', infos: 1 });
  expect(fields).toEqual([
    ...['appid', 'request_id'],
    ...['tag', 'title', 'first_class', 'first_id', 'second_class', 'second_id'].map((f) => `items[0].${f}`),
    ...['items[1].tag', 'feedback_info'],
  ]);
});

it('Commit fails with INVALID_ARGUMENT if it would not fit a Kafka message and with RESOURCE_EXHAUSTED above 4 MiB', async () => {
  const ofBytes = (bytes: number) => refusalOf(commit({ userDesc: 'x'.repeat(bytes) }));
  expect(await ofBytes(1024 * 1024)).toMatchObject({ code: 'INVALID_ARGUMENT', fields: ['user_desc'] });
  // Rejected by grpc-js itself, without details.
  expect(await ofBytes(5 * 1024 * 1024)).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
});

it('Commit fails with MALFORMED_MESSAGE if its bytes are no protobuf message, and reports a member of ext without a kind together with its other violations', async () => {
  const attempt = (bytes: Uint8Array) => {
    const path = '/wxa.code.v1.CodeManagement/Commit';
    const same = (answer: Buffer) => answer;
    const answer = new Promise((resolve, reject) => {
      const done = (error: Error | null) => (error ? reject(error) : resolve(undefined));
      gateway.code.makeUnaryRequest(path, same, same, Buffer.from(bytes), done);
    });
    return refusalOf(answer);
  };
  const malformed = { code: 'INVALID_ARGUMENT', reason: 'MALFORMED_MESSAGE', infos: 1 };
  expect(await attempt(Buffer.from('ffffffff', 'hex'))).toMatchObject(malformed);
  const request = CommitRequest.encode({ ...CommitRequest.create(), appid, templateId: 1n });
  const struct = Buffer.from('0a050a01611200', 'hex');
  const fields = ['ext.a', 'user_version'];
  const refused = await attempt(request.uint32(42).bytes(struct).finish());
  expect(refused).toMatchObject({ reason: 'INVALID_REQUEST', fields });
});
