import { type CommitRequest, type Problem, problem, type RequestOf } from '@wxa/contracts';
import { API, type VersionInfo } from '@wxa/wxa-client';
import {
  characters,
  type FieldPath,
  field,
  given,
  manyLines,
  number,
  oneLine,
  pathText,
  type Violation,
} from '../checks.js';
import { type Comparison, defineChange, executedIf, map, withoutResult } from '../room.js';
import { jsonObjectProblem } from './ext-json.js';

/** A commit may take three times as long as another call. */
const TIMEOUT_FACTOR = 3;

export const commit = defineChange('Commit', {
  api: API.commit,
  validate: [
    field('template_id', (r) => r.templateId, given(number(0n))),
    extConfigViolations,
    field('user_version', (r) => r.userVersion, characters(1, 64), oneLine),
    field('user_desc', (r) => r.userDesc, manyLines),
  ],
  timeoutFactor: TIMEOUT_FACTOR,
  call: async ({ templateId, userVersion, userDesc, ...request }, { client, options }) =>
    withoutResult(
      await client.commit(
        // Requests stored before ids were required lack an id of 0.
        { templateId: templateId ?? 0n, extJson: extJsonOf(request), userVersion, userDesc },
        { ...options, timeoutMs: options.timeoutMs * TIMEOUT_FACTOR },
      ),
    ),
  reconcile: {
    api: API.getVersionInfo,
    check: async ({ request, startedAt }, { client, options }) =>
      map(await client.getVersionInfo({}, options), ({ trial }) => compare(request, trial, startedAt)),
    // A duplicate restarts WeChat's privacy check.
    beforeRetry: 'best-effort',
    duplicateCodes: [],
  },
});

function compare(
  { userVersion, userDesc }: RequestOf<'Commit'>,
  trial: VersionInfo | undefined,
  since: Date,
): Comparison {
  const isOurs = trial?.version === userVersion && trial.desc === userDesc;
  return executedIf(isOurs && isSince(trial.createdAt, since));
}

/** WeChat's times are whole seconds. */
function isSince(time: Date | undefined, since: Date): boolean {
  return time !== undefined && Math.floor(time.getTime() / 1000) >= Math.floor(since.getTime() / 1000);
}

/** The configuration as text, in either of its two forms. */
export function extJsonOf({ extConfig }: Pick<RequestOf<'Commit'>, 'extConfig'>): string {
  if (extConfig === undefined) return '{}';
  return extConfig.$case === 'extJson' ? extConfig.value : JSON.stringify(extConfig.value);
}

/** The violations of a Commit's configuration, in either of its two forms. */
function extConfigViolations({ extConfig }: CommitRequest): Iterable<Violation> {
  if (extConfig === undefined) return [];
  if (extConfig.$case === 'ext') return structViolations(extConfig.value, { name: 'ext' });
  const wrong = jsonObjectProblem(extConfig.value);
  return wrong === undefined ? [] : [{ field: 'ext_json', ...wrong }];
}

/** Values that a protobuf Struct can contain and JSON cannot. */
function* structViolations(value: unknown, path: FieldPath): Generator<Violation> {
  const wrong = valueProblem(value);
  if (wrong !== undefined) yield { field: pathText(path), ...wrong };
  if (Array.isArray(value)) {
    for (const [name, element] of value.entries()) yield* structViolations(element, { within: path, name });
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value))
      yield* structViolations(member, { within: path, name });
  }
}

function valueProblem(value: unknown): Problem | undefined {
  if (value === undefined) return problem('VALUE_MISSING');
  return typeof value === 'number' && !Number.isFinite(value)
    ? problem('NUMBER_NOT_FINITE', { actual: value })
    : undefined;
}
