import { Controller, Get } from '@nestjs/common';
import { type Audit, AuditState } from '@wxa/contracts';
import { type Failure, fieldErrorOf, formAnswerOf } from '../../gateway/failure.js';
import { ErrorBox, Field, Filters, Select } from '../../ui/form.js';
import { ForeignText } from '../../ui/from-wechat.js';
import { AppId, OperationLink, RolloutLink } from '../../ui/links.js';
import { type Column, List, PAGE_SIZE } from '../../ui/list.js';
import { choicesOf, State } from '../../ui/state.js';
import { Age, Time } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { actionPath } from '../mini-programs/paths.js';

const STATES = ['PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN'] as const;
const WEEK_MS = 7 * 86_400_000;

/** Audits, those that were submitted first come first; those under audit unless another state is chosen. */
@Controller('audits')
export class AuditsPage {
  @Get()
  async show(@CurrentVisit() visit: Visit): Promise<PageView> {
    const { t, gateway, url } = visit;
    const filter = filterOf(url.searchParams);
    const { appid, state, isDelayed, submittedBefore } = filter;
    const { value: page, failure } = await formAnswerOf(
      gateway.audits.listAudits({
        appid,
        state: AuditState[`AUDIT_STATE_${state || 'UNSPECIFIED'}`],
        delayed: isDelayed,
        submittedBefore,
        pageSize: PAGE_SIZE,
        pageToken: url.searchParams.get('page') ?? '',
      }),
    );
    return {
      title: t('audits'),
      failure,
      body: (
        <>
          <AuditFilters visit={visit} filter={filter} failure={failure} />
          <ErrorBox visit={visit} failure={failure} />
          {page && <AuditList visit={visit} audits={page.audits} next={page.nextPageToken} />}
        </>
      ),
    };
  }
}

interface Filter {
  appid: string;
  state: (typeof STATES)[number] | '';
  isDelayed: boolean;
  /** An instant in the URL and not an age, because the pages of a list have the same filters. */
  submittedBefore: Date | undefined;
}

function filterOf(parameters: URLSearchParams): Filter {
  const state = parameters.get('state') ?? 'PENDING';
  const before = new Date(parameters.get('submitted_before') ?? '');
  return {
    appid: (parameters.get('appid') ?? '').trim(),
    state: STATES.find((name) => name === state) ?? '',
    isDelayed: parameters.has('delayed'),
    submittedBefore: Number.isNaN(before.getTime()) ? undefined : before,
  };
}

function AuditFilters(props: { visit: Visit; filter: Filter; failure: Failure | undefined }) {
  const { visit, filter, failure } = props;
  const { t } = visit;
  const weekAgo = new Date(Date.now() - WEEK_MS).toISOString();
  return (
    <Filters visit={visit}>
      <Field label={t('appid')} error={fieldErrorOf(visit, failure, 'appid')}>
        <input name="appid" value={filter.appid} class="id" />
      </Field>
      <Field label={t('state')} error={fieldErrorOf(visit, failure, 'state')}>
        <Select
          name="state"
          value={filter.state}
          options={[...choicesOf(visit, 'audit', STATES), ['', t('all')]]}
        />
      </Field>
      <label class="check">
        <input type="checkbox" name="delayed" value="1" checked={filter.isDelayed} /> {t('onlyDelayed')}
      </label>
      <label class="check">
        <input
          type="checkbox"
          name="submitted_before"
          value={weekAgo}
          checked={filter.submittedBefore !== undefined}
        />{' '}
        {t('olderThanWeek')}
      </label>
    </Filters>
  );
}

function AuditList({ visit, audits, next }: { visit: Visit; audits: readonly Audit[]; next: string }) {
  const { t, url } = visit;
  const empty = url.search === '' ? 'noOpenAudits' : 'noAudits';
  return (
    <List
      visit={visit}
      columns={columnsOf(visit)}
      rows={audits}
      empty={t(next === '' ? empty : 'noRowsHere')}
      next={next}
    />
  );
}

const isOpen = ({ state }: Audit): boolean => state === AuditState.AUDIT_STATE_PENDING;

function columnsOf(visit: Visit): Column<Audit>[] {
  const { t } = visit;
  return [
    { title: t('appid'), cell: ({ appid }) => <AppId appid={appid} /> },
    {
      title: t('version'),
      cell: ({ operationId, userVersion }) => (
        <OperationLink id={operationId}>{userVersion || t('unknown')}</OperationLink>
      ),
    },
    {
      title: t('state'),
      cell: ({ delayed, state }) => <State visit={visit} of="audit" state={delayed ? 'DELAYED' : state} />,
    },
    { title: t('submittedAt'), cell: ({ submitTime }) => <Time visit={visit} at={submitTime} /> },
    { title: t('waited'), cell: (audit) => isOpen(audit) && <Age visit={visit} since={audit.submitTime} /> },
    { title: t('reason'), kind: 'wrap', cell: ({ reason }) => <ForeignText>{reason}</ForeignText> },
    {
      title: t('rollout'),
      cell: ({ rolloutId }) => rolloutId && <RolloutLink id={rolloutId}>{t('lookAt')}</RolloutLink>,
    },
    ...(canAct(visit)
      ? [{ title: '', cell: (audit: Audit) => isOpen(audit) && actionsOf(visit, audit) }]
      : []),
  ];
}

function actionsOf({ t }: Visit, { appid, auditId, userVersion }: Audit) {
  const input = { audit: `${auditId}`, version: userVersion || t('unknown') };
  return (
    <div class="actions">
      <a href={actionPath(appid, 'speed-up', input)}>{t('speedUp')}…</a>
      <a href={actionPath(appid, 'undo-audit', input)}>{t('undoAudit')}…</a>
    </div>
  );
}
