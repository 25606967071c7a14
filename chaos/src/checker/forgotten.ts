import { eventType } from '@wxa/contracts';
import { RESTORED, type RunHistory, UNPUBLISHED_MS } from '../history.js';
import type { Execution } from './executions.js';

/**
 * The ids of changes of which a restore has forgotten several of one mini-program: they were executed, and the workers were killed
 * before their outcomes were published. Only the first is put in doubt, and its reads see what the others did: a limit of
 * docs/restore.md.
 */
export function forgottenTogether(
  { events, faults }: Pick<RunHistory, 'events' | 'faults'>,
  executions: readonly Execution[],
): Set<string> {
  const forgotten = faults
    .filter(({ name }) => name === RESTORED)
    .flatMap(({ from, to }) => {
      const published = new Set(
        events.flatMap(({ type, id, at }) =>
          type === eventType('OperationCompleted') && at < from ? [id] : [],
        ),
      );
      const rows = executions.flatMap(({ operation, effectAt }) => {
        const isLate = effectAt > from - UNPUBLISHED_MS && effectAt < to;
        return operation && isLate && !published.has(`${operation.id}.completed`) ? [operation] : [];
      });
      return [...Map.groupBy([...new Set(rows)], ({ appid }) => appid).values()];
    });
  return new Set(forgotten.filter(({ length }) => length > 1).flatMap((rows) => rows.map(({ id }) => id)));
}
