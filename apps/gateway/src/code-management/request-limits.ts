import type {
  AuditItem,
  CommitRequest,
  CreateAuthorizationLinkRequest,
  GrayReleaseRequest,
  Method,
  RequestOf,
  SubmitAuditRequest,
} from '@wxa/contracts';
import { AuthorizationType, isOfPlatform } from '@wxa/contracts';
import {
  appid,
  type Check,
  characters,
  countCharacters,
  each,
  elements,
  field,
  given,
  known,
  manyLines,
  matches,
  number,
  oneLine,
  optional,
  type Rule,
  required,
  specified,
  violationsBy,
} from '../grpc/checks.js';
import { lostInDecoding } from '../grpc/decode-request.js';
import type { Violation } from '../grpc/status-details.js';
import { extConfigFaults } from './ext-config.js';
import { mediaType } from './media-type.js';

const MAX_ITEMS = 5;
const MAX_MEDIA_IDS = 5;
const MAX_TAGS = 10;
const MAX_TAG = 20;
/** As many are told apart, so that a long text does not become a million. */
const MAX_TAGS_READ = 100;

interface AnyRequest {
  appid: string;
  requestId: string;
}

const REQUEST_ID = matches(/^[\x20-\x7e]{1,64}$/, 'at most 64 printable ASCII characters');

const REQUEST_ID_RULE: Rule<AnyRequest> = field('request_id', (r) => r.requestId, optional(REQUEST_ID));

/** A call of the platform itself has no other appid than the platform's, where that is known. */
function appidRule(method: Method, componentAppid: string | undefined): Rule<AnyRequest> {
  if (componentAppid === undefined || !isOfPlatform(method)) return field('appid', (r) => r.appid, appid);
  const isOurs = (given: string) =>
    given === componentAppid ? undefined : `must be empty or the platform's own, ${componentAppid}`;
  return field('appid', (r) => r.appid, isOurs);
}

const tagsOf = (text: string): string[] => text.trim().split(/\s+/, MAX_TAGS_READ).filter(Boolean);

const fewTags: Check<string[]> = ({ length }) => {
  if (length <= MAX_TAGS) return undefined;
  return `must be at most ${MAX_TAGS} tags, has ${length}${length === MAX_TAGS_READ ? ' or more' : ''}`;
};

const shortTags: Check<string[]> = (tags) => {
  const long = tags.filter((tag) => countCharacters(tag) > MAX_TAG);
  if (long.length === 0) return undefined;
  const lengths = long.map(countCharacters).join(', ');
  return `each tag must be at most ${MAX_TAG} characters, has ${long.length} of ${lengths}`;
};

const noBar: Check<string> = (id) => (id.includes('|') ? 'must have no |' : undefined);

const percentage = ({ percentage, ...flags }: GrayReleaseRequest): string | undefined => {
  if (percentage >= 1 && percentage <= 100) return undefined;
  if (percentage === 0 && (flags.supportDebuggerFirst || flags.supportExperiencerFirst)) return undefined;
  return `must be 1 to 100, or 0 with support_debugger_first or support_experiencer_first, is ${percentage}`;
};

const COMMIT: Rule<CommitRequest>[] = [
  field('template_id', (r) => r.templateId, given(number(0n))),
  extConfigFaults,
  field('user_version', (r) => r.userVersion, characters(1, 64), oneLine),
  field('user_desc', (r) => r.userDesc, manyLines),
];

const AUDIT_ITEM: Rule<AuditItem>[] = [
  field('address', (i) => i.address, oneLine),
  field('tag', (i) => tagsOf(i.tag), fewTags, shortTags),
  field('tag', (i) => i.tag, oneLine),
  field('title', (i) => i.title, characters(0, 32), oneLine),
  field('first_class', (i) => i.firstClass, required, oneLine),
  field('first_id', (i) => i.firstId, number(1)),
  field('second_class', (i) => i.secondClass, required, oneLine),
  field('second_id', (i) => i.secondId, number(1)),
  field('third_class', (i) => i.thirdClass, oneLine),
  field('third_id', (i) => i.thirdId, number(0)),
];

/** WeChat is sent all of them in one text, with bars between. */
const mediaId: Rule<string> = field('', (id) => id, required, oneLine, noBar);

const whole: Rule<number> = field('', (value) => value, number(0));

const texts = (lists: string[][]): string => lists.flat().join('');

const SUBMIT_AUDIT: Rule<SubmitAuditRequest>[] = [
  field('items', (r) => r.items, elements(1, MAX_ITEMS)),
  each('items', (r) => r.items, MAX_ITEMS, ...AUDIT_ITEM),
  field('feedback_info', (r) => r.feedbackInfo, characters(0, 200), manyLines),
  field('feedback_media_ids', (r) => r.feedbackMediaIds, elements(0, MAX_MEDIA_IDS)),
  each('feedback_media_ids', (r) => r.feedbackMediaIds, MAX_MEDIA_IDS, mediaId),
  field('version_desc', (r) => r.versionDesc, manyLines),
  field('preview', (r) => texts([r.preview?.videoIds ?? [], r.preview?.pictureIds ?? []]), oneLine),
  each('ugc_declaration.scenes', (r) => r.ugcDeclaration?.scenes ?? [], Infinity, whole),
  each('ugc_declaration.methods', (r) => r.ugcDeclaration?.methods ?? [], Infinity, whole),
  field(
    'ugc_declaration.other_scene_desc',
    (r) => r.ugcDeclaration?.otherSceneDesc ?? '',
    characters(0, 256),
    manyLines,
  ),
  field(
    'ugc_declaration.audit_desc',
    (r) => r.ugcDeclaration?.auditDesc ?? '',
    characters(0, 256),
    manyLines,
  ),
  field('order_path', (r) => r.orderPath, oneLine),
];

const webAddress: Check<string> = (text) => {
  const isWeb = /^https?:\/\/[\x21-\x7e]+$/.test(text) && URL.canParse(text);
  return isWeb ? undefined : 'must be an http or https address';
};

const typeOrAppid: Check<CreateAuthorizationLinkRequest> = ({ authType, authorizerAppid }) =>
  authorizerAppid === '' || authType === AuthorizationType.AUTHORIZATION_TYPE_UNSPECIFIED
    ? undefined
    : 'must not be set together with authorizer_appid';

/** Every limit of every request, beyond those that all share. */
const LIMITS: { [M in Method]: Rule<RequestOf<M>>[] } = {
  Commit: COMMIT,
  GetTrialQrCode: [field('path', (r) => r.path, characters(0, 1024), oneLine)],
  ListCategories: [],
  ListPages: [],
  SubmitAudit: SUBMIT_AUDIT,
  GetAuditStatus: [field('audit_id', (r) => r.auditId, number(1n))],
  GetLatestAuditStatus: [],
  Release: [
    field('expected_audit_id', (r) => r.expectedAuditId, number(0n)),
    field('expected_user_version', (r) => r.expectedUserVersion, characters(0, 64), oneLine),
  ],
  ChangeVisitStatus: [field('status', (r) => r.status, specified)],
  GetSupportVersion: [],
  SetSupportVersion: [field('version', (r) => r.version, characters(1, 64), oneLine)],
  RevertRelease: [field('app_version', (r) => r.appVersion, optional(matches(/^\d{1,18}$/, 'a number')))],
  UndoAudit: [],
  GrayRelease: [field('percentage', (r) => r, percentage)],
  RevertGrayRelease: [],
  GetGrayReleasePlan: [],
  SpeedUpAudit: [field('audit_id', (r) => r.auditId, number(1n))],
  GetAuditQuota: [],
  GetVersionInfo: [],
  ListReleaseHistory: [],
  GetVisitStatus: [],
  GetPrivacyCheck: [],
  // What its RPC is given is checked there: authorizers/request-limits.ts.
  ImportAuthorizer: [],
  UploadAuditMedia: [
    field('file_name', (r) => r.fileName, characters(1, 128), oneLine),
    field('content_type', (r) => r.contentType, mediaType),
  ],
  ListDrafts: [],
  AddTemplate: [
    field('draft_id', (r) => r.draftId, given(number(0n))),
    field('template_type', (r) => r.templateType ?? 0, number(0, 1)),
  ],
  ListTemplates: [field('template_type', (r) => r.templateType ?? 0, number(0, 1))],
  DeleteTemplate: [field('template_id', (r) => r.templateId, given(number(0n)))],
  CreateAuthorizationLink: [
    field('redirect_uri', (r) => r.redirectUri, characters(1, 1024), optional(webAddress)),
    field('auth_type', (r) => r.authType, known),
    field('auth_type', (r) => r, typeOrAppid),
    field('authorizer_appid', (r) => r.authorizerAppid, optional(appid)),
  ],
};

/**
 * All that is wrong with a request, up to 100 violations; empty where nothing is.
 * @param componentAppid the platform's; undefined where it is not known.
 */
export function violationsOf<M extends Method>(
  method: M,
  request: RequestOf<M>,
  componentAppid?: string,
): Violation[] {
  const rules: readonly Rule<RequestOf<M>>[] = LIMITS[method];
  return violationsBy(
    [appidRule(method, componentAppid), REQUEST_ID_RULE, lostInDecoding, ...rules],
    request,
  );
}
