import { oneLine } from '../output/printable.js';

/** The part of a Rollout, in proto3's JSON, that its progress is drawn from. */
export interface RolloutJson {
  id: string;
  spec?: { name?: string; userVersion?: string };
  state: string;
  pauseDetail?: string;
  holds?: { cause: string; detail?: string; wave?: number; targets?: number }[];
  targets?: number;
  counts?: CountJson[];
  waves?: { wave: number; targets?: number; counts?: CountJson[] }[];
  stepsPerMinute?: number;
}

interface CountJson {
  step: string;
  state: string;
  waitsFor?: string;
  count?: number;
}

const ENDED = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'];
const BAR = 30;

/** Whether all targets of a rollout have succeeded. */
export function isSuccess(rollout: RolloutJson): boolean {
  const states = (rollout.counts ?? []).map(({ state }) => stateOf(state));
  return rolloutState(rollout) === 'COMPLETED' && states.every((state) => state === 'SUCCEEDED');
}

/**
 * The progress of a rollout in one line: id, state, ended targets, all targets, what prevents more, and the targets of
 * each step and state.
 */
export function lineOf(rollout: RolloutJson): string {
  const { id, counts = [], targets = 0 } = rollout;
  const steps = counts.map((one) => `${nameOf(one)} ${one.count ?? 0}`).join('; ');
  return [id, rolloutState(rollout), ended(counts), targets, obstacleOf(rollout), steps].join('\t').trimEnd();
}

/** The progress of a rollout for a terminal, at most `columns` characters wide. */
export function progressOf(rollout: RolloutJson, columns: number): string[] {
  const { spec = {}, counts = [], targets = 0, waves = [], stepsPerMinute = 0 } = rollout;
  const title = `${spec.name} ${spec.userVersion}  ${rolloutState(rollout)}  ${stepsPerMinute} steps/min`;
  const obstacle = obstacleOf(rollout);
  const lines = [
    title,
    `${bar(ended(counts), targets)}  ${ended(counts)} of ${targets} ended`,
    ...counts.map(countLine),
    ...(waves.length < 2
      ? []
      : waves.map((w) => `wave ${w.wave}  ${bar(ended(w.counts ?? []), w.targets ?? 0)}  ${w.targets ?? 0}`)),
    ...(obstacle === '' ? [] : [obstacle]),
  ];
  return lines.map((line) => oneLine(line).slice(0, columns));
}

function countLine(one: CountJson): string {
  return `  ${nameOf(one).padEnd(40)} ${one.count ?? 0}`;
}

function nameOf({ step, state, waitsFor = '' }: CountJson): string {
  const wait = waitsFor.replace(/^ROLLOUT_WAIT_(UNSPECIFIED$)?/, '');
  return `${step.replace('ROLLOUT_STEP_', '')} ${stateOf(state)}${wait && ` (${wait})`}`;
}

function obstacleOf({ pauseDetail = '', holds = [] }: RolloutJson): string {
  if (pauseDetail !== '') return oneLine(`paused: ${pauseDetail}`);
  const texts = holds.map(({ cause, wave = 0, detail = '' }) =>
    [cause.replace('CAUSE_', ''), ...(wave === 0 ? [] : [`wave ${wave}`]), detail].join(' ').trim(),
  );
  return texts.length === 0 ? '' : oneLine(`held: ${texts.join('; ')}`);
}

function ended(counts: CountJson[]): number {
  const done = counts.filter(({ state }) => ENDED.includes(stateOf(state)));
  return done.reduce((sum, { count = 0 }) => sum + count, 0);
}

function bar(part: number, all: number): string {
  const full = all === 0 ? 0 : Math.floor((part / all) * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
}

function rolloutState({ state }: RolloutJson): string {
  return state.replace('ROLLOUT_STATE_', '');
}

function stateOf(state: string): string {
  return state.replace('ROLLOUT_TARGET_STATE_', '');
}
