import { type Batches, bound, type Pools } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import type { Pool } from 'pg';
import { accept, acceptCall, acceptImport, hasAccepted, type NewOperation } from './accept.js';
import { BACKLOG } from './backlog/backlog-on.js';
import { delayForApi } from './backlog/delay-for-api.js';
import { acceptAudits } from './caller-audits.js';
import { cancel, cancelUnsentQueries } from './cancel.js';
import { claimOn } from './claim.js';
import { recheckDoubtLater, settleDoubt, takeDoubts } from './doubts.js';
import type { History } from './history/history.js';
import { listLanes } from './lists/list-lanes.js';
import { listOperations } from './lists/list-operations.js';
import { isPathInUse, listedCallUses } from './lists/listed-call-uses.js';
import {
  findEach,
  findOperations,
  findRequests,
  listChanged,
  listUnfinished,
  operationsOfTarget,
} from './lists/read-operations.js';
import { resolve } from './resolve.js';
import { bytesOfSettlement, settleAndClaim, settleWithAudits } from './settle.js';
import { endAudit, snapshot, type TakenSnapshot } from './snapshot.js';

/** The calls in flight bound the number of queued claims and settlements. None may be rejected, so only batches are limited. */
const MAX_BATCH_BYTES = 8 * 1024 ** 2;

/**
 * A statement costs 0.6 ms of CPU by itself, so claims and settlements share one while one is running. A second one starts only
 * beside one that is slow, such as one that waits for a locked row or a dead connection.
 */
const TWO_IF_SLOW = { parallel: 2, overlapAfterMs: 100 };

const ACCEPT = {
  // An accept has its request twice, in its row and in its command, of at most 768 KiB each.
  bytesOf: ({ request, command }: NewOperation) =>
    Buffer.byteLength(request) + Buffer.byteLength(command.value),
  maxBytes: 64 * 1024 ** 2,
  maxBatchBytes: MAX_BATCH_BYTES,
  // One batch at a time keeps the order in which this process accepts.
  parallel: 1,
  // At a few hundred accepts a second, several share a transaction, a produce request, a fetch and a claim. The delay is
  // below the round trip of a busy database.
  minIntervalMs: 4,
};

export type Operations = ReturnType<typeof operationsOn>;

/**
 * The statements of operations. Their state changes only in accept, claim, settle, cancel, resolve and settle-doubt, and their
 * events are written to the outbox in the same transaction.
 */
export function operationsOn(shared: Batches, pools: Pools, publisher: Publisher, history: History) {
  const { calls, lists } = pools;
  return {
    ...batchedOperations(shared, pools, publisher, history),
    ...bound([calls], { hasAccepted, findAll: findOperations, listChanged, listUnfinished }),
    ...bound([calls, publisher], { acceptImport, acceptCall, cancel, cancelUnsentQueries }),
    // Separate connections, so that slow lists delay nothing else.
    ...bound([lists], {
      list: listOperations,
      listLanes,
      listedCallUses,
      isPathInUse,
      ofTarget: operationsOfTarget,
    }),
  };
}

export type Doubts = ReturnType<typeof doubtsOn>;

/** The statements of operations in doubt. */
export function doubtsOn(calls: Pool, publisher: Publisher) {
  return {
    ...bound([calls], { recheckLater: recheckDoubtLater }),
    ...bound([calls, publisher], { take: takeDoubts, settle: settleDoubt, resolve }),
  };
}

function batchedOperations(
  shared: Batches,
  pools: Pools,
  publisher: Publisher,
  { rejectUnverified }: History,
) {
  const { calls, batches } = pools;
  const snapshots = shared.of('note', snapshot.bind(undefined, batches), { parallel: 1 });
  return {
    /** Durable when it resolves. */
    accept: shared.of('accept', accept.bind(undefined, batches, publisher), ACCEPT),
    /** All callers with a limit of a month share one connection. */
    acceptAudit: shared.of('accept', acceptAudits.bind(undefined, calls, publisher), ACCEPT),
    claim: shared.of('claim', claimOn.bind(undefined, batches, rejectUnverified), {
      bytesOf: ({ requestBytes = 0 }) => requestBytes,
      maxBatchBytes: MAX_BATCH_BYTES,
      ...TWO_IF_SLOW,
      // The delay costs no throughput: if permits are scarce, operations are claimed before a permit is free.
      minIntervalMs: 5,
    }),
    settle: shared.of('settle', settleWithAudits.bind(undefined, pools, publisher), {
      bytesOf: bytesOfSettlement,
      maxBatchBytes: MAX_BATCH_BYTES,
      ...TWO_IF_SLOW,
      // No call waits for a settlement alone: an operation that can start right after a settlement is claimed together with
      // it, in other batches.
      minIntervalMs: 10,
    }),
    /** The settlement has no effect on audits. */
    settleAndClaim: shared.of('link', settleAndClaim.bind(undefined, batches, publisher, rejectUnverified), {
      bytesOf: ({ settlement }) => bytesOfSettlement(settlement),
      maxBatchBytes: MAX_BATCH_BYTES,
      parallel: 2,
    }),
    /** Ends the audit that the snapshot shows as ended, or rejects; then stores the snapshot. Returns false if the claim is lost. */
    snapshot: async (taken: TakenSnapshot): Promise<boolean> => {
      await endAudit(calls, publisher, taken);
      return snapshots(taken);
    },
    delayForApi: shared.of('other', delayForApi.bind(undefined, calls), BACKLOG),
    find: shared.of('other', findEach.bind(undefined, calls), { parallel: 2 }),
    findRequest: shared.of('other', findRequests.bind(undefined, calls), { parallel: 2 }),
  };
}
