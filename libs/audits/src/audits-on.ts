import { type Batches, bound, type Pools } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import { versionCommittedBefore, versionOf } from './audits.js';
import { trustPush } from './confirm-rejection.js';
import { matchAllDeferred } from './match-deferred.js';
import { countAudits, findAudit, listAudits } from './read-audits.js';
import { recordPushes } from './record-push.js';
import { takeDueAudits } from './take-due-audits.js';

export type Audits = ReturnType<typeof auditsOn>;

/** The statements of audits. */
export function auditsOn(shared: Batches, { calls, lists, counts, pushes }: Pools, publisher: Publisher) {
  return {
    ...bound([calls], { takeDue: takeDueAudits, versionOf, versionCommittedBefore }),
    ...bound([calls, publisher], { trustPush, matchDeferred: matchAllDeferred }),
    ...bound([lists], { list: listAudits, find: findAudit }),
    ...bound([counts], { count: countAudits }),
    recordPush: shared.of('callback', recordPushes.bind(undefined, pushes, publisher), { parallel: 1 }),
  };
}
