import type { RequestOf } from '@wxa/contracts';
import { API, type VersionInfo } from '@wxa/wxa-client';
import { characters, field, given, manyLines, number, oneLine } from '../checks.js';
import { type Comparison, executedIf } from '../comparison.js';
import { map, withoutResult } from '../results.js';
import { defineChange } from '../room.js';
import { extConfigViolations } from './ext-config.js';

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
