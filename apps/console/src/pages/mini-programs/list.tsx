import { Controller, Get, Query } from '@nestjs/common';
import { type Authorizer, AuthorizerState as State } from '@wxa/contracts';
import { failureOf } from '../../gateway/failure.js';
import { Field, Filters, Select } from '../../ui/form.js';
import { AppId } from '../../ui/links.js';
import { Empty, PAGE_SIZE, Pager, Table } from '../../ui/list.js';
import { AuthorizerState } from '../../ui/state.js';
import type { PageView } from '../../visit/view.js';
import { SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { isWithoutAuthorizers, PermissionSet } from './authorizer.js';
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
  const name = STATES.find((each) => each === state);
  try {
    const { authorizers, nextPageToken } = await gateway.authorizers.listAuthorizers({
      state: name === undefined ? State.AUTHORIZER_STATE_UNSPECIFIED : State[`AUTHORIZER_STATE_${name}`],
      labels: labelsOf(labels),
      pageSize: PAGE_SIZE,
      pageToken: page,
    });
    const isFiltered = `${state}${labels}${page}` !== '';
    if (authorizers.length === 0) return <Empty>{t(isFiltered ? 'noneMatches' : 'noMiniPrograms')}</Empty>;
    return (
      <>
        <Authorizers visit={visit} authorizers={authorizers} />
        <Pager visit={visit} next={nextPageToken} />
      </>
    );
  } catch (error) {
    if (!isWithoutAuthorizers(failureOf(error))) throw error;
    return <Empty>{t('noAuthorizers')}</Empty>;
  }
}

function FilterForm({ visit, filter }: { visit: Visit; filter: Filter }) {
  const { t } = visit;
  const states = [['', t('all')], ...STATES.map((name) => [name, t(`authorizer.${name}`)] as const)] as const;
  return (
    <Filters visit={visit}>
      <Field label={t('state')}>
        <Select name="state" value={filter.state ?? ''} options={states} />
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

function Authorizers({ visit, authorizers }: { visit: Visit; authorizers: readonly Authorizer[] }) {
  const { t } = visit;
  return (
    <Table
      columns={[t('appid'), t('nickName'), t('state'), t('permissionSets'), t('labels'), t('tokenError')]}
    >
      {authorizers.map((authorizer) => (
        <tr>
          <td>
            <AppId appid={authorizer.appid} />
          </td>
          <td>{authorizer.nickName}</td>
          <td>
            <AuthorizerState visit={visit} state={authorizer.state} />
          </td>
          <td>
            <PermissionSet visit={visit} authorizer={authorizer} />
          </td>
          <td>{authorizer.labels.join(' · ')}</td>
          <td class="wrap">{authorizer.lastError}</td>
        </tr>
      ))}
    </Table>
  );
}
