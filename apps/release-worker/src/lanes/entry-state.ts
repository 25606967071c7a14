import type { Claim } from '@wxa/store';

/** The result of a claim, and when it was requested and answered, in performance.now() time. */
export interface Claimed {
  claim: Claim;
  leaseMs: number;
  requestedAt: number;
  answeredAt: number;
}

/** Reservations of the mini-program's and of the API's rate limit, in performance.now() time. */
export interface Reservations {
  forAppid?: number | undefined;
  forApi?: number | undefined;
}

/**
 * - `queued`: waits behind other entries, or for its first step.
 * - `throttled`: at the head of its lane; waits for reservations, the retry budget, the circuit breaker or a back-off.
 * - `acquiring`: is due; waits for a permit and its claim.
 * - `chained`: is claimed with the settlement of the entry before it; `claimed` is set once that is answered.
 * - `claimed`, `reading`, `calling`: this worker holds its claim and may read from or call WeChat.
 * - `settling`: its attempt has ended; the result is written until Postgres stores it.
 * - `done`: it ended, or waits in Postgres; its records are completed.
 */
export type EntryState =
  | { kind: 'queued' | 'claimed' | 'reading' | 'calling' | 'settling' | 'done' }
  | { kind: 'throttled' | 'acquiring'; reservations: Reservations }
  | { kind: 'chained'; reservations: Reservations; claimed?: Claimed };

type Kind = EntryState['kind'];

/** A lane entry, as far as its state goes. */
interface Entry {
  readonly state: EntryState;
}

/**
 * The next states of each. A step that fails unexpectedly goes back to `throttled`: its claim expires. An entry that was
 * loaded from Postgres again during its step leaves `done`.
 */
export const TRANSITIONS: Record<Kind, readonly Kind[]> = {
  queued: ['throttled', 'chained'],
  throttled: ['throttled', 'acquiring', 'chained', 'done'],
  acquiring: ['throttled', 'claimed', 'settling', 'done'],
  chained: ['chained', 'throttled', 'claimed', 'settling', 'done'],
  claimed: ['reading', 'calling', 'settling', 'throttled'],
  reading: ['calling', 'settling', 'throttled'],
  calling: ['settling', 'throttled'],
  settling: ['throttled', 'done'],
  done: ['throttled'],
};

/** The only way to change the state of an entry. Throws if `TRANSITIONS` does not list it. */
export function transition(entry: Entry, next: EntryState): void {
  const { state } = entry;
  if (!TRANSITIONS[state.kind].includes(next.kind))
    throw new Error(`a lane entry cannot change from ${state.kind} to ${next.kind}`);
  (entry as { state: EntryState }).state = next;
}

/** The state `throttled` with the reservations that the entry holds. */
export function throttled(entry: Entry): EntryState {
  return { kind: 'throttled', reservations: reservationsOf(entry) };
}

export function reservationsOf({ state }: Entry): Reservations {
  return 'reservations' in state ? state.reservations : {};
}

/** Returns the reservations of an entry, which holds none afterwards. */
export function useReservations(entry: Entry): Reservations {
  const held = reservationsOf(entry);
  const used = { ...held };
  held.forAppid = undefined;
  held.forApi = undefined;
  return used;
}

/** Claimed with the settlement of the entry before it: its lane must run it in any case. */
export function isChained(entry: Entry | undefined): boolean {
  return entry?.state.kind === 'chained';
}
