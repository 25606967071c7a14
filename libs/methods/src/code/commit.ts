import { type CommitRequest, type Problem, problem, type RequestOf } from '@wxa/contracts';
import { API, type VersionInfo } from '@wxa/wxa-client';
import { parse as parseWithPosition } from 'lossless-json';
import {
  characters,
  cut,
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
        { templateId: templateId ?? 0n, extJson: extJson(request), userVersion, userDesc },
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

function extJson({ extConfig }: Pick<RequestOf<'Commit'>, 'extConfig'>): string {
  if (extConfig === undefined) return '{}';
  return extConfig.$case === 'extJson' ? extConfig.value : JSON.stringify(extConfig.value);
}

const NUL = '\u0000';

/** Maximum nesting of objects and lists: parsers of the stored request may have a limit of their own. */
const MAX_JSON_LEVELS = 100;
/** The limit of a request as JSON (accept-operations.ts). A longer text is rejected before it is parsed. */
const MAX_JSON_BYTES = 768 * 1024;
/** Parsing again to find the position of a syntax error takes about 100 ns per character. */
const MAX_WITH_POSITION = 64 * 1024;

/** The violations of a Commit's configuration, in either of its two forms. */
export function extConfigViolations({ extConfig }: CommitRequest): Iterable<Violation> {
  if (extConfig === undefined) return [];
  if (extConfig.$case === 'ext') return structViolations(extConfig.value, { name: 'ext' });
  const wrong = textProblem(extConfig.value);
  return wrong === undefined ? [] : [{ field: 'ext_json', ...wrong }];
}

function textProblem(text: string): Problem | undefined {
  const actual = Buffer.byteLength(text);
  if (actual > MAX_JSON_BYTES) return problem('TOO_MANY_BYTES', { max: MAX_JSON_BYTES, actual });
  if (isDeeperThan(MAX_JSON_LEVELS, text)) return problem('JSON_NESTED_TOO_DEEPLY', { max: MAX_JSON_LEVELS });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
    return problem('JSON_NOT_AN_OBJECT', { actual: nameOf(value) });
  } catch (error) {
    return problem('JSON_SYNTAX', { error: describeSyntaxError(text, error) });
  }
}

/** Whether a text, if it is JSON, has more than `levels` levels of nested objects and lists. */
function isDeeperThan(levels: number, text: string): boolean {
  let open = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') inString = !inString;
    else if (inString) i += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') open += 1;
    else if (character === ']' || character === '}') open -= 1;
    if (open > levels) return true;
  }
  return false;
}

/** Node's error messages do not always contain the position; those of the other parser do. */
function describeSyntaxError(text: string, error: unknown): string {
  if (text.length > MAX_WITH_POSITION) return messageOf(error);
  try {
    parseWithPosition(text);
    return 'is not JSON';
  } catch (positioned) {
    return messageOf(positioned);
  }
}

function messageOf(error: unknown): string {
  return cut(error instanceof Error ? error.message : String(error), 120);
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/**
 * Values that a protobuf Struct can contain and JSON cannot, and U+0000, which PostgreSQL cannot store: `->>` fails on the
 * whole request.
 */
function* structViolations(value: unknown, path: FieldPath): Generator<Violation> {
  const wrong = valueProblem(value);
  if (wrong !== undefined) yield { field: pathText(path), ...wrong };
  if (Array.isArray(value)) {
    for (const [name, element] of value.entries()) yield* structViolations(element, { within: path, name });
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const inner = { within: path, name };
      if (name.includes(NUL)) yield { field: pathText(inner), ...problem('NUL_IN_NAME') };
      yield* structViolations(member, inner);
    }
  }
}

function valueProblem(value: unknown): Problem | undefined {
  if (value === undefined) return problem('VALUE_MISSING');
  if (typeof value === 'string') return value.includes(NUL) ? problem('NUL_CHARACTER') : undefined;
  return typeof value === 'number' && !Number.isFinite(value)
    ? problem('NUMBER_NOT_FINITE', { actual: value })
    : undefined;
}
