import { Checkbox, Flex, Segmented, Tag, Typography } from 'antd';
import { Link } from 'react-router';
import { usePages } from '../api/query.js';
import { useSession } from '../app/session.js';
import { useName, useText } from '../text/text.js';
import { MiniProgramName } from '../ui/appid.js';
import { PagedTable } from '../ui/list/paged-table.js';
import { SearchInput } from '../ui/list/search-input.js';
import { useFilters } from '../ui/list/use-filters.js';
import { Page } from '../ui/page.js';
import { StateTag } from '../ui/state-tag.js';
import { Age, Time } from '../ui/time.js';
import { type Audit, AuditActions } from './actions.js';
import { groupReasons, linesOf } from './reasons.js';

const STATES = ['PENDING', 'REJECTED', 'APPROVED', 'WITHDRAWN'];
const MOST_REASONS = 8;
const WEEK_MS = 7 * 86_400_000;

/** What the address says; open audits unless it names a state. */
function useAuditFilters() {
  const { given, set } = useFilters();
  return { state: given('state') || 'PENDING', appid: given('appid'), given, set };
}

/** Audits in a state; of rejected ones the reasons, grouped. */
export function AuditsPage() {
  const t = useText();
  const { state, appid, given } = useAuditFilters();
  const submittedBefore = given('before');
  const request = {
    ...{ appid, delayed: given('delayed') !== '', pageSize: 50 },
    ...(submittedBefore !== '' && { submittedBefore }),
    ...(state !== 'ALL' && { state: `AUDIT_STATE_${state}` as Audit['state'] }),
  };
  const pages = usePages('Audits/ListAudits', request, ({ audits }) => audits);
  const columns = useColumns();
  return (
    <Page title={t('audits.title')}>
      <Filters />
      {state === 'REJECTED' && <Reasons audits={pages.rows} />}
      <PagedTable<Audit>
        pages={pages}
        rowKey="operationId"
        columns={columns}
        showHeader={pages.rows.length > 0}
        empty={t('audits.none')}
      />
    </Page>
  );
}

function Filters() {
  const t = useText();
  const name = useName();
  const { state, appid, given, set } = useAuditFilters();
  return (
    <Flex wrap gap="small" align="center">
      <Segmented
        value={state}
        options={[...STATES, 'ALL'].map((value) => ({
          value,
          label: value === 'ALL' ? t('audits.all') : name('audit', value),
        }))}
        onChange={(value) => set({ state: value, delayed: undefined })}
      />
      <Checkbox
        checked={given('delayed') !== ''}
        onChange={({ target }) =>
          set(target.checked ? { delayed: '1', state: 'PENDING' } : { delayed: undefined })
        }
      >
        {t('audits.delayed')}
      </Checkbox>
      <Checkbox
        checked={given('before') !== ''}
        onChange={({ target }) =>
          set({ before: target.checked ? new Date(Date.now() - WEEK_MS).toISOString() : undefined })
        }
      >
        {t('audits.old')}
      </Checkbox>
      <SearchInput label={t('appid')} value={appid} width={240} onSearch={(value) => set({ appid: value })} />
    </Flex>
  );
}

/** The reasons of the audits that are shown. */
function Reasons({ audits }: { audits: readonly Audit[] }) {
  const t = useText();
  const groups = groupReasons(audits.map(({ reason }) => reason)).slice(0, MOST_REASONS);
  if (groups.length === 0) return null;
  return (
    <Flex wrap gap="small" align="center">
      <Typography.Text type="secondary">{t('audits.reasons')}</Typography.Text>
      {groups.map(({ reason, count }) => (
        <Tag key={reason}>{`${reason.slice(0, 60)} × ${count}`}</Tag>
      ))}
    </Flex>
  );
}

function useColumns() {
  const t = useText();
  const { canAct } = useSession();
  return [
    { title: t('audits.of'), render: (audit: Audit) => <MiniProgramName appid={audit.appid} /> },
    {
      title: t('audits.version'),
      render: (audit: Audit) => (
        <Link to={`/audits/${audit.appid}/${audit.auditId}`}>{audit.userVersion || audit.auditId}</Link>
      ),
    },
    {
      title: t('operations.state'),
      render: (audit: Audit) => <StateTag of="audit" state={audit.delayed ? 'DELAYED' : audit.state} />,
    },
    { title: t('audits.submitted'), render: (audit: Audit) => <Time at={audit.submitTime} /> },
    {
      title: t('audits.decided'),
      render: (audit: Audit) =>
        audit.decideTime ? <Time at={audit.decideTime} /> : <Age since={audit.submitTime} />,
    },
    {
      title: t('audits.reason'),
      render: (audit: Audit) => (
        <div style={{ maxWidth: 420, whiteSpace: 'pre-line' }}>{linesOf(audit.reason).join('\n')}</div>
      ),
    },
    ...(canAct
      ? [
          {
            title: t('operations.actions'),
            render: (audit: Audit) => audit.state === 'AUDIT_STATE_PENDING' && <AuditActions audit={audit} />,
          },
        ]
      : []),
  ];
}
