import { FleetPart, type RefreshMiniProgramRequest, type RefreshMiniProgramResult } from '@wxa/contracts';
import { API, type Api, type WxaResult } from '@wxa/wxa-client';
import { each, elements, field, specified } from '../checks.js';
import { getVersionInfo } from '../code/get-version-info.js';
import { listCategories } from '../code/list-categories.js';
import { getPrivacyGuide } from '../privacy/get-privacy-guide.js';
import { listPrivacyInterfaces } from '../privacy/list-privacy-interfaces.js';
import { type CallContext, type CallResult, defineQuery } from '../room.js';
import { isAuthorizationGone, serviceError } from '../service-errors.js';
import { getDomains } from '../setup/get-domains.js';
import { getFiling } from '../setup/get-filing.js';
import { PARTS, type Part, type PartAnswers, type PartRead } from './parts.js';

/** Each part is one call, domains are two; the platform's token may need one more. */
const MAX_CALLS = 9;

/** Reads parts of a mini-program and stores them in the inventory. What can be read is stored if other parts cannot. */
export const refreshMiniProgram = defineQuery('RefreshMiniProgram', {
  api: API.getVersionInfo,
  validate: [
    field('parts', (r) => r.parts, elements(0, PARTS.length)),
    each(
      'parts',
      (r) => r.parts,
      PARTS.length,
      field('', (part) => part, specified),
    ),
  ],
  timeoutFactor: MAX_CALLS,
  call: refresh,
});

async function refresh(
  { appid, parts }: RefreshMiniProgramRequest,
  context: CallContext,
): Promise<CallResult<RefreshMiniProgramResult>> {
  const { fleet } = context;
  if (fleet === undefined) return noInventory();
  const at = new Date();
  const reads: PartRead[] = [];
  for (const part of parts.length === 0 ? await fleet.partsToRead(appid) : [...new Set(parts.map(nameOf))]) {
    if (part !== 'VERSIONS') await context.reserve(READS[part].api);
    const result = await READS[part].read(appid, context);
    fleet.onRead(part, result.kind === 'ok');
    if (result.kind !== 'ok' && concernsAll(result, reads.length === 0)) return result;
    reads.push(toRead(part, result));
  }
  await fleet.keepReads({ appid, at, reads, isComplete: parts.length === 0 });
  const partsOf = (failed: boolean) =>
    reads.filter((read) => 'error' in read === failed).map(({ part }) => FleetPart[`FLEET_PART_${part}`]);
  return { kind: 'ok', value: { read: partsOf(false), failed: partsOf(true) } };
}

type Read<T> = (appid: string, context: CallContext) => Promise<WxaResult<T>>;

/** How each part is read, and the API of its first call. */
const READS: { [P in Part]: { api: Api; read: Read<PartAnswers[P]> } } = {
  ACCOUNT: { api: API.getAuthorizerInfo, read: readAccount },
  CATEGORY: by(listCategories),
  FILING: by(getFiling),
  INTERFACES: by(listPrivacyInterfaces),
  VERSIONS: by(getVersionInfo),
  DOMAINS: by(getDomains),
  GUIDE: by(getPrivacyGuide),
};

/** The APIs of all parts. */
export const FLEET_APIS: readonly Api[] = [
  ...Object.values(READS).map(({ api }) => api),
  API.getEffectiveWebviewDomains,
];

function by<T>(room: {
  api: Api;
  call(request: { appid: string; requestId: string }, context: CallContext): Promise<WxaResult<T>>;
}): { api: Api; read: Read<T> } {
  return { api: room.api, read: (appid, context) => room.call({ appid, requestId: '' }, context) };
}

/** With the platform's token, unlike the other reads. */
async function readAccount(
  appid: string,
  { client, options, fleet }: CallContext,
): Promise<WxaResult<PartAnswers['ACCOUNT']>> {
  const platform = await fleet?.platform();
  if (platform === undefined) {
    const error = serviceError('tokenUnavailable', 'the platform has no token', API.getAuthorizerInfo);
    return { kind: 'error', error };
  }
  const { componentAppid, token } = platform;
  const result = await client.getAuthorizerInfo({ componentAppid, appid }, { ...options, token });
  // A token of the mini-program, which another attempt would renew, is not the cause.
  return result.kind === 'retryable' && result.cause === 'token' ? { ...result, cause: 'busy' } : result;
}

/** A rejected token or a lost authorization, and a first read without an answer, say nothing about single parts. */
function concernsAll(result: Exclude<WxaResult<unknown>, { kind: 'ok' }>, isFirst: boolean): boolean {
  if (result.kind === 'retryable' && result.cause === 'token') return true;
  if (result.kind === 'error') return isAuthorizationGone(result.error);
  return isFirst;
}

function toRead(part: Part, result: WxaResult<unknown>): PartRead {
  if (result.kind === 'ok') return { part, answer: result.value } as PartRead;
  const { errcode, errmsg } = result.error;
  return { part, error: `${errcode === 0 ? '' : `${errcode} `}${errmsg}` } as PartRead;
}

function nameOf(part: FleetPart): Part {
  return part.replace('FLEET_PART_', '') as Part;
}

function noInventory(): CallResult<never> {
  const why = 'the inventory needs the token source component';
  return { kind: 'error', error: serviceError('internal', why, API.getVersionInfo), sent: false };
}
