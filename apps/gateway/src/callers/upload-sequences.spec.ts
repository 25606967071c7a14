import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import type { Operation, UploadAuditMediaRequest } from '@wxa/contracts';
import { parsePolicy } from '@wxa/policy';
import fc from 'fast-check';
import type { AcceptOperations } from '../accept/accept-operations.js';
import { type MediaCall, MediaUpload } from '../accept/media-upload.js';
import type { GatewaySettings } from '../config.js';
import { appidsOf } from './appid-of-request.js';

const METHOD = 'CodeManagement/UploadAuditMedia';
const [ALLOWED, DENIED] = ['wx0123456789abcdef', 'wxfedcba9876543210'];
const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

const SHOP = {
  ...{ name: 'shop', credentials: [{ cn: 'shop' }], allow: [{ methods: [METHOD], appids: 'all' }] },
  deny: [{ methods: [METHOD], appids: [DENIED] }],
};
const text = JSON.stringify({ version: 1, callers: [SHOP] });
const { policy } = parsePolicy(text, { file: 'policy.yaml', setFiles: new Map() });

const info = (appid: string): UploadAuditMediaRequest => ({
  part: { $case: 'info', value: { appid, requestId: '', fileName: 'a.png', contentType: 'image/png' } },
});
const nothing: UploadAuditMediaRequest = { part: undefined };
const file: UploadAuditMediaRequest = { part: { $case: 'chunk', value: PNG } };
const message = fc.constantFrom(nothing, file, info(ALLOWED), info(DENIED), info(''));

/** Whether the interceptor lets a call with this first message pass. */
function isAllowed(first: object): boolean {
  const shop = policy?.caller('shop');
  if (policy === undefined || shop === undefined) throw new Error('the policy is invalid');
  const appids = appidsOf('upload', first, undefined);
  return appids?.every((appid) => policy.decide(shop, METHOD, appid).allowed) ?? false;
}

/** The appid of the operation that the messages are accepted as; undefined if they are refused. */
async function acceptedAppid(messages: UploadAuditMediaRequest[]): Promise<string | undefined> {
  let accepted: string | undefined;
  const accept = (_method: string, { appid }: { appid: string }) => {
    accepted = appid;
    return Promise.resolve({} as Operation);
  };
  const settings = { GRPC_UPLOAD_TIMEOUT_MS: 60_000 } as GatewaySettings;
  const uploads = new MediaUpload({ accept } as unknown as AcceptOperations, settings);
  const call = Readable.from(messages) as unknown as MediaCall;
  await uploads.accept(call, {} as never).catch(() => undefined);
  return accepted;
}

it('An operation is accepted for no other appid than one that its caller is allowed, whatever the sequence of messages', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 5 }), async (messages) => {
      if (!isAllowed(messages[0] ?? {})) return;
      expect([undefined, ALLOWED]).toContain(await acceptedAppid(messages));
    }),
    { numRuns: 2_000 },
  );
});

it('A message without a part is refused', async () => {
  expect(await acceptedAppid([info(ALLOWED), file])).toBe(ALLOWED);
  expect(await acceptedAppid([info(ALLOWED), nothing, file])).toBeUndefined();
});
