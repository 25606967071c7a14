import { describe, expect, it } from '@jest/globals';
import {
  AuditItem,
  CommitRequest,
  GetAuditStatusRequest,
  GetAuthorizerRequest,
  ImportAuthorizerRequest,
  ListAuthorizersRequest,
  OperationState,
  RemoveAuthorizerRequest,
  SubmitAuditRequest,
  UndoAuditRequest,
} from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { call, refusalOf } from './calls.js';
import { useSharedGateway } from './use-gateway.js';

const appid = newAppid();
const { gateway, database } = useSharedGateway();

const commit = (fields: Partial<CommitRequest>, traceparent?: string) =>
  call(
    gateway.code,
    gateway.code.commit,
    { ...CommitRequest.create(), appid, templateId: 1n, userVersion: 'V1.0', ...fields },
    traceparent === undefined ? {} : { headers: { traceparent } },
  );

describe('accepting a Commit', () => {
  it('A traceparent whose ids are zeros is no trace: the operation begins one', async () => {
    const { id } = await commit({ requestId: 'r-zeros' }, `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`);
    const [row] = await database.rows('select traceparent from operations where id = $1', [id]);
    expect(row?.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
  });

  it('Commit returns a QUEUED operation, as GetOperation does, and stores its request and the caller’s traceparent', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const operation = await commit({ requestId: 'r-durable', templateId: 9007199254740993n }, traceparent);
    expect(operation).toMatchObject({ appid, requestId: 'r-durable', method: 'Commit', attempts: 0 });
    expect(operation.state).toBe(OperationState.OPERATION_STATE_QUEUED);
    expect(operation.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
    const [row] = await database.rows('select request, traceparent from operations where id = $1', [
      operation.id,
    ]);
    expect(row).toMatchObject({
      traceparent,
      request: { templateId: '9007199254740993', userVersion: 'V1.0' },
    });
    const found = await call(gateway.operations, gateway.operations.getOperation, { id: operation.id });
    expect(found).toEqual(operation);
  });

  it('Commit without a request_id gets a generated one and makes a new operation each time', async () => {
    const [first, second] = await Promise.all([commit({}), commit({})]);
    expect(first?.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.id).not.toBe(first?.id);
  });

  it('Commit with a used request_id returns the same operation if its content is equal, else ALREADY_EXISTS', async () => {
    const first = await commit({ requestId: 'r-repeat', extConfig: { $case: 'ext', value: { a: 1, b: 2 } } });
    const again = await commit({ requestId: 'r-repeat', extConfig: { $case: 'ext', value: { b: 2, a: 1 } } });
    expect(again.id).toBe(first.id);
    expect(await refusalOf(commit({ requestId: 'r-repeat', userVersion: 'V2.0' }))).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'REQUEST_ID_REUSED',
      domain: 'wxa.code.v1',
      infos: 1,
    });
  });

  it('50 concurrent equal Commits make one operation', async () => {
    const calls = Array.from({ length: 50 }, () => commit({ requestId: 'r-fifty' }));
    const ids = new Set((await Promise.all(calls)).map(({ id }) => id));
    expect(ids.size).toBe(1);
    const count = 'select count(*)::int as n from operations where appid = $1 and request_id = $2';
    expect(await database.rows(count, [appid, 'r-fifty'])).toEqual([{ n: 1 }]);
  });

  it('Commit accepts Chinese text, line breaks and emoji unchanged', async () => {
    const userDesc = '第一版\n修复了若干问题 🎉';
    const { id } = await commit({ userVersion: '版本🎉'.repeat(21), userDesc });
    const [row] = await database.rows('select request from operations where id = $1', [id]);
    expect(row).toMatchObject({ request: { userDesc } });
  });
});

describe('U+0000 in a Commit', () => {
  it('Commit accepts an escaped U+0000 in ext_json and stores it unchanged', async () => {
    const value = '{"a\\u0000":"\\u0000"}';
    const { id } = await commit({ extConfig: { $case: 'extJson', value } });
    const read =
      "select request ->> 'userVersion' as version, request ->> 'extJson' as ext from operations where id = $1";
    expect(await database.rows(read, [id])).toEqual([{ version: 'V1.0', ext: value }]);
  });
});

describe('request validation', () => {
  it('SubmitAudit reports all invalid fields of a request at once', async () => {
    const items = [
      AuditItem.fromPartial({ tag: Array(11).fill('标').join(' '), title: '题'.repeat(33), firstId: -1 }),
      AuditItem.fromPartial({
        firstClass: 'a',
        firstId: 1,
        secondClass: 'b',
        secondId: 2,
        tag: '🎉'.repeat(21),
      }),
    ];
    const request = SubmitAuditRequest.fromPartial({
      appid: 'wxNOTHEX',
      requestId: 'x'.repeat(65),
      items,
      feedbackInfo: '啊'.repeat(201),
      feedbackMediaIds: Array(6).fill('m'),
    });
    const refusal = await refusalOf(call(gateway.code, gateway.code.submitAudit, request));
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST', infos: 1 });
    expect(refusal.violations.map(({ field }) => field)).toEqual([
      'appid',
      'request_id',
      'items[0].tag',
      'items[0].title',
      'items[0].first_class',
      'items[0].first_id',
      'items[0].second_class',
      'items[0].second_id',
      'items[1].tag',
      'feedback_info',
      'feedback_media_ids',
    ]);
  });

  it('GetAuditStatus without an audit id reports that field only', async () => {
    const request = GetAuditStatusRequest.fromPartial({ appid });
    const { violations } = await refusalOf(call(gateway.code, gateway.code.getAuditStatus, request));
    expect(violations.map(({ field }) => field)).toEqual(['audit_id']);
  });

  it('Commit fails with INVALID_ARGUMENT if it would not fit a Kafka message and with RESOURCE_EXHAUSTED above 4 MiB', async () => {
    const ofBytes = (bytes: number) => commit({ userDesc: 'x'.repeat(bytes) });
    const { code, violations } = await refusalOf(ofBytes(1024 * 1024));
    expect({ code, fields: violations.map(({ field }) => field) }).toEqual({
      code: 'INVALID_ARGUMENT',
      fields: ['user_desc'],
    });
    // Rejected by grpc-js itself, without details.
    expect(await refusalOf(ofBytes(5 * 1024 * 1024))).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  });

  const attempt = (bytes: Buffer) =>
    new Promise((resolve, reject) => {
      gateway.code.makeUnaryRequest(
        '/wxa.code.v1.CodeManagement/Commit',
        () => bytes,
        (answer) => answer,
        {},
        (error, answer) => (error ? reject(error) : resolve(answer)),
      );
    });
  const malformed = { code: 'INVALID_ARGUMENT', reason: 'MALFORMED_MESSAGE', infos: 1 };

  it('Commit fails with MALFORMED_MESSAGE if its bytes are not a protobuf message', async () => {
    expect(await refusalOf(attempt(Buffer.from('ffffffff', 'hex')))).toMatchObject(malformed);
  });

  it('Commit reports a member of ext without a kind together with its other violations', async () => {
    const request = CommitRequest.encode({ ...CommitRequest.create(), appid, templateId: 1n });
    const struct = Buffer.from('0a050a01611200', 'hex');
    const { reason, violations } = await refusalOf(
      attempt(Buffer.from(request.uint32(42).bytes(struct).finish())),
    );
    expect({ reason, fields: violations.map(({ field }) => field) }).toEqual({
      reason: 'INVALID_REQUEST',
      fields: ['ext.a', 'user_version'],
    });
  });
});

describe('Authorizers with another token source', () => {
  it('Without the component token source every RPC of Authorizers fails with TOKEN_SOURCE_NOT_COMPONENT, and UndoAudit is accepted', async () => {
    const { authorizers, code } = gateway;
    const unserved = { code: 'FAILED_PRECONDITION', reason: 'TOKEN_SOURCE_NOT_COMPONENT' };
    const calls = [
      call(authorizers, authorizers.getAuthorizer, GetAuthorizerRequest.create({ appid })),
      call(authorizers, authorizers.listAuthorizers, ListAuthorizersRequest.fromPartial({})),
      call(authorizers, authorizers.importAuthorizer, ImportAuthorizerRequest.create({ appid })),
      call(authorizers, authorizers.removeAuthorizer, RemoveAuthorizerRequest.create({ appid })),
      call(authorizers, authorizers.setAuthorizerLabels, { appid, labels: [] }),
    ];
    for (const one of calls) expect(await refusalOf(one)).toMatchObject(unserved);
    expect((await call(code, code.undoAudit, UndoAuditRequest.create({ appid }))).appid).toBe(appid);
  });
});
