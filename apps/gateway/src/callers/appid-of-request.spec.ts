import { expect, it } from '@jest/globals';
import { METHOD_ACCESS } from '@wxa/policy';
import { packageDefinition } from '../decode/decode-request.js';
import { appidsOf } from './appid-of-request.js';

const COMPONENT = 'wxcccccccccccccccc';
const [APPID, OTHER] = ['wx0123456789abcdef', 'wxfedcba9876543210'];

it.each<[string, object, string[] | undefined]>([
  ['CodeManagement/Commit', { appid: APPID }, [APPID]],
  ['CodeManagement/GetAuditStatus', { appid: APPID }, [APPID]],
  ['Authorizers/ImportAuthorizer', { appid: APPID }, [APPID]],
  ['CodeManagement/Commit', { appid: '' }, ['']],
  ['CodeManagement/UploadAuditMedia', { part: { $case: 'info', value: { appid: APPID } } }, [APPID]],
  ['CodeManagement/UploadAuditMedia', { part: undefined }, undefined],
  ['CodeManagement/UploadAuditMedia', { part: { $case: 'chunk', value: Buffer.alloc(1) } }, undefined],
  ['Templates/ListDrafts', { appid: OTHER }, [COMPONENT]],
  ['Authorizers/CreateAuthorizationLink', { appid: '', authorizerAppid: '' }, [COMPONENT]],
  ['Authorizers/CreateAuthorizationLink', { appid: '', authorizerAppid: APPID }, [COMPONENT, APPID]],
  ['Operations/WatchOperations', { appid: APPID }, [APPID]],
  ['Operations/ListOperations', { appid: '' }, []],
  ['Operations/GetOperation', { id: 'x', appid: APPID }, []],
  ['Authorizers/ListAuthorizers', { appid: APPID }, []],
  ['Settings/PutSettingsLayer', { scope: { scope: { $case: 'appid', value: APPID } } }, [APPID]],
  ['Settings/PutSettingsLayer', { scope: { scope: { $case: 'label', value: APPID } } }, []],
  ['Settings/DeleteSettingsLayer', { scope: undefined }, []],
])('%s with %j is authorized by the appids %j, undefined being refused', (method, request, appids) => {
  expect(appidsOf(METHOD_ACCESS[method] ?? 'appid', request, COMPONENT)).toEqual(appids);
});

it('A request of the platform is authorized by the appid that it names while the component is not known', () => {
  expect(appidsOf('platform', { appid: OTHER }, undefined)).toEqual([OTHER]);
});

it('Every served RPC has a row, and every row is a served RPC', () => {
  const served = Object.values(packageDefinition).flatMap((service) =>
    Object.values(service).map(({ path }) => path.replace('/wxa.code.v1.', '')),
  );
  expect(Object.keys(METHOD_ACCESS).sort()).toEqual(served.sort());
});
