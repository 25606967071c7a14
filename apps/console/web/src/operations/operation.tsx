import { Collapse, Image, Typography } from 'antd';
import { Link, useParams } from 'react-router';
import { call } from '../api/call.js';
import { useCall } from '../api/query.js';
import { canAct } from '../app/session.js';
import { hintOf } from '../text/hint.js';
import { causeOf } from '../text/sentence.js';
import { language, nameOf, t } from '../text/text.js';
import { Details } from '../ui/details.js';
import { DialogButton } from '../ui/form/dialog-button.js';
import { ErrorAlert, Page, Unread } from '../ui/page.js';
import { MiniProgramName, Original, StateTag, Time } from '../ui/value.js';
import { errorOf, type Operation, WaitsFor } from './held-by.js';
import { LetThrough } from './stopped-api.js';

const FINAL = /_(SUCCEEDED|FAILED|CANCELLED)$/;
const REFETCH_MS = 2_000;
/** What scrolled sideways would have to be reached by the keyboard. */
const WRAPPED = { margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' } as const;
const MAX_JSON = 20_000;
/** Of the messages of an operation, those that are its result. */
const RESULT = /^(get|list|submit|set|add|apply|create|import|upload|refresh|query|change)[A-Z]/;

/** One operation, followed to its end. */
export function Component() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useCall(
    'Operations/GetOperation',
    { id, withRequest: true },
    { refetchInterval: ({ state }) => (FINAL.test(state.data?.state ?? '') ? false : REFETCH_MS) },
  );
  if (data === undefined) return <Unread title={t('operations.one')} error={error} retry={refetch} />;
  return (
    <Page
      title={nameOf('method', data.method)}
      mark={<StateTag of="operation" state={data.state} />}
      actions={<Actions operation={data} />}
    >
      <ErrorAlert error={error} />
      <Facts operation={data} />
      <Content operation={data} />
    </Page>
  );
}

function Actions({ operation }: { operation: Operation }) {
  const { id, state, attempts, startTime, appid, method, awaitingResolution } = operation;
  if (canAct && awaitingResolution) return <Link to={`/doubts/${id}`}>{t('doubts.decide')}</Link>;
  const isWaiting = state === 'OPERATION_STATE_QUEUED' || state === 'OPERATION_STATE_RETRYING';
  if (!canAct || !isWaiting) return null;
  // A restore queues what has begun with the attempts that it knows of, though a lost one may have been executed.
  const mayBeSent = attempts > 0 || (state === 'OPERATION_STATE_QUEUED' && startTime !== undefined);
  return (
    <>
      <LetThrough heldBy={operation.heldBy} />
      {!mayBeSent && (
        <DialogButton
          danger
          isDangerous
          label={t('operations.cancel')}
          effect={t('operations.cancelEffect', { appid, method: nameOf('method', method) })}
          run={({ reason }) => call('Operations/CancelOperation', { id, reason })}
          success={t('operations.cancelled')}
        />
      )}
    </>
  );
}

function Facts({ operation }: { operation: Operation }) {
  const { error, requestId, heldBy, blockedBy, nextAttemptTime, startTime, endTime } = operation;
  const waits = !FINAL.test(operation.state) && (heldBy || blockedBy || nextAttemptTime);
  const cause = error && causeOf(error);
  const rollout = /^rollout-([0-9a-f-]{36})/.exec(requestId)?.[1];
  return (
    <Details
      bordered
      column={{ xs: 1, md: 2 }}
      rows={{
        'operations.of': <MiniProgramName appid={operation.appid} />,
        'operations.person': [operation.onBehalfOf, operation.acceptedBy].filter(Boolean).join(' · '),
        'operations.waitsFor': waits && <WaitsFor operation={operation} />,
        'operations.error': error && (
          <>
            <Typography.Text code>{errorOf(operation)}</Typography.Text> {cause}
            {cause !== error.errmsg && <Original words={error.errmsg} />}
          </>
        ),
        'operations.hint': error && hintOf(error, language),
        'operations.created': <Time at={operation.createTime} />,
        'operations.started': startTime && <Time at={startTime} />,
        'operations.ended': endTime && <Time at={endTime} />,
        'operations.attempts': operation.attempts,
        'operations.rollout': rollout && <Link to={`/rollouts/${rollout}`}>{t('operations.open')}</Link>,
        'operations.id': <Id id={operation.id} />,
        'operations.requestId': <Id id={requestId} />,
      }}
    />
  );
}

/** Longer than a telephone is wide. */
function Id({ id }: { id: string }) {
  return (
    <Typography.Text copyable={{ text: id }} style={{ wordBreak: 'break-all' }}>
      {id}
    </Typography.Text>
  );
}

function Content({ operation }: { operation: Operation }) {
  const { getTrialQrCode, getAuditScreenshot, requestJson } = operation;
  const picture = getTrialQrCode
    ? { content: getTrialQrCode.image, type: getTrialQrCode.contentType }
    : getAuditScreenshot && { content: getAuditScreenshot.content, type: getAuditScreenshot.contentType };
  const result = Object.entries(operation).find(
    ([key, value]) => RESULT.test(key) && typeof value === 'object',
  );
  const folded = { request: requestJson && JSON.parse(requestJson), result: picture ? '' : result?.[1] };
  const items = (['request', 'result'] as const)
    .filter((key) => folded[key])
    .map((key) => {
      const json = JSON.stringify(folded[key], null, 2);
      const shown = json.length > MAX_JSON ? `${json.slice(0, MAX_JSON)} …` : json;
      return { key, label: t(`operations.${key}`), children: <pre style={WRAPPED}>{shown}</pre> };
    });
  return (
    <>
      {picture && (
        <Image
          alt={t('operations.result')}
          width={280}
          src={`data:${picture.type};base64,${picture.content}`}
        />
      )}
      {items.length > 0 && <Collapse items={items} />}
    </>
  );
}
