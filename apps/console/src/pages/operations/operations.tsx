import { Controller, Get } from '@nestjs/common';
import { METHODS, type Operation, OperationState } from '@wxa/contracts';
import { type Failure, fieldErrorOf, formAnswerOf } from '../../gateway/failure.js';
import { ErrorBox, Field, Filters, Select } from '../../ui/form.js';
import { AppId, OperationLink } from '../../ui/links.js';
import { type Column, List, PAGE_SIZE } from '../../ui/list.js';
import { choicesOf, State } from '../../ui/state.js';
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
    const empty = url.search === '' ? 'noOperations' : 'noSuchOperations';
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
          {page && (
            <List
              visit={visit}
              columns={columnsOf(visit)}
              rows={page.operations}
              empty={t(page.nextPageToken === '' ? empty : 'noRowsHere')}
              next={page.nextPageToken}
            />
          )}
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
  const methods = Object.keys(METHODS).map((name) => [name, name] as const);
  return (
    <Filters visit={props.visit}>
      <Field label={t('appid')} error={fieldErrorOf(props.visit, props.failure, 'appid')}>
        <input name="appid" value={props.appid} class="id" />
      </Field>
      <Field label={t('state')}>
        <Select
          name="state"
          value={props.state ?? ''}
          options={[['', t('all')], ...choicesOf(props.visit, 'operation', STATES)]}
        />
      </Field>
      <Field label={t('method')} error={fieldErrorOf(props.visit, props.failure, 'method')}>
        <Select name="method" value={props.method} options={[['', t('all')], ...methods]} />
      </Field>
    </Filters>
  );
}

function columnsOf(visit: Visit): Column<Operation>[] {
  const { t } = visit;
  return [
    { title: t('method'), cell: ({ id, method }) => <OperationLink id={id}>{method}</OperationLink> },
    { title: t('state'), cell: ({ state }) => <State visit={visit} of="operation" state={state} /> },
    { title: t('appid'), cell: ({ appid }) => <AppId appid={appid} /> },
    { title: t('attempts'), kind: 'number', cell: ({ attempts }) => attempts },
    { title: t('acceptedAt'), cell: ({ createTime }) => <Time visit={visit} at={createTime} /> },
    { title: t('age'), cell: (operation) => <OperationAge visit={visit} operation={operation} /> },
    { title: t('error'), cell: ({ error }) => error && [error.errcode || '', error.reason].join(' ').trim() },
    { title: t('blockedBy'), cell: ({ blockedBy }) => blockedBy && <OperationLink id={blockedBy} /> },
  ];
}
