import { Tag } from 'antd';
import { useName } from '../text/text.js';
import { type Named, shortOf } from '../text/translate.js';

/** How a state is coloured: in progress, well, to be looked at, failed, or over. */
export type Tone = 'processing' | 'success' | 'warning' | 'error' | 'default';

/** By the name of the state, or by kind and name; all others are `default`. */
const TONES: Readonly<Record<string, Tone>> = {
  RUNNING: 'processing',
  RETRYING: 'processing',
  WAITING: 'processing',
  'audit.PENDING': 'processing',
  SUCCEEDED: 'success',
  COMPLETED: 'success',
  APPROVED: 'success',
  AUTHORIZED: 'success',
  'readinessState.OK': 'success',
  FAILED: 'error',
  REJECTED: 'error',
  NEEDS_AUTHORIZATION: 'error',
  'readinessState.MISSING': 'error',
  IN_DOUBT: 'warning',
  PAUSED: 'warning',
  CANCELLING: 'warning',
  DELAYED: 'warning',
  'readinessState.PENDING': 'warning',
};

export function toneOf(of: Named, state: string): Tone {
  const name = shortOf(of, state);
  return TONES[`${of}.${name}`] ?? TONES[name] ?? 'default';
}

/** A state in words and in the colour of its tone. @param tone instead of that of the state, as for what has completed with failures. */
export function StateTag({ of, state, tone }: { of: Named; state: string; tone?: Tone }) {
  const name = useName();
  return <Tag color={tone ?? toneOf(of, state)}>{name(of, state)}</Tag>;
}
