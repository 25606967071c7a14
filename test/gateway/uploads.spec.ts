import { expect, it } from '@jest/globals';
import { CodeManagementService } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { readMetric } from '../metrics/exposition.js';
import { refusalOf } from './calls.js';
import { beginUpload, chunk, info, MIB, mp4, sendMedia } from './uploads.js';
import { useSharedGateway } from './use-gateway.js';

const APPID = 'wx0123456789abcdef';
const video = { appid: APPID, contentType: 'video/mp4' };

const { gateway, database } = useSharedGateway('limited');

const bufferedMib = async () => Number(await readMetric(gateway.admin, 'wxa_upload_buffer_bytes')) / MIB;

it('An upload of a content type that WeChat does not accept fails before its bytes are sent', async () => {
  const { answer } = beginUpload(gateway.code, [info({ ...video, contentType: 'text/html' })]);
  const violations = [{ field: 'content_type', description: expect.stringContaining('image/png') }];
  expect(await refusalOf(answer)).toMatchObject({ code: 'INVALID_ARGUMENT', violations });
});

it('An upload with a malformed message fails with MALFORMED_MESSAGE and frees its buffer', async () => {
  const { path, requestSerialize } = CodeManagementService.uploadAuditMedia;
  const same = (message: Buffer) => message;
  const answer = new Promise((resolve, reject) => {
    const done = (error: Error | null) => (error === null ? resolve(undefined) : reject(error));
    const stream = gateway.code.makeClientStreamRequest(path, same, same, done);
    stream.write(requestSerialize(info(video)));
    stream.write(requestSerialize(chunk(mp4(MIB))));
    stream.write(Buffer.from('no message'));
  });
  expect(await refusalOf(answer)).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'MALFORMED_MESSAGE' });
  await eventually(async () => (await bufferedMib()) === 0);
});

it('An upload that stalls fails with UPLOAD_TOO_SLOW and frees its buffer', async () => {
  const { answer } = beginUpload(gateway.code, [info(video), chunk(mp4(MIB))]);
  expect(await refusalOf(answer)).toMatchObject({ code: 'DEADLINE_EXCEEDED', reason: 'UPLOAD_TOO_SLOW' });
  await eventually(async () => (await bufferedMib()) === 0);
});

it('An upload whose caller cancels frees its buffer', async () => {
  const { stream, answer } = beginUpload(gateway.code, [info(video), chunk(mp4(MIB))]);
  await eventually(async () => (await bufferedMib()) === 1);
  stream.cancel();
  await expect(answer).rejects.toThrow('Cancelled');
  await eventually(async () => (await bufferedMib()) === 0);
});

it('An upload whose caller cancels while its file is being stored leaves neither the file nor an operation', async () => {
  const series = 'wxa_caller_calls_total{caller="none",grpc_code="Canceled"}';
  const cancelled = async () => (await readMetric(gateway.admin, series)) ?? 0;
  const before = await cancelled();
  const appid = newAppid();
  const release = await database.hold('lock table operation_attachments in share mode');
  const { stream, answer } = sendMedia(gateway.code, { ...video, appid }, mp4(MIB));
  await eventually(async () => (await database.rows(BLOCKED)).length === 1);
  stream.cancel();
  await expect(answer).rejects.toThrow('Cancelled');
  await eventually(async () => (await cancelled()) > before);
  await release();
  await eventually(async () => (await bufferedMib()) === 0);
  expect(await database.rows('select from operation_attachments')).toEqual([]);
  expect(await database.rows('select from operations where appid = $1', [appid])).toEqual([]);
});
