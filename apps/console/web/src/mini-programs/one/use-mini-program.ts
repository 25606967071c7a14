import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useCall } from '../../api/query.js';
import { useStream } from '../../api/stream.js';
import { canAct } from '../../app/session.js';
import { type Facts, isOpen, whyNot } from '../actions/possible.js';
import type { MiniProgram, Operation } from '../types.js';

/** The stream of operations keeps it fresh; this only repairs. */
const REPAIR_MS = 30_000;
/** The end of an audit is no operation, and neither is what a read shows after a revert. */
const EXPECTED_MS = 5_000;

function refreshMs(program: MiniProgram | undefined): number {
  const isExpected = isOpen(program?.audit) || program?.live?.source === 'VERSION_SOURCE_REVERTED';
  return isExpected ? EXPECTED_MS : REPAIR_MS;
}

const HISTORY = 'CodeManagement/ListReleaseHistory';

/** A mini-program as the inventory and WeChat's last answers show it, and what decides which actions are possible. */
export function useMiniProgram(appid: string) {
  const program = useCall(
    'Fleet/GetMiniProgram',
    { appid },
    { refetchInterval: ({ state }) => refreshMs(state.data) },
  );
  const authorizer = useCall('Authorizers/GetAuthorizer', { appid });
  const lastOf = (method: string) =>
    ({ appid, method, state: 'OPERATION_STATE_SUCCEEDED', pageSize: 1 }) as const;
  const releases = useCall('Operations/ListOperations', lastOf('Release'));
  const reverts = useCall('Operations/ListOperations', lastOf('RevertRelease'));
  const canRevert = canAct && program.data && whyNot('revert', { program: program.data }) === undefined;
  // WeChat alone knows; its answer may lag behind a release.
  const earlier = useCall(
    HISTORY,
    { appid },
    {
      enabled: canRevert === true,
      staleTime: Number.POSITIVE_INFINITY,
      refetchInterval: ({ state }) => state.data?.versions.length === 0 && REPAIR_MS,
    },
  );
  const facts = (shown: MiniProgram): Facts => ({
    program: shown,
    releasedAt: releases.data?.operations[0]?.endTime,
    revertedAt: reverts.data?.operations[0]?.endTime,
    earlierVersions: earlier.data?.versions.length,
  });
  return { program, authorizer, facts };
}

const ENDED = ['SUCCEEDED', 'FAILED', 'CANCELLED'].map((state) => `OPERATION_STATE_${state}`);
/** Methods of the others are changes. */
const QUERY = /^(Get|List|Query|Refresh|Upload|Create|Import)/;

/** Brings the live version after a revert into the inventory. */
const READ = 'RefreshMiniProgram';

/** The unfinished changes of a mini-program, the next one first; each event of an operation renews what the page shows. */
export function useQueue(appid: string, onChange: () => void) {
  const queries = useQueryClient();
  const [queue, setQueue] = useState<ReadonlyMap<string, Operation>>(new Map());
  const seen = useRef(new Map<string, string>());
  const renew = (...others: string[]) => {
    onChange();
    const reads = ['Fleet/', 'Operations/', 'Audits/', ...others];
    const isStale = (of: unknown) => reads.some((one) => `${of}`.startsWith(one));
    void queries.invalidateQueries({ predicate: ({ queryKey }) => isStale(queryKey[0]) });
  };
  const take = (operation: Operation) => {
    const { id, method, state, nextAttemptTime = '' } = operation;
    // The latest message of each operation may come again. Of two attempts only the time of the next one differs.
    const now = `${state} ${nextAttemptTime}`;
    if ((QUERY.test(method) && method !== READ) || seen.current.get(id) === now) return;
    seen.current.set(id, now);
    if (method === READ) return void queries.invalidateQueries({ queryKey: ['Fleet/GetMiniProgram'] });
    setQueue((before) => queueAfter(before, operation));
    renew(...(ENDED.includes(state) ? [HISTORY] : []));
  };
  const begin = () => {
    seen.current.clear();
    setQueue(new Map());
    renew();
  };
  const connection = useStream('Operations/WatchOperations', { appid }, take, begin);
  return { connection, queue: [...queue.values()].toSorted((one, other) => one.id.localeCompare(other.id)) };
}

/** What has ended leaves the queue. */
function queueAfter(before: ReadonlyMap<string, Operation>, operation: Operation) {
  const after = new Map(before);
  after.set(operation.id, operation);
  if (ENDED.includes(operation.state)) after.delete(operation.id);
  return after;
}
