import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { useCall } from '../api/query.js';
import { useStream } from '../api/stream.js';
import { unfinished } from './core/segments.js';
import { type Rollout, short, type Target } from './types.js';

const ENDED = ['COMPLETED', 'CANCELLED'];
/** Failure groups and the journal are read again at most this often. */
const DETAILS_MS = 3_000;

/** A rollout as it is now, by one stream; its failure groups and journal are read again when they may have changed. */
export function useRollout(id: string) {
  const queries = useQueryClient();
  const readAgain = (rpc: string) => queries.invalidateQueries({ queryKey: [`Rollouts/${rpc}`] });
  const [isPaused, setPaused] = useState(false);
  const first = useCall('Rollouts/GetRollout', { id });
  const [live, setLive] = useState<{ rollout: Rollout; latest: Target[] }>();
  const isNewer = timeOf(live?.rollout) >= timeOf(first.data);
  const rollout = live?.rollout.id === id && isNewer ? live.rollout : first.data;
  const state = short(rollout?.state);
  const isLive = rollout !== undefined && state !== 'DRAFT' && !ENDED.includes(state);
  const connection = useStream(
    'Rollouts/WatchRollout',
    isLive && !isPaused ? { id } : undefined,
    (message) => message.rollout && setLive({ rollout: message.rollout, latest: message.latest }),
  );
  const readDetails = () => Promise.all(['ListRolloutFailures', 'ListRolloutChanges'].map(readAgain));
  useThrottled(signatureOf(rollout), readDetails);
  return {
    rollout,
    error: first.error,
    latest: live?.latest ?? [],
    isLive,
    isPaused,
    /** Whether the page holds still. */
    setPaused,
    connection,
    /** Reads it again, after a command. */
    refetch: () => Promise.all([readAgain('GetRollout'), readDetails()]),
  };
}

/** In JSON an instant has as many digits as it needs, so that texts cannot be compared. */
const timeOf = (rollout: Rollout | undefined) => Date.parse(rollout?.updateTime ?? '') || 0;

/** Changes whenever something happens that is in the journal or in a failure group. */
function signatureOf(rollout: Rollout | undefined): string {
  if (rollout === undefined) return '';
  const { counts, state, holds, waves } = rollout;
  const gates = waves.map(({ submitOpenTime, releaseOpenTime, endTime }) => [
    submitOpenTime,
    releaseOpenTime,
    endTime,
  ]);
  const ended = counts.filter((count) => unfinished([count]) === 0 || short(count.state) === 'IN_DOUBT');
  return JSON.stringify([state, holds.map(({ cause }) => cause), gates, ended]);
}

/** Calls back when a value has changed from the first one that was not empty, at most once in `DETAILS_MS`. */
function useThrottled(value: string, callback: () => unknown): void {
  const called = useRef({ value: '', at: 0 });
  const call = useEffectEvent(() => {
    called.current = { value, at: Date.now() };
    callback();
  });
  useEffect(() => {
    called.current.value ||= value;
    if (called.current.value === value) return;
    const timer = setTimeout(call, Math.max(200, called.current.at + DETAILS_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [value]);
}
