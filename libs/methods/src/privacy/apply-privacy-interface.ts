import { type PrivacyInterfaceApplication, type Problem, problem, type RequestOf } from '@wxa/contracts';
import { API, type PrivacyInterface } from '@wxa/wxa-client';
import {
  type Check,
  characters,
  each,
  elements,
  field,
  manyLines,
  oneLine,
  present,
  type Rule,
  within,
} from '../checks.js';
import {
  type CallContext,
  type Comparison,
  defineChange,
  map,
  NO_SNAPSHOT,
  NOT_EXECUTED,
  type Precondition,
  unsent,
} from '../room.js';
import { serviceError } from '../service-errors.js';

const IN_REVIEW = 61031;
const MAX_PICTURES = 10;

const address: Check<string> = (text) =>
  /^https?:\/\/[\x21-\x7e]{1,2000}$/.test(text) ? undefined : problem('NOT_A_WEB_ADDRESS');

/** The rules of an application. */
export const PRIVACY_APPLICATION_RULES: readonly Rule<PrivacyInterfaceApplication>[] = [
  field('', (application) => application, anyGiven),
  field('content', (application) => application.content, characters(1, 300), manyLines),
  field('picture_urls', (application) => application.pictureUrls, elements(0, MAX_PICTURES)),
  each(
    'picture_urls',
    (application) => application.pictureUrls,
    MAX_PICTURES,
    field('', (url) => url, address),
  ),
  field(
    'video_url',
    (application) => application.videoUrl,
    (url) => (url === '' ? undefined : address(url)),
  ),
];

function anyGiven({ pictureUrls, videoUrl }: PrivacyInterfaceApplication): Problem | undefined {
  return pictureUrls.length === 0 && videoUrl === '' ? problem('MEMBER_REQUIRED') : undefined;
}

/** WeChat's list must say that it can be applied for: never applied for, or refused. */
const applicable: Precondition<RequestOf<'ApplyPrivacyInterface'>> = {
  api: API.listPrivacyInterfaces,
  applies: () => true,
  check: async ({ apiName }, context) => {
    const read = await readInterface(apiName, context);
    if (read.kind !== 'ok') return unsent(read);
    const state = read.value?.state;
    if (state === 'AVAILABLE' || state === 'REFUSED') return undefined;
    const why = `${apiName} is ${state ?? 'not in the list of WeChat'}`;
    const error = serviceError('interfaceNotApplicable', why, API.applyPrivacyInterface);
    return { kind: 'error', error, sent: false };
  },
};

export const applyPrivacyInterface = defineChange('ApplyPrivacyInterface', {
  api: API.applyPrivacyInterface,
  validate: [
    field('api_name', (r) => r.apiName, characters(1, 100), oneLine),
    field('application', (r) => r.application, present),
    within('application', (r) => r.application, ...PRIVACY_APPLICATION_RULES),
  ],
  preconditions: [applicable],
  call: ({ apiName, application }, { client, options }) => {
    const { content = '', pictureUrls = [], videoUrl = '' } = application ?? {};
    const videoUrls = videoUrl === '' ? [] : [videoUrl];
    return client.applyPrivacyInterface({ apiName, content, pictureUrls, videoUrls }, options);
  },
  reconcile: {
    api: API.listPrivacyInterfaces,
    snapshot: async ({ client, options }) =>
      map(await client.listPrivacyInterfaces({}, options), ({ interfaces }) => ({
        values: Object.fromEntries(interfaces.map(({ apiName, auditId }) => [apiName, String(auditId)])),
      })),
    check: async ({ request: { apiName }, snapshot }, context) =>
      map(await readInterface(apiName, context), (found) => compare(snapshot?.[apiName], found)),
    // A duplicate is rejected while the first application is in review, and accepted once that was refused.
    beforeRetry: 'once-answered',
    duplicateCodes: [],
    provingCodes: [IN_REVIEW],
  },
});

async function readInterface(apiName: string, { client, options }: CallContext) {
  return map(await client.listPrivacyInterfaces({}, options), ({ interfaces }) =>
    interfaces.find((one) => one.apiName === apiName),
  );
}

/** @param before the id of the application before; undefined if it is not known. */
function compare(
  before: string | undefined,
  found: PrivacyInterface | undefined,
): Comparison<{ auditId: bigint }> {
  if (before === undefined) return NO_SNAPSHOT;
  if (found === undefined || String(found.auditId) === before) return NOT_EXECUTED;
  return { kind: 'executed', result: { auditId: found.auditId } };
}
