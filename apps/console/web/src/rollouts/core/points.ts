import type { Response } from '../../api/types.js';

type Point = Pick<
  Response<'Rollouts/ListRolloutHistory'>['points'][number],
  'time' | 'submitted' | 'decided' | 'succeeded' | 'failed'
>;

/** What happened in each interval, by its start. */
export function pointsOf(points: readonly Point[], what: 'succeeded' | 'failed'): [string, number][] {
  return points.map((point) => [point.time ?? '', point[what]]);
}

/** How many audits were open after each interval. By WeChat's clock, which has whole seconds, one may be decided before it was submitted. */
export function inAudit(points: readonly Point[]): [string, number][] {
  let open = 0;
  return points.map(({ time, submitted, decided }) => {
    open += submitted - decided;
    return [time ?? '', Math.max(0, open)];
  });
}
