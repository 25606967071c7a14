import {
  AuditState,
  type AuditStatus,
  type GetGrayReleasePlanResponse,
  GrayReleaseStatus,
  type VersionInfo,
} from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import { type Answer, answerOf, type Failure } from '../../gateway/failure.js';
import type { TextKey } from '../../text/text.js';
import { ForeignText, NoAnswer } from '../../ui/from-wechat.js';
import { State } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import { canAct, type Visit } from '../../visit/visit.js';
import { actionPath, pathOf } from './paths.js';

/** WeChat answers so if no version was ever submitted. */
const NO_AUDIT = 'NO_AUDIT';
const OPEN: readonly (AuditState | undefined)[] = [
  AuditState.AUDIT_STATE_PENDING,
  AuditState.AUDIT_STATE_DELAYED,
];

/** What WeChat says about live, audited and trial version, each with what can be done with it. May take 30 s. */
export async function versionBlocks(visit: Visit, appid: string) {
  const { codeManagement } = visit.gateway;
  const [versions, latest, gray] = await Promise.all([
    answerOf(codeManagement.getVersionInfo({ appid })),
    answerOf(codeManagement.getLatestAuditStatus({ appid })),
    answerOf(codeManagement.getGrayReleasePlan({ appid })),
  ]);
  const isUnaudited = latest.failure?.reason === NO_AUDIT;
  const { trial, release } = versions.value ?? {};
  return (
    <div class="cards">
      <LiveBlock visit={visit} appid={appid} live={release} gray={gray} failure={versions.failure} />
      <AuditBlock
        visit={visit}
        appid={appid}
        audit={latest.value?.audit}
        failure={isUnaudited ? undefined : latest.failure}
      />
      <TrialBlock visit={visit} appid={appid} trial={trial} failure={versions.failure} />
    </div>
  );
}

interface BlockProps {
  visit: Visit;
  appid: string;
  failure: Failure | undefined;
}

/** The states of a gray release in which nothing can be cancelled. */
const NO_GRAY_RELEASE: readonly (GrayReleaseStatus | undefined)[] = [
  GrayReleaseStatus.GRAY_RELEASE_STATUS_INITIAL,
  GrayReleaseStatus.GRAY_RELEASE_STATUS_COMPLETED,
  GrayReleaseStatus.GRAY_RELEASE_STATUS_DELETED,
];

function LiveBlock(
  props: BlockProps & { live: VersionInfo | undefined; gray: Answer<GetGrayReleasePlanResponse> },
) {
  const { visit, appid, live, gray, failure } = props;
  const { t } = visit;
  const plan = gray.value?.plan;
  const isGray = !NO_GRAY_RELEASE.includes(plan?.status);
  return (
    <Block visit={visit} title="liveVersion" version={live?.version} failure={failure}>
      <Version visit={visit} info={live} />
      {plan && isGray && (
        <p>
          {t('grayPercent', { n: plan.percentage })} <State visit={visit} of="gray" state={plan.status} />
        </p>
      )}
      <Actions visit={visit}>
        {isGray && <a href={actionPath(appid, 'revert-gray-release')}>{t('revertGrayRelease')}…</a>}
        {(live || failure) && (
          <a href={actionPath(appid, 'revert', { version: live?.version ?? '' })}>{t('revert')}…</a>
        )}
      </Actions>
    </Block>
  );
}

function AuditBlock({ visit, appid, audit, failure }: BlockProps & { audit: AuditStatus | undefined }) {
  const { t } = visit;
  const state = audit?.state;
  const expected = { audit: `${audit?.auditId ?? ''}`, version: audit?.userVersion ?? '' };
  return (
    <Block visit={visit} title="versionInAudit" version={audit?.userVersion} failure={failure}>
      {audit && (
        <p>
          <State visit={visit} of="audit" state={audit.state} /> <Time visit={visit} at={audit.submitTime} />
          <br />
          <small>{t('auditNumber', { id: `${audit.auditId}` })}</small>
        </p>
      )}
      {audit?.reason && (
        <p>
          <ForeignText>{audit.reason}</ForeignText>
        </p>
      )}
      <Actions visit={visit}>
        {state === AuditState.AUDIT_STATE_APPROVED && (
          <>
            <a href={actionPath(appid, 'release', expected)}>{t('release')}…</a>
            <a href={actionPath(appid, 'gray-release', expected)}>{t('grayRelease')}…</a>
          </>
        )}
        {OPEN.includes(state) && (
          <>
            <a href={actionPath(appid, 'speed-up', expected)}>{t('speedUp')}…</a>
            <a href={actionPath(appid, 'undo-audit', expected)}>{t('undoAudit')}…</a>
          </>
        )}
      </Actions>
    </Block>
  );
}

function TrialBlock({ visit, appid, trial, failure }: BlockProps & { trial: VersionInfo | undefined }) {
  const { t } = visit;
  const code = `${pathOf(appid)}/trial-qr-code`;
  return (
    <Block visit={visit} title="trialVersion" version={trial?.version} failure={failure}>
      <Version visit={visit} info={trial} />
      {(trial || failure) && (
        <div id="trial">
          <a href={code} hx-get={code} hx-select="#trial" hx-target="#trial" hx-swap="outerHTML">
            {t('trialQrCode')}
          </a>
        </div>
      )}
      <Actions visit={visit}>
        {trial && (
          <a href={actionPath(appid, 'submit-audit', { version: trial.version })}>{t('submitAudit')}…</a>
        )}
      </Actions>
    </Block>
  );
}

function Block(props: {
  visit: Visit;
  title: TextKey;
  version: string | undefined;
  failure: Failure | undefined;
  children: ComponentChildren;
}) {
  const { visit, failure } = props;
  return (
    <article>
      <h2>{visit.t(props.title)}</h2>
      {failure ? <NoAnswer visit={visit} failure={failure} /> : <p class="value">{props.version ?? '–'}</p>}
      {props.children}
    </article>
  );
}

function Version({ visit, info }: { visit: Visit; info: VersionInfo | undefined }) {
  if (info === undefined) return null;
  return (
    <p>
      <Time visit={visit} at={info.time} /> {info.desc}
    </p>
  );
}

function Actions({ visit, children }: { visit: Visit; children: ComponentChildren }) {
  return canAct(visit) ? <div class="actions">{children}</div> : null;
}
