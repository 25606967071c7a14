import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { CodeManagementService } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { refusalOf } from './calls.js';
import { beginUpload, chunk, info, MIB, mp4, png } from './uploads.js';
import { useSharedGateway } from './use-gateway.js';

const APPID = 'wx0123456789abcdef';
const video = { appid: APPID, contentType: 'video/mp4' };

const { gateway } = useSharedGateway('limited');

async function bufferedMib(): Promise<number> {
  const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
  return Number(/^wxa_upload_buffer_bytes (\S+)$/m.exec(metrics)?.[1]) / MIB;
}

describe('UploadAuditMedia', () => {
  it.each<[string, Parameters<typeof beginUpload>[1], string]>([
    ['of a chunk without info', [chunk(png(100))], 'info'],
    ['without messages', [], 'info'],
    ['with two infos', [info({ appid: APPID }), info({ appid: APPID })], 'info'],
  ])('An upload %s fails with INVALID_ARGUMENT', async (_what, messages, field) => {
    const { stream, answer } = beginUpload(gateway.code, messages);
    stream.end();
    expect(await refusalOf(answer)).toMatchObject({ code: 'INVALID_ARGUMENT', violations: [{ field }] });
  });

  it('An upload of a content type that WeChat does not accept fails before its bytes are sent', async () => {
    const { answer } = beginUpload(gateway.code, [info({ appid: APPID, contentType: 'text/html' })]);
    const violations = [{ field: 'content_type', description: expect.stringContaining('image/png') }];
    expect(await refusalOf(answer)).toMatchObject({ code: 'INVALID_ARGUMENT', violations });
  });

  it('An upload with a malformed message fails with MALFORMED_MESSAGE and frees its buffer within 2 s', async () => {
    const { path, requestSerialize } = CodeManagementService.uploadAuditMedia;
    const { responseDeserialize } = CodeManagementService.uploadAuditMedia;
    const client = new Client(gateway.grpc, credentials.createInsecure());
    const answer = new Promise((resolve, reject) => {
      const serialize = (message: Buffer) => message;
      const done = (error: ServiceError | null) => (error === null ? resolve(undefined) : reject(error));
      const stream = client.makeClientStreamRequest(path, serialize, responseDeserialize, done);
      stream.write(requestSerialize(info(video)));
      stream.write(requestSerialize(chunk(mp4(MIB))));
      stream.write(Buffer.from('no message'));
    });
    expect(await refusalOf(answer)).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'MALFORMED_MESSAGE' });
    await eventually(async () => (await bufferedMib()) === 0, 2_000);
    client.close();
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
});
