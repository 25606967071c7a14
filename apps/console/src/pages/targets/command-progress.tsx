import { type RolloutChange, RolloutChangeType as Type } from '@wxa/contracts';
import { addressOf, type Visit } from '../../visit/visit.js';
import { Journal } from '../progress/journal.js';

const COMMANDS: readonly Type[] = [
  Type.ROLLOUT_CHANGE_TYPE_RETRIED,
  Type.ROLLOUT_CHANGE_TYPE_SKIPPED,
  Type.ROLLOUT_CHANGE_TYPE_CANCEL_REQUESTED,
];

/** Entries of the journal that are looked at. */
const JOURNAL = 20;
/** The total of a command is not known until its first batch; one without targets ends with a total of 0. */
const FIRST_BATCH_MS = 10_000;

/** The retries, skips and cancellations that are in progress, and the latest one that has ended; newest first. */
export async function recentCommands({ gateway }: Visit, id: string): Promise<RolloutChange[]> {
  const { changes } = await gateway.rollouts.listRolloutChanges({ id, pageSize: JOURNAL });
  const commands = changes.filter(({ type }) => COMMANDS.includes(type));
  return commands.filter((command, i) => i === 0 || isUnfinished(command));
}

function isUnfinished({ moved, total, time }: RolloutChange): boolean {
  const isNew = Date.now() - (time?.getTime() ?? 0) < FIRST_BATCH_MS;
  return total === 0 ? isNew : moved < total;
}

/** How far the commands are. With JavaScript it renews itself and the rows while one is in progress. */
export function CommandProgress({ visit, commands }: { visit: Visit; commands: readonly RolloutChange[] }) {
  if (commands.length === 0) return null;
  const renewal = commands.some(isUnfinished) && {
    'hx-get': addressOf(visit),
    'hx-trigger': 'every 2s',
    'hx-select': '#commands',
    'hx-select-oob': '#rows',
    'hx-swap': 'outerHTML',
  };
  return (
    <div id="commands" aria-live="polite" {...renewal}>
      <Journal look={visit} changes={commands} />
    </div>
  );
}
