import { Tag, Typography } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../../api/query.js';
import { hintIn } from '../../text/hint.js';
import { useLanguage, useName, useText } from '../../text/text.js';
import { StateTag } from '../../ui/state-tag.js';
import { read } from '../core/sentence.js';
import { statusOf } from '../core/status.js';
import { type Rollout, short, type Target } from '../types.js';

/** The state of a rollout as it is for an operator: held, waiting for somebody, with failures. */
export function useStatusText(): (rollout: Rollout) => string {
  const t = useText();
  const name = useName();
  return (rollout) => {
    const { name: of, cause = '', failed = 0 } = statusOf(rollout);
    if (of === 'state') return name('rollout', rollout.state);
    return t(`rollouts.state.${of}`, { cause: name('hold', cause), n: failed });
  };
}

/** The same as a tag: amber if somebody should look at it. */
export function Status({ rollout }: { rollout: Rollout }) {
  return <Tag color={statusOf(rollout).tone}>{useStatusText()(rollout)}</Tag>;
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
      {name && (
        <Typography.Text type="secondary" style={{ fontSize: 12, marginInlineStart: 6 }}>
          {appid}
        </Typography.Text>
      )}
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

/** Turns a sentence of the service into the viewer's language; one that is not known stays as it is. */
export function useSentence(): (sentence: string) => string {
  const t = useText();
  const name = useName();
  const { language } = useLanguage();
  return (sentence) => {
    const found = read(sentence);
    if (found === undefined) return hintIn(sentence, language);
    const {
      step = '',
      rule = '',
      api = '',
      hint = '',
      version = '',
      expected = '',
      ...values
    } = found.values;
    return t(`rollouts.why.${found.key}`, {
      ...Object.fromEntries(Object.entries(values).map(([key, value]) => [key, shown(value)])),
      ...{ version, expected },
      step: name('step', step),
      rule: name('stopRule', rule),
      api: name('api', api),
      hint: hintIn(hint, language),
    });
  };
}

/** Why a rollout is paused: the cause, and what the service or the operator says about it. */
export function usePauseText(): (rollout: Pick<Rollout, 'pauseCause' | 'pauseDetail'>) => string[] {
  const name = useName();
  const sentence = useSentence();
  return ({ pauseCause, pauseDetail }) => {
    const isRequested = short(pauseCause) === 'REQUESTED';
    const detail = isRequested ? pauseDetail.replace(/^requested( by )?/, '') : sentence(pauseDetail);
    return [name('pause', pauseCause), detail].filter(Boolean);
  };
}

const shown = (value: string) => (/^-?\d+$/.test(value) ? Number(value) : value);

/** WeChat's audit reasons have line breaks as HTML. */
export function plain(text: string, lineBreak = ' '): string {
  return text.replace(/<br\s*\/?>/gi, lineBreak);
}
