import { RolloutTargetFilter } from '@wxa/contracts';
import type { Move } from '../core/advance/move.js';
import { cancelOf, replacedOf, retryOf, skipOf } from '../core/commands.js';
import { filterOf, type TargetFilter } from '../core/messages/filter-of.js';
import type { RolloutContext } from '../core/rollout.js';
import type { Candidate, Step } from '../core/target.js';
import { TURN_SIZE, type TurnCommand } from '../rows/take-turn.js';
import { commandTargets, countTargets } from '../rows/turn-targets.js';
import { handOver } from './intake/candidates.js';
import type { Turn } from './read.js';

/** The states that a command reads. Those that it cannot change are RUNNING, whose operations a cancellation ends. */
const STATES = {
  RETRIED: ['FAILED', 'SKIPPED'],
  SKIPPED: ['PENDING', 'WAITING', 'FAILED'],
  CANCEL_REQUESTED: ['PENDING', 'WAITING', 'RUNNING'],
  CLOSED: ['PENDING', 'WAITING'],
} as const satisfies Record<TurnCommand['type'], readonly string[]>;

/** A batch command with its progress. */
export type CommandProgress = TurnCommand & { done: boolean };

/** Processes the next targets of the oldest batch command, if there is one. `commanded`: those that it has read. */
export async function runCommand(
  turn: Turn,
): Promise<{ command: CommandProgress | undefined; commanded: Candidate[] }> {
  const { context, moves, rollout } = turn;
  const [command] = turn.commands;
  if (command === undefined) return { command, commanded: [] };
  // What has not begun is cancelled: targets that failed stay so.
  if (command.type === 'RETRIED' && context.state === 'CANCELLING')
    return { command: { ...command, done: true }, commanded: [] };
  const filter = selected(command);
  const total = command.cursor === 0 ? await countTargets(turn, filter) : command.total;
  const commanded = await commandTargets(turn, filter, command.cursor);
  const handedOver = await handOverOf(turn, command, commanded);
  for (const candidate of commanded) {
    const present = moves.current(candidate);
    const move = moveOf({ ...command, handedOver }, present, context, rollout.now);
    if (move === undefined || move.change === 'none') continue;
    moves.apply(present, move);
  }
  const cursor = commanded.at(-1)?.target.position ?? command.cursor;
  const done = commanded.length < TURN_SIZE;
  // Targets that end in between are not read: they need no processing any more.
  const moved = done ? total : command.moved + commanded.length;
  return { command: { ...command, total, cursor, moved, done }, commanded };
}

/** Which targets the rollout that takes over has taken in. */
async function handOverOf(
  { client }: Turn,
  { args }: TurnCommand,
  commanded: readonly Candidate[],
): Promise<ReadonlySet<string>> {
  if (args?.replacedBy === undefined) return new Set();
  const appids = commanded.map(({ target }) => target.appid);
  return handOver(client, args.replacedBy, appids);
}

function selected({ type, args }: TurnCommand): TargetFilter {
  const filter = filterOf(RolloutTargetFilter.fromJSON(args?.filter ?? {}));
  const states = STATES[type].filter((state) => filter.states?.includes(state) ?? true);
  return { ...filter, states };
}

function moveOf(
  { type, args, handedOver }: TurnCommand & { handedOver: ReadonlySet<string> },
  { target, facts }: Candidate,
  context: RolloutContext,
  now: Date,
): Move | undefined {
  switch (type) {
    case 'RETRIED':
      return retryOf({ target, facts, context, now }, (args?.fromStep as Step | undefined) ?? null);
    case 'SKIPPED':
      return skipOf(target);
    case 'CANCEL_REQUESTED':
      return cancelOf(target);
    case 'CLOSED':
      return handedOver.has(target.appid) ? replacedOf(target) : undefined;
  }
}
