import { createHash, randomUUID } from 'node:crypto';
import { afterEach, expect, it } from '@jest/globals';
import type { UploadAuditMediaInfo } from '@wxa/contracts';
import { refusalOf } from '../gateway/calls.js';
import { MIB, mp4, png, sendMedia } from '../gateway/uploads.js';
import { onlyOperation } from '../methods/only-operation.js';
import { eventually, newAppid, useSharedWorld, world } from '../use-world.js';

const API = 'wxa/uploadmedia';

useSharedWorld('release');

const upload = (info: Partial<UploadAuditMediaInfo>, content: Buffer, chunkBytes?: number) =>
  sendMedia(world.code, info, content, chunkBytes).answer;

const effects = async (appid: string) =>
  (await world.sim.calls({ appid, api: API })).map(({ effect }) => effect);
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

// No file is kept once its operation has ended, or without an operation.
afterEach(async () => expect(await world.sql('select from operation_attachments')).toEqual([]));

it.each([
  ['a small picture', 'image/png', () => png(9), 'image'],
  ['the largest picture', 'image/png', () => png(2 * MIB), 'image'],
  ['the largest video', 'video/mp4', () => mp4(10 * MIB), 'video'],
])('UploadAuditMedia sends WeChat %s, byte for byte', async (_what, contentType, make, type) => {
  const [appid, content] = [newAppid(), make()];
  const answer = await upload({ appid, contentType, fileName: '截图 "1".bin' }, content);
  expect(answer).toEqual({ mediaId: expect.stringMatching(/^media-/), type });
  expect(await effects(appid)).toEqual([`upload ${type} ${sha256(content)}`]);
  const operation = await onlyOperation(world, appid);
  expect(operation).toMatchObject({ method: 'UploadAuditMedia', attempts: 1 });
  expect(operation.result).toEqual({ $case: 'uploadAuditMedia', value: answer });
});

it.each<[string, Partial<UploadAuditMediaInfo>, () => Buffer, string[]]>([
  ['an empty file', {}, () => Buffer.alloc(0), ['chunk']],
  ['a picture that is too large', {}, () => png(2 * MIB + 1), ['chunk']],
  ['a video that is too large', { contentType: 'video/mp4' }, () => mp4(10 * MIB + 1), ['chunk']],
  ['a file of another type than declared', { contentType: 'image/gif' }, () => png(100), ['chunk']],
  ['several invalid fields at once', { appid: 'x', fileName: '' }, () => png(100), ['appid', 'file_name']],
])('UploadAuditMedia rejects %s and stores nothing', async (_what, info, make, fields) => {
  const appid = newAppid();
  const refusal = await refusalOf(upload({ appid, ...info }, make()));
  const violations = fields.map((field) => expect.objectContaining({ field }));
  expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST', violations });
  expect(await world.sql('select from operations where appid in ($1, $2)', [appid, 'x'])).toEqual([]);
});

it('UploadAuditMedia with a used request_id returns the same result for the same file and rejects another file', async () => {
  const [appid, requestId, content] = [newAppid(), randomUUID(), png(1000)];
  const first = await upload({ appid, requestId }, content);
  expect(await upload({ appid, requestId }, content, 1)).toEqual(first);
  expect(await effects(appid)).toHaveLength(1);
  const refusal = await refusalOf(upload({ appid, requestId }, png(1000)));
  expect(refusal).toMatchObject({ code: 'ALREADY_EXISTS', reason: 'REQUEST_ID_REUSED' });
});

it('UploadAuditMedia is sent again if the response was lost, and its file is not on Kafka', async () => {
  const [appid, content] = [newAppid(), png(100_000)];
  await world.sim.addFault({ api: API, appid, kind: 'lost' });
  await upload({ appid }, content);
  const effect = `upload image ${sha256(content)}`;
  expect(await effects(appid)).toEqual([effect, effect]);
  expect(await onlyOperation(world, appid)).toMatchObject({ attempts: 2 });
  const command = await eventually(() => world.messages('CodeCommand', appid)[0] ?? false);
  expect(command.value.length).toBeLessThan(2000);
});
