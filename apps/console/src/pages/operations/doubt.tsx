import { type Operation, OperationState, Resolution } from '@wxa/contracts';
import { hintOf } from '../../gateway/failure.js';
import { TEXTS, type TextKey } from '../../text/text.js';
import { AppId, OperationLink } from '../../ui/links.js';
import { State } from '../../ui/state.js';
import { Age, Time } from '../../ui/time.js';
import { canAct, type Visit } from '../../visit/visit.js';
import { readsVersions } from './doubt-reads.js';
import { rolloutOf } from './operation-facts.js';

/** The conclusions that resolve an operation, by the value of the form's field: their text and what they do. */
export const CONCLUSIONS = {
  DONE: { resolution: Resolution.RESOLUTION_DONE, text: 'done', effect: 'resolveDoneEffect' },
  NOT_DONE: { resolution: Resolution.RESOLUTION_NOT_DONE, text: 'notDone', effect: 'resolveNotDoneEffect' },
  RETRY: { resolution: Resolution.RESOLUTION_RETRY, text: 'retryIt', effect: 'resolveRetryEffect' },
} as const satisfies Record<string, { resolution: Resolution; text: TextKey; effect: TextKey }>;

/** One operation in doubt: what is known, what an operator should look at, and the form that resolves it. */
export function Doubt(props: {
  visit: Visit;
  operation: Operation;
  /** Undefined: unknown. */
  behind: number | undefined;
  /** What WeChat answered; undefined: it was not asked. */
  answers: readonly string[] | undefined;
}) {
  const { visit, operation } = props;
  return (
    <article id={operation.id}>
      <Known visit={visit} operation={operation} behind={props.behind} />
      {isInDoubt(operation) && <Look visit={visit} operation={operation} answers={props.answers} />}
      {isInDoubt(operation) && canAct(visit) && <ResolveForm visit={visit} operation={operation} />}
    </article>
  );
}

function isInDoubt({ state }: Operation): boolean {
  return state === OperationState.OPERATION_STATE_IN_DOUBT;
}

function Known(props: { visit: Visit; operation: Operation; behind: number | undefined }) {
  const { visit, operation, behind = 0 } = props;
  const { t, language } = visit;
  const { id, appid, method, state, attempts, error } = operation;
  const version = versionOf(operation);
  const rollout = rolloutOf(operation);
  return (
    <>
      <p class="row">
        <strong>
          <OperationLink id={id}>{method}</OperationLink>
        </strong>
        <AppId appid={appid} />
        <State visit={visit} of="operation" state={state} />
        {version && <span>{`${t('version')} ${version}`}</span>}
        {rollout && <a href={rollout}>{t('rollout')}</a>}
        <span>
          <Time visit={visit} at={operation.startTime} /> {t('sentAt')} (
          <Age visit={visit} since={operation.startTime} />){', '}
          {t('sentTimes', { n: attempts })}
        </span>
        {isInDoubt(operation) && (
          <span>{t(operation.awaitingResolution ? 'awaitsResolution' : 'stillReconciled')}</span>
        )}
        {behind > 0 && (
          <a href={`/operations?appid=${appid}&state=QUEUED`}>{t('blocksOthers', { n: behind })}</a>
        )}
      </p>
      {error && (
        <p>
          <code>{error.reason}</code> {error.errmsg}
          <br />
          {hintOf(error, language)}
        </p>
      )}
    </>
  );
}

/** The version that was requested; undefined if the request names none. */
function versionOf({ requestJson }: Operation): string | undefined {
  const { userVersion, expectedUserVersion } = JSON.parse(requestJson || '{}');
  return userVersion || expectedUserVersion;
}

function Look(props: { visit: Visit; operation: Operation; answers: readonly string[] | undefined }) {
  const { t, url } = props.visit;
  const { id, method } = props.operation;
  const key = `look.${method}`;
  const query = new URLSearchParams(url.search);
  query.set('look', id);
  const look = `${url.pathname}?${query}`;
  return (
    <>
      {key in TEXTS && (
        <p>
          <strong>{t('howToLook')}</strong>: {t(key as TextKey)}
        </p>
      )}
      <div id={`answer-${id}`} class="row" aria-live="polite">
        <a
          href={`${look}#${id}`}
          class="button"
          hx-get={look}
          hx-select={`#answer-${id}`}
          hx-target={`#answer-${id}`}
          hx-swap="outerHTML"
        >
          {t(readsVersions(method) ? 'lookVersion' : 'askWechat')}
        </a>
        {props.answers?.map((answer) => (
          <output>{answer}</output>
        ))}
      </div>
    </>
  );
}

function ResolveForm({ visit, operation }: { visit: Visit; operation: Operation }) {
  const { t } = visit;
  const { id, method } = operation;
  return (
    <form method="get" action={`/doubts/${id}/resolve`} class="filters">
      <fieldset class="row">
        <legend>{t('conclusion')}</legend>
        {Object.entries(CONCLUSIONS).map(([value, { text }]) => (
          <label>
            <input type="radio" name="resolution" value={value} required /> {t(text)}
          </label>
        ))}
      </fieldset>
      <Evidence visit={visit} method={method} reason="" auditId="" />
      <button type="submit">{t('resolve')}…</button>
    </form>
  );
}

/** The fields beside the conclusion; 500 characters, because the form's address holds them. */
export function Evidence(props: { visit: Visit; method: string; reason: string; auditId: string }) {
  const { t } = props.visit;
  return (
    <>
      <label class="wide">
        {t('evidence')}
        <input name="reason" value={props.reason} maxLength={500} required autocomplete="off" />
      </label>
      {props.method === 'SubmitAudit' && (
        <label>
          {t('auditIdOfDone')}
          <input
            name="audit_id"
            value={props.auditId}
            inputMode="numeric"
            pattern="[0-9]*"
            autocomplete="off"
          />
        </label>
      )}
    </>
  );
}
