import { Controller, Get } from '@nestjs/common';
import { METHODS, type Operation, OperationState } from '@wxa/contracts';
import { type Failure, formAnswerOf } from '../../gateway/failure.js';
import { ErrorBox, Field, Filters, Select } from '../../ui/form.js';
import { AppId, OperationLink } from '../../ui/links.js';
import { List, PAGE_SIZE } from '../../ui/list.js';
import { nameOf, State } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { OperationAge } from './operation-facts.js';

const STATES = ['QUEUED', 'RUNNING', 'RETRYING', 'IN_DOUBT', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;

/** Operations, newest first, filtered by mini-program, state and method. */
@Controller('operations')
export class OperationsPage {
  @Get()
  async show(@CurrentVisit() visit: Visit): Promise<PageView> {
    const { t, gateway, url } = visit;
    const parameter = (name: string) => url.searchParams.get(name) ?? '';
    const [appid, method] = [parameter('appid').trim(), parameter('method')];
    const state = STATES.find((name) => name === parameter('state'));
    const { value: page, failure } = await formAnswerOf(
      gateway.operations.listOperations({
        appid,
        method,
        state: OperationState[`OPERATION_STATE_${state ?? 'UNSPECIFIED'}`],
        pageSize: PAGE_SIZE,
        pageToken: parameter('page'),
      }),
    );
    return {
      title: t('operations'),
      actions: <a href="/lanes">{t('lanes')}</a>,
      failure,
      body: (
        <>
          <OperationFilters visit={visit} appid={appid} state={state} method={method} failure={failure} />
          <ErrorBox visit={visit} failure={failure} />
          {page && <OperationList visit={visit} operations={page.operations} next={page.nextPageToken} />}
        </>
      ),
    };
  }
}

function OperationFilters(props: {
  visit: Visit;
  appid: string;
  state: string | undefined;
  method: string;
  failure: Failure | undefined;
}) {
  const { t } = props.visit;
  const states = STATES.map((name) => [name, nameOf(props.visit, 'operation', name)] as const);
  const methods = Object.keys(METHODS).map((name) => [name, name] as const);
  return (
    <Filters visit={props.visit}>
      <Field label={t('appid')} error={props.failure?.fields.get('appid')}>
        <input name="appid" value={props.appid} class="id" />
      </Field>
      <Field label={t('state')}>
        <Select name="state" value={props.state ?? ''} options={[['', t('all')], ...states]} />
      </Field>
      <Field label={t('method')} error={props.failure?.fields.get('method')}>
        <Select name="method" value={props.method} options={[['', t('all')], ...methods]} />
      </Field>
    </Filters>
  );
}

function OperationList(props: { visit: Visit; operations: readonly Operation[]; next: string }) {
  const { visit, operations, next } = props;
  const { t } = visit;
  const columns = [
    t('method'),
    t('appid'),
    t('state'),
    { number: t('attempts') },
    t('accepted'),
    t('age'),
    t('error'),
    t('blockedBy'),
  ];
  const empty = t(next === '' ? 'noOperations' : 'noRowsHere');
  return (
    <List visit={visit} columns={columns} empty={empty} next={next}>
      {operations.map((operation) => (
        <OperationRow visit={visit} operation={operation} />
      ))}
    </List>
  );
}

function OperationRow({ visit, operation }: { visit: Visit; operation: Operation }) {
  const { id, appid, method, state, attempts, error, blockedBy } = operation;
  return (
    <tr>
      <td>
        <OperationLink id={id}>{method}</OperationLink>
      </td>
      <td>
        <AppId appid={appid} />
      </td>
      <td>
        <State visit={visit} of="operation" state={state} />
      </td>
      <td class="number">{attempts}</td>
      <td>
        <Time visit={visit} at={operation.createTime} />
      </td>
      <td>
        <OperationAge visit={visit} operation={operation} />
      </td>
      <td>
        {error !== undefined && error.errcode !== 0 && `${error.errcode} `}
        {error?.reason}
      </td>
      <td>{blockedBy && <OperationLink id={blockedBy} />}</td>
    </tr>
  );
}
