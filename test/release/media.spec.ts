import { createHash, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { UploadAuditMediaInfo, UploadAuditMediaResponse } from '@wxa/contracts';
import { refusalOf } from '../gateway/calls.js';
import { MIB, mp4, png, sendMedia } from '../gateway/uploads.js';
import { onlyOperation } from '../methods/only-operation.js';
import { anAppid, World } from '../world.js';

const API = 'wxa/uploadmedia';

let world: World;
beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterAll(() => world?.stop(), 60_000);

function upload(
  info: Partial<UploadAuditMediaInfo>,
  content: Buffer,
  chunkBytes?: number,
): Promise<UploadAuditMediaResponse> {
  return sendMedia(world.code, info, content, chunkBytes).answer;
}

const effects = async (appid: string) =>
  (await world.sim.calls({ appid, api: API })).map(({ effect }) => effect);
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

describe('UploadAuditMedia', () => {
  // With its operation ended, or with none, nothing is kept of a file.
  afterEach(async () => expect(await world.sql('select from operation_attachments')).toEqual([]));

  it.each([
    ['a small picture', 'image/png', () => png(9), 'image'],
    ['the largest picture', 'image/png', () => png(2 * MIB), 'image'],
    ['the largest video', 'video/mp4', () => mp4(10 * MIB), 'video'],
  ])(
    'gives WeChat %s, byte for byte',
    async (_what, contentType, make, type) => {
      const [appid, content] = [anAppid(), make()];
      const answer = await upload({ appid, contentType, fileName: '截图 "1".bin' }, content);
      expect(answer).toEqual({ mediaId: expect.stringMatching(/^media-/), type });
      expect(await effects(appid)).toEqual([`upload ${type} ${sha256(content)}`]);
      const operation = await onlyOperation(world, appid);
      expect(operation).toMatchObject({ method: 'UploadAuditMedia', attempts: 1 });
      expect(operation.result).toEqual({ $case: 'uploadAuditMedia', value: answer });
    },
    20_000,
  );

  it.each<[string, Partial<UploadAuditMediaInfo>, () => Buffer, string[]]>([
    ['no file', {}, () => Buffer.alloc(0), ['chunk']],
    ['a picture that is too large', {}, () => png(2 * MIB + 1), ['chunk']],
    ['a video that is too large', { contentType: 'video/mp4' }, () => mp4(10 * MIB + 1), ['chunk']],
    ['what it is not', { contentType: 'image/gif' }, () => png(100), ['chunk']],
    ['a type that WeChat does not take', { contentType: 'text/html' }, () => png(100), ['content_type']],
    ['all that is wrong', { appid: 'x', fileName: '' }, () => png(100), ['appid', 'file_name']],
  ])(
    'refuses %s and keeps nothing',
    async (_what, info, make, fields) => {
      const appid = anAppid();
      const refusal = await refusalOf(upload({ appid, ...info }, make()));
      const violations = fields.map((field) => expect.objectContaining({ field }));
      expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST', violations });
      expect(await world.sql('select from operations where appid in ($1, $2)', [appid, 'x'])).toEqual([]);
    },
    20_000,
  );

  it('is the same for the same file and request_id, another file is refused', async () => {
    const [appid, requestId, content] = [anAppid(), randomUUID(), png(1000)];
    const first = await upload({ appid, requestId }, content);
    expect(await upload({ appid, requestId }, content, 1)).toEqual(first);
    expect(await effects(appid)).toHaveLength(1);
    const refusal = await refusalOf(upload({ appid, requestId }, png(1000)));
    expect(refusal).toMatchObject({ code: 'ALREADY_EXISTS', reason: 'REQUEST_ID_REUSED' });
  });

  it('is sent again where the answer was lost, and never through Kafka', async () => {
    const [appid, content] = [anAppid(), png(100_000)];
    await world.sim.addFault({ api: API, appid, kind: 'lost' });
    await upload({ appid }, content);
    const effect = `upload image ${sha256(content)}`;
    expect(await effects(appid)).toEqual([effect, effect]);
    expect(await onlyOperation(world, appid)).toMatchObject({ attempts: 2 });
    const [command] = world.messages('CodeCommand', appid);
    expect(command?.value.length).toBeLessThan(2000);
  });

  it.each([
    [40005, 'INVALID_ARGUMENT'],
    [40006, 'INVALID_ARGUMENT'],
    [41005, 'INVALID_ARGUMENT'],
    [48001, 'PERMISSION_DENIED'],
  ])('fails where WeChat refuses it with %d', async (errcode, code) => {
    const appid = anAppid();
    await world.sim.addFault({ api: API, appid, kind: 'errcode', errcode });
    const refusal = await refusalOf(upload({ appid }, png(100)));
    expect(refusal).toMatchObject({ code, metadata: { errcode: String(errcode) } });
    expect(await effects(appid)).toEqual([null]);
  });
});
