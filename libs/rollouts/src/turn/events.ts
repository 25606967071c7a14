import {
  type CloudEvent,
  canonicalJson,
  continueTrace,
  type EventName,
  eventType,
  type MessageFns,
  RolloutCancelled,
  RolloutCloseCause,
  RolloutClosed,
  RolloutCompleted,
  RolloutGateReached,
  RolloutGateType,
  RolloutHeld,
  RolloutHold,
  RolloutHoldCleared,
  RolloutPauseCause,
  RolloutPaused,
  RolloutResumed,
  RolloutStarted,
  RolloutTargetCompleted,
  RolloutWaveCompleted,
  TOPICS,
} from '@wxa/contracts';
import { WORKER_SOURCE } from '@wxa/operations';
import type { CloseCause } from '../core/continuous.js';
import { toExplanation, toFailure, toRollout } from '../core/messages/to-rollout.js';
import { toRolloutTarget } from '../core/rollout-target.js';
import type { Target } from '../core/target.js';
import type { RolloutChangeTypeName, StoredEntry } from '../rows/journal.js';
import { listFailures, readRollout } from '../rows/stored-rollout.js';
import type { Turn } from './read.js';

/** The failure groups of RolloutCompleted. */
const MAX_FAILURES = 20;

/** What the events of a turn say of its rollout, as it is at the end of the turn. */
interface State {
  rollout: ReturnType<typeof toRollout>;
  failures: ReturnType<typeof toFailure>[];
  /** The seqs of the STARTED entries that follow a RETRIED one: the rollout had ended before. */
  restarts: ReadonlySet<string>;
}

type Event = { name: EventName; value: unknown };

const event = <T>(name: EventName, codec: MessageFns<T>, message: T): Event => ({
  name,
  value: canonicalJson(eventType(name), codec.encode(message).finish()),
});

const common = ({ seq, at }: StoredEntry, { rollout }: State) => ({
  rolloutId: rollout.id,
  seq: BigInt(seq),
  time: at,
});
const by = ({ caller, onBehalfOf, reason }: StoredEntry) => ({ caller, onBehalfOf, reason });
const waveOf = ({ rollout }: State, number: number) => rollout.waves.find(({ wave }) => wave === number);

/** The event of a journal entry; entries of the other kinds have none. */
const EVENTS: Partial<Record<RolloutChangeTypeName, (entry: StoredEntry, state: State) => Event>> = {
  STARTED: (entry, state) =>
    event('RolloutStarted', RolloutStarted, {
      ...common(entry, state),
      rollout: state.rollout,
      restarted: state.restarts.has(entry.seq),
    }),
  GATE_REACHED: (entry, state) =>
    event('RolloutGateReached', RolloutGateReached, {
      ...common(entry, state),
      wave: entry.wave,
      gate: RolloutGateType[`ROLLOUT_GATE_TYPE_${entry.gate ?? 'UNSPECIFIED'}`],
      previousWave: waveOf(state, entry.wave - 1),
    }),
  HELD: (entry, state) => event('RolloutHeld', RolloutHeld, { ...common(entry, state), hold: holdOf(entry) }),
  HOLD_CLEARED: (entry, state) =>
    event('RolloutHoldCleared', RolloutHoldCleared, { ...common(entry, state), hold: holdOf(entry) }),
  PAUSED: (entry, state) =>
    event('RolloutPaused', RolloutPaused, {
      ...common(entry, state),
      ...by(entry),
      ...pauseOf(entry),
    }),
  RESUMED: (entry, state) =>
    event('RolloutResumed', RolloutResumed, { ...common(entry, state), ...by(entry) }),
  WAVE_COMPLETED: (entry, state) =>
    event('RolloutWaveCompleted', RolloutWaveCompleted, {
      ...common(entry, state),
      wave: waveOf(state, entry.wave),
    }),
  COMPLETED: (entry, state) =>
    event('RolloutCompleted', RolloutCompleted, {
      ...common(entry, state),
      rollout: state.rollout,
      failures: state.failures,
    }),
  CLOSED: (entry, state) =>
    event('RolloutClosed', RolloutClosed, { ...common(entry, state), ...by(entry), ...closeOf(entry) }),
  CANCELLED: (entry, state) =>
    event('RolloutCancelled', RolloutCancelled, { ...common(entry, state), rollout: state.rollout }),
};

const holdOf = ({ args }: StoredEntry) =>
  RolloutHold.fromJSON((args as { hold?: unknown } | null)?.hold ?? {});
/** A pause that nobody requested has stored its cause. */
function pauseOf({ args, reason }: StoredEntry) {
  const { cause, explanation } = (args ?? {}) as Partial<StoredPause>;
  return cause === undefined
    ? { cause: RolloutPauseCause.ROLLOUT_PAUSE_CAUSE_REQUESTED, detail: '', reason, explanation: undefined }
    : {
        ...{ cause: RolloutPauseCause[`ROLLOUT_PAUSE_CAUSE_${cause}`], detail: reason, reason: '' },
        explanation: toExplanation(explanation),
      };
}

interface StoredPause {
  cause: 'STOP_RULE' | 'PLATFORM' | 'POLICY';
  explanation: unknown;
}

function closeOf({ args }: StoredEntry) {
  const { cause, replacedBy = '' } = args as { cause: CloseCause; replacedBy?: string };
  return { cause: RolloutCloseCause[`ROLLOUT_CLOSE_CAUSE_${cause}`], replacedBy };
}

/**
 * The events of a turn: of the targets that ended, by position, then of the journal entries, by seq; and the entries that are
 * published with them, those without an event too.
 */
export async function eventsOf(
  turn: Turn,
  entries: readonly StoredEntry[],
): Promise<{ events: CloudEvent[]; published: string[] }> {
  const { id } = turn.rollout;
  const targets = turn.moves.completed.map((target) => targetEvent(turn, target));
  if (entries.length === 0) return { events: targets, published: [] };
  const state = await stateOf(turn, entries);
  const journal = entries.flatMap((entry) => {
    const made = EVENTS[entry.type]?.(entry, state);
    if (made === undefined) return [];
    return [cloudEvent(made, { key: id, subject: null, eventId: `${id}.${entry.seq}`, time: entry.at })];
  });
  return { events: [...targets, ...journal], published: entries.map(({ seq }) => seq) };
}

async function stateOf({ client, rollout: { id } }: Turn, entries: readonly StoredEntry[]): Promise<State> {
  const stored = await readRollout(client, id);
  if (stored === undefined) throw new Error('a locked rollout is gone');
  const hasCompleted = entries.some(({ type }) => type === 'COMPLETED');
  const failures = hasCompleted ? await listFailures(client, id) : [];
  const rollout = toRollout(stored);
  return {
    rollout: { ...rollout, spec: rollout.spec && { ...rollout.spec, extJson: '' } },
    failures: failures.slice(0, MAX_FAILURES).map(toFailure),
    restarts: new Set(
      entries
        .filter(({ type }, i) => type === 'STARTED' && entries[i - 1]?.type === 'RETRIED')
        .map(({ seq }) => seq),
    ),
  };
}

function targetEvent({ rollout: { id, now }, context }: Turn, target: Target): CloudEvent {
  const { appid, completions } = target;
  const message = { rolloutId: id, time: now, target: toRolloutTarget(target, context, { updatedAt: now }) };
  return cloudEvent(event('RolloutTargetCompleted', RolloutTargetCompleted, message), {
    key: id,
    subject: `${id}/${appid}`,
    eventId: `${id}.${appid}.${completions}`,
    time: now,
  });
}

function cloudEvent(
  { name, value }: Event,
  { key, subject, eventId, time }: { key: string; subject: string | null; eventId: string; time: Date },
): CloudEvent {
  return {
    topic: TOPICS.rollouts,
    id: eventId,
    type: eventType(name),
    source: WORKER_SOURCE,
    appid: key,
    subject,
    time,
    traceparent: continueTrace(undefined),
    value: JSON.stringify(value),
  };
}
