import { Checkbox, Flex, Segmented } from 'antd';
import { type Key, useState } from 'react';
import { usePages } from '../api/query.js';
import { useSession } from '../app/session.js';
import { useName, useText } from '../text/text.js';
import { MiniProgramName } from '../ui/appid.js';
import { useColumn } from '../ui/list/column.js';
import { PagedTable } from '../ui/list/paged-table.js';
import { SearchInput } from '../ui/list/search-input.js';
import { useFilters } from '../ui/list/use-filters.js';
import { Page } from '../ui/page.js';
import { Age, Time } from '../ui/time.js';
import { type Audit, AuditActions } from './actions.js';
import { useAuditColumns } from './columns.js';
import { linesOf } from './reasons.js';
import { AuditSummary } from './summary.js';

const STATES = ['PENDING', 'REJECTED', 'APPROVED', 'WITHDRAWN'];
const WEEK_MS = 7 * 86_400_000;

const isOpen = ({ state }: Audit) => state === 'AUDIT_STATE_PENDING';

/** What the address says; open audits unless it names a state. */
function useAuditFilters() {
  const { given, set } = useFilters();
  return { state: given('state') || 'PENDING', appid: given('appid'), given, set };
}

/** Audits in a state, and how those of the last 30 days ended. */
export function Component() {
  const t = useText();
  const { state, appid, given } = useAuditFilters();
  const submittedBefore = given('before');
  const request = {
    // Of open ones the longest wait comes first.
    ...{ appid, delayed: given('delayed') !== '', newestFirst: state !== 'PENDING', pageSize: 50 },
    ...(submittedBefore !== '' && { submittedBefore }),
    ...(state !== 'ALL' && { state: `AUDIT_STATE_${state}` as Audit['state'] }),
  };
  const pages = usePages('Audits/ListAudits', request, ({ audits }) => audits);
  const columns = useColumns();
  const { canAct } = useSession();
  const [keys, setKeys] = useState<Key[]>([]);
  const ticked = pages.rows.filter((audit) => keys.includes(audit.operationId) && isOpen(audit));
  return (
    <Page
      title={t('audits.title')}
      actions={
        <Flex gap="small" align="center">
          {ticked.length > 0 && t('miniPrograms.chosen', { n: ticked.length })}
          <AuditActions audits={ticked} onDone={() => setKeys([])} />
        </Flex>
      }
    >
      <Filters />
      <AuditSummary isOpen={state === 'REJECTED'} />
      <PagedTable<Audit>
        pages={pages}
        rowKey="operationId"
        columns={columns}
        empty={t('audits.none')}
        {...(canAct && {
          rowSelection: {
            selectedRowKeys: ticked.map(({ operationId }) => operationId),
            onChange: setKeys,
            getCheckboxProps: (audit) => ({ disabled: !isOpen(audit) }),
          },
        })}
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

function useColumns() {
  const { canAct } = useSession();
  const column = useColumn<Audit>();
  return [
    column('audits.of', ({ appid }) => <MiniProgramName appid={appid} />),
    ...useAuditColumns(),
    column('audits.decided', ({ decideTime, submitTime }) =>
      decideTime ? <Time at={decideTime} /> : <Age since={submitTime} />,
    ),
    column('audits.reason', ({ reason }) => (
      <div style={{ maxWidth: 420, whiteSpace: 'pre-line' }}>{linesOf(reason).join('\n')}</div>
    )),
    ...(canAct
      ? [column('operations.actions', (audit) => isOpen(audit) && <AuditActions audits={[audit]} />)]
      : []),
  ];
}
