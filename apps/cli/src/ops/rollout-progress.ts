import type { ResponseJson } from '@wxa/client';
import { singleLine } from '../output/printable.js';
import { cutTo } from '../output/table.js';

type RolloutJson = ResponseJson<'Rollouts/GetRollout'>;
/** The part of a rollout from which its progress is drawn. */
export type RolloutProgress = Pick<
  RolloutJson,
  'id' | 'state' | 'pauseDetail' | 'holds' | 'targets' | 'counts' | 'waves' | 'stepsPerMinute'
> & { spec?: Pick<NonNullable<RolloutJson['spec']>, 'name' | 'userVersion'> };
type Count = RolloutJson['counts'][number];

const ENDED = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'];
const BAR = 30;

/** Whether all targets of a rollout have succeeded. */
export function isSuccess(rollout: RolloutProgress): boolean {
  const states = rollout.counts.map(({ state }) => stateOf(state));
  return rolloutState(rollout) === 'COMPLETED' && states.every((state) => state === 'SUCCEEDED');
}

/**
 * The progress of a rollout in one line: id, state, ended targets, all targets, what prevents more, and the targets of
 * each step and state.
 */
export function lineOf(rollout: RolloutProgress): string {
  const { id, counts, targets } = rollout;
  const steps = counts.map((one) => `${nameOf(one)} ${one.count}`).join('; ');
  return [id, rolloutState(rollout), ended(counts), targets, obstacleOf(rollout), steps].join('\t').trimEnd();
}

/** The progress of a rollout for a terminal, at most `columns` characters wide. */
export function progressLines(rollout: RolloutProgress, columns: number): string[] {
  const { spec, counts, targets, waves, stepsPerMinute } = rollout;
  const title = `${spec?.name} ${spec?.userVersion}  ${rolloutState(rollout)}  ${stepsPerMinute} steps/min`;
  const obstacle = obstacleOf(rollout);
  const lines = [
    title,
    `${bar(ended(counts), targets)}  ${ended(counts)} of ${targets} ended`,
    ...counts.map(countLine),
    ...(waves.length < 2
      ? []
      : waves.map((w) => `wave ${w.wave}  ${bar(ended(w.counts), w.targets)}  ${w.targets}`)),
    ...(obstacle === '' ? [] : [obstacle]),
  ];
  return lines.map((line) => cutTo(columns, singleLine(line)));
}

function countLine(one: Count): string {
  return `  ${nameOf(one).padEnd(40)} ${one.count}`;
}

function nameOf({ step, state, waitsFor }: Count): string {
  const wait = waitsFor.replace(/^ROLLOUT_WAIT_(UNSPECIFIED$)?/, '');
  return `${step.replace('ROLLOUT_STEP_', '')} ${stateOf(state)}${wait && ` (${wait})`}`;
}

function obstacleOf({ pauseDetail, holds }: RolloutProgress): string {
  if (pauseDetail !== '') return singleLine(`paused: ${pauseDetail}`);
  const texts = holds.map(({ cause, wave, detail }) =>
    [cause.replace('CAUSE_', ''), ...(wave === 0 ? [] : [`wave ${wave}`]), detail].join(' ').trim(),
  );
  return texts.length === 0 ? '' : singleLine(`held: ${texts.join('; ')}`);
}

function ended(counts: Count[]): number {
  const done = counts.filter(({ state }) => ENDED.includes(stateOf(state)));
  return done.reduce((sum, { count }) => sum + count, 0);
}

function bar(part: number, all: number): string {
  const full = all === 0 ? 0 : Math.floor((part / all) * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
}

function rolloutState({ state }: RolloutProgress): string {
  return state.replace('ROLLOUT_STATE_', '');
}

function stateOf(state: string): string {
  return state.replace('ROLLOUT_TARGET_STATE_', '');
}
