import { Alert, Button, Typography } from 'antd';
import { Link, useParams, useSearchParams } from 'react-router';
import { useCall } from '../../api/query.js';
import { canAct } from '../../app/session.js';
import { hintOf } from '../../text/hint.js';
import { causeOf, plain } from '../../text/sentence.js';
import { language, nameOf, t } from '../../text/text.js';
import { titleOf } from '../../text/title.js';
import { Details } from '../../ui/details.js';
import { Page, Unread } from '../../ui/page.js';
import { WideTable } from '../../ui/table.js';
import { TrialCode } from '../../ui/trial-code.js';
import { Original, StateTag, Time } from '../../ui/value.js';
import { useDialogs } from '../actions/dialogs.js';
import { possibleWith } from '../core/possible.js';
import { CHANGED_BY, type Command } from '../core/reach.js';
import { TargetState, useNameOf } from '../parts/names.js';
import { Requests } from '../parts/requests.js';
import { type Rollout, short, type Target } from '../types.js';

const POLL_MS = 3_000;

/** One mini-program of a rollout. The query is that of the list from which it was opened, which the link back repeats. */
export function Component() {
  const { id = '', appid = '' } = useParams();
  const rollout = useCall('Rollouts/GetRollout', { id });
  const target = useCall('Rollouts/GetRolloutTarget', { id, appid }, { refetchInterval: POLL_MS });
  if (!rollout.data || !target.data) {
    const retry = () => Promise.all([rollout.refetch(), target.refetch()]);
    return <Unread title={appid} error={rollout.error ?? target.error} retry={retry} />;
  }
  return <Shown rollout={rollout.data} target={target.data} />;
}

function Shown({ rollout, target }: { rollout: Rollout; target: Target }) {
  const [parameters] = useSearchParams();
  const { id } = rollout;
  const { appid } = target;
  const dialogs = useDialogs(rollout);
  const possible = possibleWith(rollout);
  const button = (command: Command) =>
    possible[command] &&
    CHANGED_BY[command].includes(short(target.state)) && (
      <Button key={command} onClick={() => dialogs.command(command, { appids: [appid] })}>
        {t(`rollouts.${command}`)}…
      </Button>
    );
  return (
    <Page
      title={useNameOf(id, appid) || appid}
      mark={
        <span>
          <Link to={`/rollouts/${id}`}>{titleOf(rollout)}</Link> /{' '}
          <Link to={`/rollouts/${id}/targets?${parameters}`}>{t('rollouts.targets')}</Link>
        </span>
      }
      actions={canAct && [button('retry'), button('skip')]}
    >
      <TargetFacts target={target} />
      <Failure target={target} />
      <Operations target={target} />
      <Requests target={target} />
      <TrialCode appid={appid} />
      {dialogs.open}
    </Page>
  );
}

function TargetFacts({ target }: { target: Target }) {
  const { appid, step, waitUntil, auditId, auditDelayed, grayPercentage, attempt } = target;
  const rows = {
    appid: <Link to={`/mini-programs/${appid}`}>{appid}</Link>,
    'rollouts.stateTitle': (
      <span>
        {nameOf('step', step)} <TargetState target={target} /> <Time at={waitUntil} />
      </span>
    ),
    'rollouts.waveNumber': target.wave || undefined,
    'rollouts.baseline': target.baselineVersion || undefined,
    'rollouts.audit':
      auditId === '0' ? undefined : (
        <span>
          <Link to={`/audits/${appid}/${auditId}`}>{auditId}</Link> {auditDelayed && t('rollouts.delayed')}
        </span>
      ),
    'rollouts.part.gray': grayPercentage > 0 ? `${grayPercentage}%` : undefined,
    'rollouts.attempt': attempt > 1 ? attempt : undefined,
    'rollouts.drifted': target.driftedDomains.join(', ') || undefined,
  };
  return <Details rows={rows} column={{ xs: 1, lg: 2 }} />;
}

/** Why it failed, with WeChat's line breaks; the original words below, if they are in another language. */
function Failure({ target: { error } }: { target: Target }) {
  if (!error) return null;
  const original = plain(error.errmsg, '\n');
  const cause = causeOf({ ...error, errmsg: original });
  return (
    <Alert
      type="error"
      title={`${error.errcode || ''} ${error.reason}`}
      description={
        <>
          <div style={{ whiteSpace: 'pre-line' }}>{cause}</div>
          {hintOf(error, language)}
          {cause !== original && <Original words={original} />}
        </>
      }
    />
  );
}

/** The operations of a target, oldest first. */
function Operations({ target }: { target: Target }) {
  return (
    <>
      <Typography.Text strong>{t('rollouts.timeline')}</Typography.Text>
      <WideTable
        label={t('rollouts.timeline')}
        rowKey="id"
        rows={target.operations}
        columns={{
          'rollouts.accepted': ({ createTime }) => <Time at={createTime} />,
          'rollouts.endedAt': ({ endTime }) => <Time at={endTime} />,
          'rollouts.operation': ({ id, method }) => (
            <Link to={`/operations/${id}`}>{nameOf('method', method)}</Link>
          ),
          // The attempt of the target ends the request_id of each of its operations.
          'rollouts.attempt': ({ requestId }) => /-(\d+)$/.exec(requestId)?.[1],
          'rollouts.stateTitle': ({ state }) => <StateTag of="operation" state={state} />,
          'rollouts.cause': ({ error }) => error && `${error.reason} ${causeOf(error)}`,
        }}
      />
    </>
  );
}
