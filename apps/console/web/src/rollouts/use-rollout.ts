import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useState } from 'react';
import { useCall } from '../api/query.js';
import { useStream } from '../api/stream.js';
import { type Rollout, short } from './types.js';

const ENDED = ['COMPLETED', 'CANCELLED'];
/** Failure groups and the journal are read again at most this often. */
const DETAILS_MS = 2_000;

/** A rollout as it is now, by one stream; its failure groups and journal are read again when they may have changed. */
export function useRollout(id: string) {
  const queries = useQueryClient();
  const readAgain = (rpc: string) => queries.invalidateQueries({ queryKey: [`Rollouts/${rpc}`] });
  const [isPaused, setPaused] = useState(false);
  const first = useCall('Rollouts/GetRollout', { id }, { refetchOnWindowFocus: !isPaused });
  const [live, setLive] = useState<Rollout>();
  const rollout = live && timeOf(live) >= timeOf(first.data) ? live : first.data;
  const state = short(rollout?.state);
  const isLive = rollout !== undefined && state !== 'DRAFT' && !ENDED.includes(state);
  const connection = useStream('Rollouts/WatchRollout', isLive && !isPaused ? { id } : undefined, (message) =>
    setLive(message.rollout),
  );
  const readDetails = () => Promise.all(['ListRolloutFailures', 'ListRolloutChanges'].map(readAgain));
  // What changes within such an interval is read by its end, together.
  const interval = Math.ceil(timeOf(live) / DETAILS_MS);
  const readLater = useEffectEvent(() => setTimeout(readDetails, DETAILS_MS));
  useEffect(() => {
    if (interval > 0) readLater();
  }, [interval]);
  return {
    rollout,
    error: first.error,
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
