import {
  appid,
  characters,
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

export const reasonField: Rule<{ reason: string }> = field(
  'reason',
  (r) => r.reason,
  characters(0, 2000),
  manyLines,
  noFormat,
);

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
