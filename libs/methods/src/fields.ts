import {
  appid,
  characters,
  each,
  elements,
  field,
  manyLines,
  noFormat,
  number,
  oneLine,
  type Rule,
  required,
} from './checks.js';

/** The rules of fields that requests of several services have. */

export const idField: Rule<{ id: string }> = field('id', (r) => r.id, required);

export const appidField: Rule<{ appid: string }> = field('appid', (r) => r.appid, appid);

const MAX_LABELS = 20;

/** Of one mini-program. */
export const labelsFields: readonly Rule<{ labels: string[] }>[] = [
  field('labels', (r) => r.labels, elements(0, MAX_LABELS)),
  each(
    'labels',
    (r) => r.labels,
    MAX_LABELS,
    field('', (label) => label, characters(1, 50), oneLine, noFormat),
  ),
];

export const searchField: Rule<{ search: string }> = field(
  'search',
  (r) => r.search,
  characters(0, 100),
  oneLine,
  noFormat,
);

const reason = (least: number): Rule<{ reason: string }> =>
  field('reason', (r) => r.reason, characters(least, 2000), manyLines, noFormat);

export const reasonField = reason(0);
export const requiredReasonField = reason(1);

export const onBehalfOfField: Rule<{ onBehalfOf: string }> = field(
  'on_behalf_of',
  (r) => r.onBehalfOf,
  characters(0, 200),
  oneLine,
  noFormat,
);

export const pageSizeField: Rule<{ pageSize: number }> = field(
  'page_size',
  (r) => r.pageSize,
  number(0, 500),
);
