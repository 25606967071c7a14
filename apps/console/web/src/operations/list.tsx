import { Checkbox, DatePicker } from 'antd';
import dayjs from 'dayjs';
import { useEffect, useMemo } from 'react';
import { useCall, usePages } from '../api/query.js';
import { optionsOf, t } from '../text/text.js';
import { titleOf } from '../text/title.js';
import { FilterFields, useFilters } from '../ui/filters.js';
import { Page } from '../ui/page.js';
import { PagedTable } from '../ui/table.js';
import { Secondary } from '../ui/value.js';
import { operationColumns } from './columns.js';
import type { Operation } from './held-by.js';

const PAGE_SIZE = 50;

/** For each page the service looks at a part of all operations, because no index finds these. */
const SOUGHT = ['person', 'version', 'rollout'] as const;
/** So many parts are looked at without being asked. */
const PARTS = 10;

/** Operations, newest first: the changes, and the queries too if they are asked for. */
export function Component() {
  const { parameters: search } = useFilters();
  const isSought = SOUGHT.some((key) => search.has(key));
  const pages = useOperations(search, isSought);
  return (
    <Page title={t('operations.title')}>
      <Filters />
      <PagedTable pages={pages} rowKey="id" columns={operationColumns()} empty={t('operations.none')} />
      {isSought && pages.hasNextPage && <Secondary>{t('operations.olderNotRead')}</Secondary>}
    </Page>
  );
}

/** Until a page is full, further parts are read. */
function useOperations(search: URLSearchParams, isSought: boolean) {
  const request = useMemo(() => requestOf(search), [search]);
  // A search looks at up to 200,000 operations.
  const pages = usePages('Operations/ListOperations', request, ({ operations }) => operations, {
    ...(isSought && { refetchMs: 0 }),
  });
  const { hasNextPage, isFetching, fetchNextPage, rows, data } = pages;
  const isShort = rows.length < PAGE_SIZE && (data?.pages.length ?? 0) < PARTS;
  useEffect(() => {
    if (isSought && isShort && hasNextPage && !isFetching) void fetchNextPage();
  }, [isSought, isShort, hasNextPage, isFetching, fetchNextPage]);
  return {
    ...pages,
    isPending: pages.isPending || (isSought && isShort && hasNextPage && rows.length === 0),
  };
}

function Filters() {
  const { parameters: search, set } = useFilters();
  const [from = null, to = null] = ['from', 'to'].map((key) =>
    search.has(key) ? dayjs(search.get(key)) : null,
  );
  return (
    <FilterFields
      fields={[
        { name: 'appid', label: 'operations.appid', width: 220 },
        { name: 'state', label: 'operations.state', options: optionsOf('operation'), width: 130 },
        { name: 'method', label: 'operations.method', options: optionsOf('method') },
        { name: 'person', label: 'operations.person', width: 150 },
        { name: 'version', label: 'operations.version', width: 150 },
        { name: 'rollout', label: 'operations.rollout', options: useRolloutOptions() },
      ]}
    >
      <DatePicker.RangePicker
        showTime={{ format: 'HH:mm' }}
        format="YYYY-MM-DD HH:mm"
        allowEmpty={[true, true]}
        value={[from, to]}
        onChange={(range) => set({ from: range?.[0]?.toISOString(), to: range?.[1]?.toISOString() })}
      />
      <Checkbox
        checked={!search.has('all')}
        onChange={({ target }) => set({ all: target.checked ? undefined : '1' })}
      >
        {t('operations.changesOnly')}
      </Checkbox>
    </FilterFields>
  );
}

/** The newest rollouts. */
function useRolloutOptions() {
  const { data } = useCall('Rollouts/ListRollouts', { pageSize: 200 }, { staleTime: 60_000 });
  const started = data?.rollouts.filter(({ startTime }) => startTime !== undefined) ?? [];
  return started.map((rollout) => ({ value: rollout.id, label: titleOf(rollout) }));
}

function requestOf(search: URLSearchParams) {
  const given = (key: string) => search.get(key) ?? '';
  return {
    ...{ appid: given('appid'), method: given('method'), onBehalfOf: given('person') },
    ...{ userVersion: given('version'), rolloutId: given('rollout') },
    ...(search.has('state') && { state: `OPERATION_STATE_${given('state')}` as Operation['state'] }),
    ...(search.has('from') && { createTimeAfter: given('from') }),
    ...(search.has('to') && { createTimeBefore: given('to') }),
    changesOnly: !search.has('all'),
    pageSize: PAGE_SIZE,
  };
}
