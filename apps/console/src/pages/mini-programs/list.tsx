import { Controller, Get, Query } from '@nestjs/common';
import { type Authorizer, AuthorizerState } from '@wxa/contracts';
import { Field, Filters, Select } from '../../ui/form.js';
import { AppId } from '../../ui/links.js';
import { type Column, Empty, List, PAGE_SIZE } from '../../ui/list.js';
import { choicesOf, State } from '../../ui/state.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { knownAuthorizers, PermissionSet } from './authorizer.js';
import { labelsOf } from './labels.js';

const STATES = ['AUTHORIZED', 'NEEDS_AUTHORIZATION', 'UNAUTHORIZED'] as const;

interface Filter {
  appid?: string;
  state?: string;
  labels?: string;
  page?: string;
}

/** The mini-programs that authorized the platform, by appid. */
@Controller('miniprograms')
export class MiniProgramsPage {
  @Get()
  async show(@CurrentVisit() visit: Visit, @Query() filter: Filter): Promise<View> {
    const appid = filter.appid?.trim();
    if (appid) return new SeeOther(`/miniprograms/${encodeURIComponent(appid)}`);
    return listPage(visit, filter);
  }
}

async function listPage(visit: Visit, filter: Filter): Promise<PageView> {
  return {
    title: visit.t('miniPrograms'),
    body: (
      <>
        <FilterForm visit={visit} filter={filter} />
        {await found(visit, filter)}
      </>
    ),
  };
}

async function found(visit: Visit, { state = '', labels = '', page = '' }: Filter) {
  const { t, gateway } = visit;
  const known = STATES.find((name) => name === state) ?? 'UNSPECIFIED';
  const request = {
    state: AuthorizerState[`AUTHORIZER_STATE_${known}`],
    labels: labelsOf(labels),
    pageSize: PAGE_SIZE,
    pageToken: page,
  };
  const list = await knownAuthorizers(gateway.authorizers.listAuthorizers(request));
  if (list === undefined) return <Empty>{t('noAuthorizers')}</Empty>;
  const isFiltered = `${state}${labels}${page}` !== '';
  return (
    <List
      visit={visit}
      columns={columnsOf(visit)}
      rows={list.authorizers}
      empty={t(isFiltered ? 'noneMatches' : 'noMiniPrograms')}
      next={list.nextPageToken}
    />
  );
}

function FilterForm({ visit, filter }: { visit: Visit; filter: Filter }) {
  const { t } = visit;
  return (
    <Filters visit={visit}>
      <Field label={t('state')}>
        <Select
          name="state"
          value={filter.state ?? ''}
          options={[['', t('all')], ...choicesOf(visit, 'authorizer', STATES)]}
        />
      </Field>
      <Field label={t('labelsByComma')}>
        <input name="labels" value={filter.labels} />
      </Field>
      <Field label={t('goToAppid')}>
        <input name="appid" autocomplete="off" placeholder="wx0123456789abcdef" />
      </Field>
    </Filters>
  );
}

function columnsOf(visit: Visit): Column<Authorizer>[] {
  const { t } = visit;
  return [
    { title: t('appid'), cell: ({ appid }) => <AppId appid={appid} /> },
    { title: t('name'), cell: ({ nickName }) => nickName },
    { title: t('state'), cell: ({ state }) => <State visit={visit} of="authorizer" state={state} /> },
    { title: t('permissionSets'), cell: (one) => <PermissionSet visit={visit} authorizer={one} /> },
    { title: t('labels'), cell: ({ labels }) => labels.join(' · ') },
    { title: t('tokenError'), kind: 'wrap', cell: ({ lastError }) => lastError },
  ];
}
