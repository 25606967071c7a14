import { randomBytes } from 'node:crypto';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AddTemplateRequest,
  AuthorizationType,
  CreateAuthorizationLinkRequest,
  GetAuthorizerRequest,
  ListAuthorizersRequest,
  RemoveAuthorizerRequest,
  TemplatesClient,
  type UploadAuditMediaRequest,
} from '@wxa/contracts';
import { Secrets, Store } from '@wxa/store';
import { call, refusalOf } from '../gateway/calls.js';
import { chunk, info, png } from '../gateway/uploads.js';
import { useGateway } from '../gateway/use-gateway.js';
import { TestPolicy } from './test-policy.js';

const COMPONENT = 'wxc0de000000000000';
const [A, B] = [`wxa${'0'.repeat(15)}`, `wxb${'0'.repeat(15)}`];
const SECRETS_KEY = randomBytes(32).toString('base64');
const policy = new TestPolicy({
  'team-a': { allow: [{ methods: ['*'], appids: ['wxa*'] }] },
  'platform-of-a': { allow: [{ methods: ['*'], appids: ['platform', 'wxa*'] }] },
});
const { gateway, backends } = useGateway({
  AUTH_POLICY_FILE: policy.file,
  WECHAT_COMPONENT_APPID: COMPONENT,
  WECHAT_TOKEN_SOURCE: 'component',
  SECRETS_KEY,
});

let store: Store;
beforeAll(async () => {
  const toEvent = () => {
    throw new Error('no audit ends in this test');
  };
  store = await Store.open({ url: backends.databaseUrl }, { writer: 'release-worker', toEvent });
  const tokens = store.tokens(new Secrets(Buffer.from(SECRETS_KEY, 'base64')));
  for (const appid of [A, B])
    await tokens.keepImported(
      { appid, refreshToken: `refreshtoken@@@${appid}` },
      { refreshToken: `refreshtoken@@@${appid}`, accessToken: 'a', grantedMs: 7_200_000 },
    );
});
afterAll(async () => {
  await store?.close();
  policy.remove();
});

const headersOf = (caller: string) => ({ headers: policy.headers(caller) });

/** The reason of the error, or `accepted`. */
const reasonOf = (made: Promise<unknown>) =>
  refusalOf(made).then(
    ({ reason, code }) => reason ?? code,
    () => 'accepted',
  );

describe('calls of the platform', () => {
  it('The platform status and the lift of a stop need the component appid, and no appid of a mini-program suffices', async () => {
    const { platform } = gateway;
    const request = { api: 'wxa/release', onBehalfOf: '', reason: '' };
    for (const [caller, reason] of [
      ['platform-of-a', 'accepted'],
      ['team-a', 'CALLER_NOT_ALLOWED'],
    ] as const) {
      const headers = headersOf(caller);
      expect(await reasonOf(call(platform, platform.getPlatformStatus, {}, headers))).toBe(reason);
      expect(await reasonOf(call(platform, platform.liftApiStop, request, headers))).toBe(reason);
    }
  });

  it('Templates are authorized by the component appid, whatever appid the request names', async () => {
    const templates = new TemplatesClient(gateway.grpc, credentials.createInsecure());
    const add = (caller: string, appid: string) =>
      reasonOf(
        call(
          templates,
          templates.addTemplate,
          AddTemplateRequest.fromPartial({ appid, draftId: 1n }),
          headersOf(caller),
        ),
      );
    expect(await add('platform-of-a', '')).toBe('accepted');
    expect(await add('platform-of-a', COMPONENT)).toBe('accepted');
    for (const appid of ['', COMPONENT, A]) expect(await add('team-a', appid)).toBe('CALLER_NOT_ALLOWED');
    templates.close();
  });

  it('An authorization link needs the component appid and the mini-program that it names', async () => {
    const link = (caller: string, authorizerAppid: string, deadlineMs?: number) => {
      const { authorizers } = gateway;
      const request = CreateAuthorizationLinkRequest.fromPartial({
        redirectUri: 'https://example.com',
        authorizerAppid,
        ...(authorizerAppid === '' && { authType: AuthorizationType.AUTHORIZATION_TYPE_MINI_PROGRAM }),
      });
      const options = { ...headersOf(caller), ...(deadlineMs && { deadlineMs }) };
      return reasonOf(call(authorizers, authorizers.createAuthorizationLink, request, options));
    };
    // No worker answers.
    expect(await link('platform-of-a', '', 500)).toBe('DEADLINE_EXCEEDED');
    expect(await link('platform-of-a', A, 500)).toBe('DEADLINE_EXCEEDED');
    expect(await link('platform-of-a', B)).toBe('CALLER_NOT_ALLOWED');
    expect(await link('team-a', A)).toBe('CALLER_NOT_ALLOWED');
  });

  it('ListAuthorizers has only the visible mini-programs, and the others cannot be read or removed', async () => {
    const { authorizers } = gateway;
    const list = call(
      authorizers,
      authorizers.listAuthorizers,
      ListAuthorizersRequest.fromPartial({}),
      headersOf('team-a'),
    );
    expect((await list).authorizers.map(({ appid }) => appid)).toEqual([A]);
    const get = (appid: string) =>
      call(
        authorizers,
        authorizers.getAuthorizer,
        GetAuthorizerRequest.create({ appid }),
        headersOf('team-a'),
      );
    expect((await get(A)).appid).toBe(A);
    expect(await reasonOf(get(B))).toBe('CALLER_NOT_ALLOWED');
    const removed = call(
      authorizers,
      authorizers.removeAuthorizer,
      RemoveAuthorizerRequest.create({ appid: B }),
      headersOf('team-a'),
    );
    expect(await reasonOf(removed)).toBe('CALLER_NOT_ALLOWED');
    const label = (appid: string) =>
      call(authorizers, authorizers.setAuthorizerLabels, { appid, labels: ['餐饮'] }, headersOf('team-a'));
    expect([await reasonOf(label(A)), await reasonOf(label(B))]).toEqual(['accepted', 'CALLER_NOT_ALLOWED']);
  });
});

describe('UploadAuditMedia', () => {
  const upload = (messages: UploadAuditMediaRequest[], deadlineMs = 10_000) => {
    const metadata = new Metadata();
    metadata.set('authorization', policy.headers('team-a').authorization ?? '');
    const deadline = { deadline: Date.now() + deadlineMs };
    return reasonOf(
      new Promise((resolve, reject) => {
        const stream = gateway.code.uploadAuditMedia(metadata, deadline, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        );
        stream.on('error', () => undefined);
        for (const message of messages) stream.write(message);
        stream.end();
      }),
    );
  };

  it('An upload is authorized by the appid of its info, which must be the first message', async () => {
    const content = chunk(png(1000));
    expect(await upload([info({ appid: A }), content], 1_000)).toBe('DEADLINE_EXCEEDED');
    expect(await upload([info({ appid: B }), content])).toBe('CALLER_NOT_ALLOWED');
    expect(await upload([content, info({ appid: A })])).toBe('INVALID_REQUEST');
    expect(await upload([info({ appid: A }), info({ appid: B }), content])).toBe('INVALID_REQUEST');
  });
});
