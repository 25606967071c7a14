import { describe, expect, it } from '@jest/globals';
import { METHOD_ACCESS } from '@wxa/policy';
import { appidsOf } from './appid-of-request.js';

const COMPONENT = 'wxcccccccccccccccc';
const [APPID, OTHER] = ['wx0123456789abcdef', 'wxfedcba9876543210'];
const of = (method: string, request: object, component: string | undefined = COMPONENT) =>
  appidsOf(METHOD_ACCESS[method] ?? 'appid', request, component);

describe('appidsOf', () => {
  it('A request of CodeManagement, and of one authorizer, is authorized by its appid', () => {
    for (const method of [
      'CodeManagement/Commit',
      'CodeManagement/GetAuditStatus',
      'Authorizers/ImportAuthorizer',
    ])
      expect(of(method, { appid: APPID })).toEqual([APPID]);
    expect(of('CodeManagement/Commit', { appid: '' })).toEqual(['']);
  });

  it('An upload is authorized by the appid of its info, which the first message must be', () => {
    const info = { part: { $case: 'info', value: { appid: APPID } } };
    expect(of('CodeManagement/UploadAuditMedia', info)).toEqual([APPID]);
    for (const part of [undefined, { $case: 'chunk', value: Buffer.alloc(1) }])
      expect(of('CodeManagement/UploadAuditMedia', { part })).toBeUndefined();
  });

  it('A request of the platform is authorized by the component appid, whatever appid it names', () => {
    expect(of('Templates/ListDrafts', { appid: OTHER })).toEqual([COMPONENT]);
    expect(appidsOf('platform', { appid: OTHER }, undefined)).toEqual([OTHER]);
    expect(of('Authorizers/CreateAuthorizationLink', { appid: '', authorizerAppid: '' })).toEqual([
      COMPONENT,
    ]);
    expect(of('Authorizers/CreateAuthorizationLink', { appid: '', authorizerAppid: APPID })).toEqual([
      COMPONENT,
      APPID,
    ]);
  });

  it('A list or watch stream is authorized by its appid if there is one; a request with an operation id by the handler', () => {
    expect(of('Operations/WatchOperations', { appid: APPID })).toEqual([APPID]);
    expect(of('Operations/ListOperations', { appid: '' })).toEqual([]);
    expect(of('Operations/GetOperation', { id: 'x', appid: APPID })).toEqual([]);
    expect(of('Authorizers/ListAuthorizers', { appid: APPID })).toEqual([]);
  });
});
