import { problem, type RolloutSpec } from '@wxa/contracts';
import { characters, each, elements, field, isUuid, number, optional, type Rule } from '@wxa/methods';
import { matchedLabels } from '../continuous.js';

/** The rules of `continuous`. */
export const CONTINUOUS_RULES: Rule<RolloutSpec>[] = [
  field(
    'continuous',
    (s) => s.continuous,
    (given) => (given !== undefined && given.match === undefined ? problem('MEMBER_REQUIRED') : undefined),
  ),
  field(
    'continuous.labels',
    (s) => s.continuous?.match,
    (match) => (match?.$case === 'labels' ? elements(1, 10)(match.value.labels) : undefined),
  ),
  each(
    'continuous.labels',
    matchedLabels,
    10,
    field('', (text: string) => text, characters(1, 50)),
  ),
  field(
    'continuous.all_authorized',
    (s) => s.continuous?.match,
    (match) => (match?.$case === 'allAuthorized' && !match.value ? problem('NOT_TRUE') : undefined),
  ),
  field('continuous.max_submissions_per_day', (s) => s.continuous?.maxSubmissionsPerDay ?? 0, number(0)),
  field(
    'continuous.replaces',
    (s) => s.continuous?.replaces ?? '',
    optional((id) => (isUuid(id) ? undefined : problem('NOT_AN_ID'))),
  ),
  field(
    'waves',
    (s) => s,
    ({ continuous, waves }) => {
      const last = waves.at(-1);
      const isRest = last === undefined || last.size?.$case === 'rest';
      return continuous === undefined || isRest ? undefined : problem('LAST_WAVE_NOT_REST');
    },
  ),
];
