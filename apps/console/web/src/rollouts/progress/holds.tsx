import { Alert, Flex } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { LetThrough, useStopOf } from '../../operations/stopped-api.js';
import { whyOf } from '../../text/sentence.js';
import { nameOf, t } from '../../text/text.js';
import { Time } from '../../ui/value.js';
import { holdsOf, statusOf, waiting } from '../core/status.js';
import { pauseText } from '../parts/names.js';
import { type Hold, type Rollout, short } from '../types.js';

/** In amber, why a rollout does not go on by itself, or what it has left. */
export function Holds({ rollout }: { rollout: Rollout }) {
  const { name: status, failed = 0 } = statusOf(rollout);
  const state = short(rollout.state);
  const gates = state === 'RUNNING' ? waiting(rollout) : [];
  const amber = (key: string, reason: ReactNode) => (
    <Alert key={key} type="warning" showIcon title={reason} />
  );
  return (
    <Flex vertical gap="small">
      {state === 'PAUSED' && amber('paused', <Paused rollout={rollout} />)}
      {status === 'failed' && amber('failed', t('rollouts.completedWithFailures', { n: failed }))}
      {gates.map(({ wave, gate, held }) =>
        amber(`${wave} ${gate}`, t('rollouts.gateReady', { wave, gate: nameOf('gate', gate), n: held })),
      )}
      {holdsOf(rollout).map((hold) => amber(hold.cause + hold.api, <Held hold={hold} />))}
    </Flex>
  );
}

function Paused({ rollout }: { rollout: Rollout }) {
  const [cause, ...details] = pauseText(rollout);
  return (
    <>
      <b>{cause}</b>
      {details.map((detail) => ` · ${detail}`)}
    </>
  );
}

/** Holds that an operator may end on the page of the platform. */
const PLATFORM = ['AUDIT_QUOTA', 'API_STOPPED'];

function Held({ hold: { cause, api, detail, explanation, targets, until } }: { hold: Hold }) {
  return (
    <>
      <b>{nameOf('hold', cause)}</b>
      {detail && ` · ${whyOf(detail, explanation)}`} · {t('rollouts.heldTargets', { n: targets })}{' '}
      {until && `· ${t('rollouts.until')} `}
      <Time at={until} />{' '}
      {PLATFORM.includes(short(cause)) && <Link to="/platform">{t('rollouts.toPlatform')}</Link>}{' '}
      <LetThrough heldBy={useStopOf(api)} />
    </>
  );
}
