import type { CloseCause } from '../../core/continuous.js';
import type { JournalEntry } from '../../rows/journal.js';

/** The journal entry of a close. */
export const closedFor = (cause: Exclude<CloseCause, 'REPLACED'>) =>
  ({ type: 'CLOSED', args: { cause } }) as const satisfies JournalEntry;
