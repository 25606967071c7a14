import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  GetTrialQrCodeRequest,
  ListCategoriesRequest,
  ListPagesRequest,
  OperationState,
} from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { type CallSettings, call, refusalOf } from './calls.js';
import { ScriptedWorker } from './scripted-worker.js';
import { useSharedGateway } from './use-gateway.js';

const appid = newAppid();
const { backends, gateway, database } = useSharedGateway();
let worker: ScriptedWorker;

beforeAll(async () => {
  worker = await ScriptedWorker.start(backends);
});

afterAll(() => worker?.stop());

const listPages = (requestId: string, settings?: CallSettings) =>
  call(gateway.code, gateway.code.listPages, ListPagesRequest.fromPartial({ appid, requestId }), settings);

async function idOf(requestId: string): Promise<string> {
  return eventually(async () => {
    const rows = await database.rows('select id from operations where appid = $1 and request_id = $2', [
      appid,
      requestId,
    ]);
    return rows.length === 1 && String(rows[0]?.id);
  });
}

describe('queries', () => {
  it('ListPages returns its result once the worker has settled the operation', async () => {
    const answer = listPages('q-pages');
    await worker.run(await idOf('q-pages'), {
      state: 'SUCCEEDED',
      result: { pages: ['index', 'page/list'] },
    });
    expect(await answer).toEqual({ pages: ['index', 'page/list'] });
  });

  it('ListPages with a used request_id returns the stored result within 2 s', async () => {
    expect(await listPages('q-pages', { deadlineMs: 2000 })).toEqual({ pages: ['index', 'page/list'] });
  });

  it('ListPages returns the result from Postgres if its event was lost', async () => {
    const answer = listPages('q-silent');
    await worker.run(await idOf('q-silent'), { state: 'SUCCEEDED', result: { pages: ['a'] }, silent: true });
    expect(await answer).toEqual({ pages: ['a'] });
  });

  it('GetTrialQrCode returns its image from Postgres, because images are never on Kafka', async () => {
    const image = Buffer.alloc(2 * 1024, 7);
    const request = GetTrialQrCodeRequest.fromPartial({ appid, requestId: 'q-image' });
    const answer = call(gateway.code, gateway.code.getTrialQrCode, request);
    const result = { image: image.toString('base64'), contentType: 'image/jpeg' };
    await worker.run(await idOf('q-image'), { state: 'SUCCEEDED', result });
    const { image: received, contentType } = await answer;
    expect(contentType).toBe('image/jpeg');
    expect(image.equals(received)).toBe(true);
  });

  it('ListCategories fails with the status of the error’s category and with WeChat’s errcode, errmsg and rid', async () => {
    const request = ListCategoriesRequest.fromPartial({ appid, requestId: 'q-failed' });
    const answer = refusalOf(call(gateway.code, gateway.code.listCategories, request));
    const error = {
      errcode: 45011,
      errmsg: 'api minute-quota reach limit',
      rid: 'r-1',
      reason: 'RATE_LIMITED',
    };
    const kind = { category: 'ERROR_CATEGORY_RATE', retryable: true, hint: 'Wait.' };
    await worker.run(await idOf('q-failed'), { state: 'FAILED', error: { ...error, ...kind } });
    expect(await answer).toEqual({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'RATE_LIMITED',
      domain: 'wxa.code.v1',
      infos: 1,
      metadata: {
        errcode: '45011',
        errmsg: 'api minute-quota reach limit',
        rid: 'r-1',
        api: 'wxa/get_category',
        category: 'RATE',
        retryable: 'true',
      },
      violations: [],
      retryAfterMs: 10_000,
    });
  });

  it('ListPages fails with ABORTED if its operation is cancelled', async () => {
    const answer = refusalOf(listPages('q-cancelled'));
    const id = await idOf('q-cancelled');
    const cancelled = await call(gateway.operations, gateway.operations.cancelOperation, { id, reason: '' });
    expect(cancelled.state).toBe(OperationState.OPERATION_STATE_CANCELLED);
    expect(await answer).toMatchObject({ code: 'ABORTED', reason: 'OPERATION_CANCELLED', infos: 1 });
  });

  it('ListPages continues after its caller’s deadline, and a repeated request returns the result', async () => {
    expect(await refusalOf(listPages('q-late', { deadlineMs: 1_000 }))).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await worker.run(await idOf('q-late'), { state: 'SUCCEEDED', result: { pages: [] } });
    expect(await listPages('q-late')).toEqual({ pages: [] });
  });
});
