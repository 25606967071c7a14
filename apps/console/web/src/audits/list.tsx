import { Checkbox, Flex, Segmented } from 'antd';
import { type Key, useState } from 'react';
import { usePages } from '../api/query.js';
import { canAct } from '../app/session.js';
import { nameOf, t } from '../text/text.js';
import { FilterFields, useFilters } from '../ui/filters.js';
import { Page } from '../ui/page.js';
import { PagedTable } from '../ui/table.js';
import { Age, MiniProgramName, Time } from '../ui/value.js';
import { AUDIT_COLUMNS, type Audit, AuditActions } from './actions.js';
import { linesOf } from './reasons.js';
import { AuditSummary } from './summary.js';

const STATES = ['PENDING', 'REJECTED', 'APPROVED', 'WITHDRAWN', 'ALL'];
const WEEK_MS = 7 * 86_400_000;

const isOpen = ({ state }: Audit) => state === 'AUDIT_STATE_PENDING';

/** Audits in a state, open ones unless the address names another, and how those of the last 30 days ended. */
export function Component() {
  const { given } = useFilters();
  const [state, submittedBefore] = [given('state') || 'PENDING', given('before')];
  const request = {
    // Of open ones the longest wait comes first.
    ...{
      appid: given('appid'),
      delayed: given('delayed') !== '',
      newestFirst: state !== 'PENDING',
      pageSize: 50,
    },
    ...(submittedBefore !== '' && { submittedBefore }),
    ...(state !== 'ALL' && { state: `AUDIT_STATE_${state}` as Audit['state'] }),
  };
  const pages = usePages('Audits/ListAudits', request, ({ audits }) => audits);
  const [keys, setKeys] = useState<Key[]>([]);
  const ticked = pages.rows.filter((audit) => keys.includes(audit.operationId) && isOpen(audit));
  return (
    <Page
      title={t('audits.title')}
      actions={
        <Flex gap="small" align="center">
          {ticked.length > 0 && t('miniPrograms.chosen', { n: ticked.length })}
          <AuditActions
            audits={ticked}
            onDone={(failed) => setKeys(failed.map(({ operationId }) => operationId))}
          />
        </Flex>
      }
    >
      <Filters state={state} />
      <AuditSummary isOpen={state === 'REJECTED'} />
      <PagedTable<Audit>
        pages={pages}
        rowKey="operationId"
        empty={t('audits.none')}
        columns={{
          'audits.of': ({ appid }) => <MiniProgramName appid={appid} />,
          ...AUDIT_COLUMNS,
          'audits.decided': ({ decideTime, submitTime }) =>
            decideTime ? <Time at={decideTime} /> : <Age since={submitTime} />,
          'audits.reason': ({ reason }) => (
            <div style={{ maxWidth: 420, whiteSpace: 'pre-line' }}>{linesOf(reason).join('\n')}</div>
          ),
          'operations.actions': canAct && ((one) => isOpen(one) && <AuditActions audits={[one]} />),
        }}
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

function Filters({ state }: { state: string }) {
  const { given, set } = useFilters();
  const options = STATES.map((value) => ({
    value,
    label: value === 'ALL' ? t('audits.all') : nameOf('audit', value),
  }));
  const weekAgo = () => new Date(Date.now() - WEEK_MS).toISOString();
  return (
    <FilterFields fields={[{ name: 'appid', label: 'appid', width: 240 }]}>
      <Segmented
        value={state}
        options={options}
        onChange={(value) => set({ state: value, delayed: undefined })}
      />
      <Checkbox
        checked={given('delayed') !== ''}
        onChange={({ target: { checked } }) =>
          set(checked ? { delayed: '1', state: 'PENDING' } : { delayed: undefined })
        }
      >
        {t('audits.delayed')}
      </Checkbox>
      <Checkbox
        checked={given('before') !== ''}
        onChange={({ target: { checked } }) => set({ before: checked ? weekAgo() : undefined })}
      >
        {t('audits.old')}
      </Checkbox>
    </FilterFields>
  );
}
