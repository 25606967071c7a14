import { Controller, Get } from '@nestjs/common';
import { type Audit, AuditState as State } from '@wxa/contracts';
import { type Failure, formFailure, HTTP_STATUS } from '../../gateway/failure.js';
import { ErrorBox, Field, Filters, Select } from '../../ui/form.js';
import { AppId, OperationLink, RolloutLink } from '../../ui/links.js';
import { Empty, PAGE_SIZE, Pager, Table } from '../../ui/list.js';
import { AuditState } from '../../ui/state.js';
import { Age, Time } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';

const STATES = ['PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN'] as const;
const WEEK_MS = 7 * 86_400_000;

/** Audits, those that were submitted first come first; those under audit unless another state is chosen. */
@Controller('audits')
export class AuditsPage {
  @Get()
  async show(@CurrentVisit() visit: Visit): Promise<PageView> {
    const { t, gateway } = visit;
    const filter = filterOf(visit);
    const { state, submittedBefore } = filter;
    const answer = await gateway.audits
      .listAudits({
        appid: filter.appid,
        state: state === '' ? State.AUDIT_STATE_UNSPECIFIED : State[`AUDIT_STATE_${state}`],
        delayed: filter.isDelayed,
        submittedBefore,
        pageSize: PAGE_SIZE,
        pageToken: visit.url.searchParams.get('page') ?? '',
      })
      .catch(formFailure);
    const failure = 'code' in answer ? answer : undefined;
    const body = (
      <>
        <AuditFilters visit={visit} filter={filter} failure={failure} />
        {'code' in answer ? (
          <ErrorBox visit={visit} failure={answer} />
        ) : (
          <AuditList visit={visit} filter={filter} audits={answer.audits} next={answer.nextPageToken} />
        )}
      </>
    );
    const status = failure && (HTTP_STATUS[failure.code] ?? 400);
    return { title: t('audits'), body, ...(status !== undefined && { status }) };
  }
}

interface Filter {
  appid: string;
  state: (typeof STATES)[number] | '';
  isDelayed: boolean;
  /** An instant in the URL and not an age, because the pages of a list have the same filters. */
  submittedBefore: Date | undefined;
}

function filterOf({ url: { searchParams } }: Visit): Filter {
  const state = searchParams.get('state') ?? 'PENDING';
  const before = new Date(searchParams.get('submitted_before') ?? '');
  return {
    appid: (searchParams.get('appid') ?? '').trim(),
    state: STATES.find((name) => name === state) ?? '',
    isDelayed: searchParams.has('delayed'),
    submittedBefore: Number.isNaN(before.getTime()) ? undefined : before,
  };
}

function AuditFilters(props: { visit: Visit; filter: Filter; failure: Failure | undefined }) {
  const { filter, failure } = props;
  const { t } = props.visit;
  const weekAgo = new Date(Date.now() - WEEK_MS).toISOString();
  const states = STATES.map((name) => [name, t(`audit.${name}`)] as const);
  return (
    <Filters visit={props.visit}>
      <Field label={t('appid')} error={failure?.fields.get('appid')}>
        <input name="appid" value={filter.appid} class="id" />
      </Field>
      <Field label={t('state')} error={failure?.fields.get('state')}>
        <Select name="state" value={filter.state} options={[...states, ['', t('all')]]} />
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

function AuditList(props: { visit: Visit; filter: Filter; audits: readonly Audit[]; next: string }) {
  const { visit, audits, next } = props;
  const { t, url } = visit;
  const columns = [
    t('appid'),
    t('auditedVersion'),
    t('state'),
    t('submittedAt'),
    t('waited'),
    t('reason'),
    t('rollout'),
    ...(canAct(visit) ? [''] : []),
  ];
  const empty = url.search === '' ? 'noOpenAudits' : 'noAudits';
  return (
    <>
      {audits.length === 0 ? (
        <Empty>{t(next === '' ? empty : 'noRowsHere')}</Empty>
      ) : (
        <Table columns={columns}>
          {audits.map((audit) => (
            <AuditRow visit={visit} audit={audit} />
          ))}
        </Table>
      )}
      <Pager visit={visit} next={next} />
    </>
  );
}

function AuditRow({ visit, audit }: { visit: Visit; audit: Audit }) {
  const { t } = visit;
  const { appid, auditId, userVersion, rolloutId, submitTime } = audit;
  const isOpen = audit.state === State.AUDIT_STATE_PENDING;
  const path = `/audits/${appid}/${auditId}`;
  return (
    <tr>
      <td>
        <AppId appid={appid} />
      </td>
      <td>
        <OperationLink id={audit.operationId}>{userVersion || t('unknown')}</OperationLink>
      </td>
      <td>
        <AuditState visit={visit} state={audit.delayed ? State.AUDIT_STATE_DELAYED : audit.state} />
      </td>
      <td>
        <Time visit={visit} at={submitTime} />
      </td>
      <td>{isOpen && <Age visit={visit} since={submitTime} />}</td>
      <td class="wrap">
        <WechatText text={audit.reason} />
      </td>
      <td>{rolloutId && <RolloutLink id={rolloutId}>{rolloutId}</RolloutLink>}</td>
      {canAct(visit) && (
        <td>
          {isOpen && (
            <>
              <a href={`${path}/speed-up`}>{t('speedUpMore')}</a>{' '}
              <a href={`${path}/withdraw`}>{t('withdrawMore')}</a>
            </>
          )}
        </td>
      )}
    </tr>
  );
}

/** A text of WeChat's auditors, in which `<br>` is a line break and all else is text. */
function WechatText({ text }: { text: string }) {
  const [first, ...others] = text.split(/<br\s*\/?>/i);
  return (
    <>
      {first}
      {others.map((line) => (
        <>
          <br />
          {line}
        </>
      ))}
    </>
  );
}
