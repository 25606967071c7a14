import { Alert, Button, Image, Modal, Spin, Table, Typography } from 'antd';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { useCall } from '../api/query.js';
import { useSession } from '../app/session.js';
import { useText } from '../text/text.js';
import { MiniProgramName } from '../ui/appid.js';
import { useColumn } from '../ui/list/column.js';
import { Details } from '../ui/list/details.js';
import { Page, Unread } from '../ui/page.js';
import { StateTag } from '../ui/state-tag.js';
import { Time } from '../ui/time.js';
import type { Audit } from './actions.js';
import { useAuditColumns } from './columns.js';
import { linesOf } from './reasons.js';
import { Resubmit } from './resubmit.js';

const HISTORY = 20;

/** One audit: why it was rejected, with the auditors' screenshots, the audits before it, and the way to submit again. */
export function Component() {
  const { appid = '', auditId = '' } = useParams();
  const t = useText();
  const { canAct } = useSession();
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const { data: audit, error, refetch } = useCall('Audits/GetAudit', { appid, auditId });
  if (audit === undefined) return <Unread title={t('audits.one')} error={error} retry={refetch} />;
  const isRejected = audit.state === 'AUDIT_STATE_REJECTED';
  return (
    <Page
      title={t('audits.oneOf', { version: audit.userVersion || auditId })}
      mark={<StateTag of="audit" state={audit.delayed ? 'DELAYED' : audit.state} />}
      actions={
        canAct &&
        isRejected && (
          <Button type="primary" onClick={() => setOpen(true)}>
            {t('audits.again')}
          </Button>
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
      <Modal
        open={isOpen}
        footer={null}
        width={720}
        destroyOnHidden
        title={t('audits.again')}
        onCancel={() => setOpen(false)}
      >
        <Resubmit
          appid={appid}
          operationId={audit.operationId}
          onDone={({ id }) => navigate(`/operations/${id}`)}
        />
      </Modal>
    </Page>
  );
}

function Facts({ audit }: { audit: Audit }) {
  const t = useText();
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
  const t = useText();
  const { data, error } = useCall(
    'CodeManagement/GetAuditScreenshot',
    { appid, mediaId },
    { staleTime: Number.POSITIVE_INFINITY },
  );
  if (error) return <Typography.Text type="secondary">{t('audits.noScreenshot')} </Typography.Text>;
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
  const t = useText();
  const column = useColumn<Audit>();
  const { data } = useCall('Audits/ListAudits', { appid, newestFirst: true, pageSize: HISTORY });
  return (
    <Table<Audit>
      size="small"
      title={() => t('audits.history')}
      rowKey="operationId"
      dataSource={data?.audits ?? []}
      pagination={false}
      scroll={{ x: 'max-content' }}
      columns={[...useAuditColumns(), column('audits.reason', ({ reason }) => linesOf(reason).join('；'))]}
    />
  );
}
