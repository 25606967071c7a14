import { WechatCall } from './generated/wxa/code/v1/calls.js';
import {
  GetPlatformDomainFileRequest,
  GetPlatformDomainsRequest,
  SetPlatformDomainsRequest,
} from './generated/wxa/code/v1/platform_domains.js';
import { WechatCallResponse } from './generated/wxa/code/v1/results.js';
import {
  AddTesterRequest,
  ApplyPrivacyInterfaceRequest,
  GetDomainsRequest,
  GetFilingRequest,
  GetPrivacyGuideRequest,
  ListPrivacyInterfacesRequest,
  ListTestersRequest,
  RemoveTesterRequest,
  SetPrivacyGuideRequest,
  SetServerDomainsRequest,
  SetWebviewDomainsRequest,
} from './generated/wxa/code/v1/setup.js';
import {
  AddTesterResult,
  ApplyPrivacyInterfaceResult,
  GetDomainsResponse,
  GetFilingResponse,
  GetPlatformDomainFileResponse,
  GetPlatformDomainsResponse,
  GetPrivacyGuideResponse,
  ListPrivacyInterfacesResponse,
  ListTestersResponse,
  SetPlatformDomainsResult,
  SetPrivacyGuideResult,
  SetServerDomainsResult,
  SetWebviewDomainsResult,
} from './generated/wxa/code/v1/setup_values.js';

const SETUP = { service: 'Setup' } as const;
const PLATFORM = { service: 'PlatformDomains', lane: 'platform' } as const;

function row<const K, const F, Q, R, const S>(kind: K, field: F, request: Q, result: R, of: S) {
  return { kind, field, request, result, ...of };
}

/** The rows of METHODS for what a mini-program needs besides its code, and for the platform's domains. */
export const SETUP_METHODS = {
  SetServerDomains: row('change', 'setServerDomains', SetServerDomainsRequest, SetServerDomainsResult, SETUP),
  SetWebviewDomains: row(
    'change',
    'setWebviewDomains',
    SetWebviewDomainsRequest,
    SetWebviewDomainsResult,
    SETUP,
  ),
  GetDomains: row('query', 'getDomains', GetDomainsRequest, GetDomainsResponse, SETUP),
  SetPrivacyGuide: row('change', 'setPrivacyGuide', SetPrivacyGuideRequest, SetPrivacyGuideResult, SETUP),
  GetPrivacyGuide: row('query', 'getPrivacyGuide', GetPrivacyGuideRequest, GetPrivacyGuideResponse, SETUP),
  ApplyPrivacyInterface: row(
    'change',
    'applyPrivacyInterface',
    ApplyPrivacyInterfaceRequest,
    ApplyPrivacyInterfaceResult,
    SETUP,
  ),
  ListPrivacyInterfaces: row(
    'query',
    'listPrivacyInterfaces',
    ListPrivacyInterfacesRequest,
    ListPrivacyInterfacesResponse,
    SETUP,
  ),
  GetFiling: row('query', 'getFiling', GetFilingRequest, GetFilingResponse, SETUP),
  AddTester: row('change', 'addTester', AddTesterRequest, AddTesterResult, SETUP),
  RemoveTester: { kind: 'change', field: 'removeTester', request: RemoveTesterRequest, service: 'Setup' },
  ListTesters: row('query', 'listTesters', ListTestersRequest, ListTestersResponse, SETUP),
  GetPlatformDomains: row(
    'query',
    'getPlatformDomains',
    GetPlatformDomainsRequest,
    GetPlatformDomainsResponse,
    PLATFORM,
  ),
  SetPlatformDomains: row(
    'change',
    'setPlatformDomains',
    SetPlatformDomainsRequest,
    SetPlatformDomainsResult,
    PLATFORM,
  ),
  GetPlatformDomainFile: row(
    'query',
    'getPlatformDomainFile',
    GetPlatformDomainFileRequest,
    GetPlatformDomainFileResponse,
    PLATFORM,
  ),
} as const;

const CALLS = { service: 'Calls' } as const;

/** The rows of METHODS for calls that the policy lists. */
export const CALL_METHODS = {
  QueryWechat: row('query', 'queryWechat', WechatCall, WechatCallResponse, CALLS),
  ChangeWechat: row('change', 'changeWechat', WechatCall, WechatCallResponse, CALLS),
} as const;
