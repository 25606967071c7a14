import { type Problem, problem, type RolloutGate, type RolloutSpec, type RolloutWave } from '@wxa/contracts';
import { characters, each, elements, field, number, type Rule, type Violation } from '@wxa/methods';
import { days } from './duration-rules.js';

const MAX_WAVES = 100;
const MAX_BAKE_DAYS = 30;
const MAX_LABEL = 50;

const gateRules = (
  name: string,
  get: (wave: RolloutWave) => RolloutGate | undefined,
): Rule<RolloutWave>[] => [
  field(`${name}.after_percent`, (w) => get(w)?.afterPercent ?? 0, number(0, 100)),
  field(`${name}.bake_time`, (w) => get(w)?.bakeTime, days(MAX_BAKE_DAYS)),
];

/** The rules of the waves. */
export const WAVE_RULES: Rule<RolloutSpec>[] = [
  field('waves', (s) => s.waves, elements(0, MAX_WAVES)),
  each(
    'waves',
    (s) => s.waves,
    MAX_WAVES,
    ...gateRules('submit_gate', (w) => w.submitGate),
    ...gateRules('release_gate', (w) => w.releaseGate),
  ),
  (spec) => sizeViolations(spec.waves.slice(0, MAX_WAVES)),
];

type Size = NonNullable<RolloutWave['size']>;

/** What is wrong with the value of a size; `rest` must be the last one. */
const SIZES: {
  [C in Size['$case']]: (value: Extract<Size, { $case: C }>['value'], isLast: boolean) => Problem | undefined;
} = {
  count: number(1),
  percent: number(1, 100),
  label: characters(1, MAX_LABEL),
  rest: (value, isLast) => {
    if (!value) return problem('NOT_TRUE');
    return isLast ? undefined : problem('ONLY_IN_LAST_WAVE');
  },
};

function* sizeViolations(waves: RolloutWave[]): Generator<Violation> {
  for (const [i, { size }] of waves.entries()) {
    const name = `waves[${i}].${size?.$case ?? 'size'}`;
    const wrong =
      size === undefined ? problem('WAVE_SIZE_REQUIRED') : sizeProblem(size, i === waves.length - 1);
    if (wrong !== undefined) yield { field: name, ...wrong };
  }
}

function sizeProblem<C extends Size['$case']>(
  { $case, value }: Extract<Size, { $case: C }>,
  isLast: boolean,
): Problem | undefined {
  return SIZES[$case as C](value as never, isLast);
}
