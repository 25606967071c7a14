import { Tag } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../../api/query.js';
import { whyOf } from '../../text/sentence.js';
import { nameOf, type TextKey, t } from '../../text/text.js';
import { Secondary, StateTag } from '../../ui/value.js';
import { statusOf } from '../core/status.js';
import { type Rollout, short, type Target } from '../types.js';

/** The state of a rollout as it is for an operator: held, waiting for somebody, with failures. */
export function statusText(rollout: Rollout): string {
  const { name: of, cause = '', failed = 0 } = statusOf(rollout);
  if (of === 'state') return nameOf('rollout', rollout.state);
  return t(`rollouts.state.${of}`, { cause: nameOf('hold', cause), n: failed });
}

/** The same as a tag: amber if somebody should look at it. */
export function Status({ rollout }: { rollout: Rollout }) {
  return <Tag color={statusOf(rollout).tone}>{statusText(rollout)}</Tag>;
}

/** The state of a target, or what it waits for. */
export function TargetState({ target: { state, waitsFor } }: { target: Pick<Target, 'state' | 'waitsFor'> }) {
  if (short(waitsFor) === '') return <StateTag of="target" state={state} />;
  return <StateTag of="wait" state={waitsFor} tone="processing" />;
}

const STALE_MS = 300_000;

/** The name of a mini-program of a rollout with its appid; leads to what the rollout does with it. */
export function TargetName({ id, appid, query = '' }: { id: string; appid: string; query?: string }) {
  const name = useNameOf(id, appid);
  return (
    <span>
      <Link to={`/rollouts/${id}/targets/${appid}${query && `?${query}`}`}>{name || appid}</Link>
      {name && <Secondary style={{ fontSize: 12, marginInlineStart: 6 }}>{appid}</Secondary>}
    </span>
  );
}

/** Its name at WeChat, empty if it is not known: of the first 500 mini-programs of the rollout by one call, of others by one each. */
export function useNameOf(rolloutId: string, appid: string): string {
  const all = useCall('Fleet/ListMiniPrograms', { rolloutId, pageSize: 500 }, { staleTime: STALE_MS });
  const known = all.data?.miniPrograms.find((one) => one.appid === appid);
  const isOther = all.data !== undefined && known === undefined && all.data.nextPageToken !== '';
  const other = useCall('Fleet/GetMiniProgram', { appid }, { enabled: isOther, staleTime: STALE_MS });
  return known?.name ?? other.data?.name ?? '';
}

type Paused = Pick<Rollout, 'pauseCause' | 'pauseDetail' | 'pauseExplanation'>;

/** Why a rollout is paused: the cause, and what the service or the operator says about it. */
export function pauseText({ pauseCause, pauseDetail, pauseExplanation }: Paused): string[] {
  return [nameOf('pause', pauseCause), whyOf(pauseDetail, pauseExplanation)].filter(Boolean);
}

/** The sentences whose number `n` is not 0. */
export function counted(numbers: Partial<Record<TextKey, number | undefined>>): string[] {
  return Object.entries(numbers).flatMap(([key, n]) => (n ? [t(key as TextKey, { n })] : []));
}
