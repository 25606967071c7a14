/** The conclusion from WeChat's state about an attempt whose result is unknown. */
export type Comparison<R = undefined> =
  | { kind: 'executed'; result: R }
  | { kind: 'not-executed' }
  /** WeChat's state does not show it, but WeChat rejects a duplicate as such. So a retry shows it, and is harmless. */
  | { kind: 'retry-proves'; why: string }
  | { kind: 'inconclusive'; why: string };

export const EXECUTED = { kind: 'executed', result: undefined } as const;
export const NOT_EXECUTED = { kind: 'not-executed' } as const;

export const inconclusive = (why: string) => ({ kind: 'inconclusive', why }) as const;

export const NO_SNAPSHOT = inconclusive('no snapshot from before the first attempt');

export const executedIf = (isExecuted: boolean) => (isExecuted ? EXECUTED : NOT_EXECUTED);

/** Whether two snapshots have the same values. */
export function isSame(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}
