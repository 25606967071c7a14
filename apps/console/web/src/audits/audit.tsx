import { Alert, Image, Spin, Typography } from 'antd';
import { Link, useParams } from 'react-router';
import { useCall } from '../api/query.js';
import { canAct } from '../app/session.js';
import { t } from '../text/text.js';
import { Details } from '../ui/details.js';
import { LinkButton } from '../ui/link-button.js';
import { Page, Unread } from '../ui/page.js';
import { WideTable } from '../ui/table.js';
import { MiniProgramName, Secondary, StateTag, Time } from '../ui/value.js';
import { AUDIT_COLUMNS, type Audit } from './actions.js';
import { linesOf } from './reasons.js';

const HISTORY = 20;
const EVERY = { refetchInterval: 10_000 };

/** One audit: why it was rejected, with the auditors' screenshots, the audits before it, and the way to submit again. */
export function Component() {
  const { appid = '', auditId = '' } = useParams();
  const { data: audit, error, refetch } = useCall('Audits/GetAudit', { appid, auditId }, EVERY);
  if (audit === undefined) return <Unread title={t('audits.one')} error={error} retry={refetch} />;
  const isRejected = audit.state === 'AUDIT_STATE_REJECTED';
  return (
    <Page
      title={t('audits.oneOf', { version: audit.userVersion || auditId })}
      mark={<StateTag of="audit" state={audit.delayed ? 'DELAYED' : audit.state} />}
      actions={
        canAct &&
        isRejected && (
          <LinkButton
            type="primary"
            to={`/mini-programs/${appid}?action=submitAudit&like=${audit.operationId}`}
          >
            {t('audits.again')}
          </LinkButton>
        )
      }
    >
      <Facts audit={audit} />
      {audit.screenshots.length > 0 && (
        <section>
          <Typography.Title level={2} style={{ fontSize: 16 }}>
            {t('audits.screenshots')}
          </Typography.Title>
          <Image.PreviewGroup>
            {audit.screenshots.map((mediaId) => (
              <Screenshot key={mediaId} appid={appid} mediaId={mediaId} />
            ))}
          </Image.PreviewGroup>
        </section>
      )}
      <History appid={appid} />
    </Page>
  );
}

function Facts({ audit }: { audit: Audit }) {
  const { operationId, rolloutId } = audit;
  const reason = linesOf(audit.reason);
  const rows = {
    'audits.of': <MiniProgramName appid={audit.appid} />,
    'audits.id': audit.auditId,
    'audits.submitted': <Time at={audit.submitTime} />,
    'miniPrograms.decidedAt': <Time at={audit.decideTime} />,
    'audits.operation': <Link to={`/operations/${operationId}`}>{t('operations.open')}</Link>,
    'operations.rollout': rolloutId ? (
      <Link to={`/rollouts/${rolloutId}`}>{t('operations.open')}</Link>
    ) : undefined,
  };
  const reasons = (
    <ol style={{ margin: 0, paddingInlineStart: 20 }}>
      {reason.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ol>
  );
  return (
    <>
      <Details bordered column={{ xs: 1, md: 2 }} rows={rows} />
      {reason.length > 0 && <Alert type="error" title={t('audits.reason')} description={reasons} />}
    </>
  );
}

/** WeChat keeps a screenshot for some days only. */
function Screenshot({ appid, mediaId }: { appid: string; mediaId: string }) {
  const { data, error } = useCall(
    'CodeManagement/GetAuditScreenshot',
    { appid, mediaId },
    { staleTime: Number.POSITIVE_INFINITY },
  );
  if (error) return <Secondary>{t('audits.noScreenshot')} </Secondary>;
  if (data === undefined) return <Spin />;
  return (
    <Image
      alt={t('audits.screenshots')}
      width={160}
      src={`data:${data.contentType};base64,${data.content}`}
    />
  );
}

function History({ appid }: { appid: string }) {
  const { data, error, refetch } = useCall('Audits/ListAudits', {
    ...{ appid, newestFirst: true, pageSize: HISTORY },
  });
  return (
    <WideTable
      label={t('audits.history')}
      title={() => t('audits.history')}
      rowKey="operationId"
      rows={data?.audits}
      error={error}
      retry={refetch}
      columns={{ ...AUDIT_COLUMNS, 'audits.reason': ({ reason }) => linesOf(reason).join(' · ') }}
    />
  );
}
