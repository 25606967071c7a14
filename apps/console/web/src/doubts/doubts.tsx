import { useQueries } from '@tanstack/react-query';
import { Button, Card, Tag } from 'antd';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { ApiError } from '../api/call.js';
import { errorText } from '../api/error-text.js';
import { reading, useCall, usePages, useRenewal } from '../api/query.js';
import { canAct } from '../app/session.js';
import type { Operation } from '../operations/held-by.js';
import { nameOf, t } from '../text/text.js';
import { Page } from '../ui/page.js';
import { type Columns, PagedTable } from '../ui/table.js';
import { Age, MiniProgramName, Secondary } from '../ui/value.js';
import { Decision, type Doubt } from './decision.js';
import { type Comparison, compare, READS, readOf } from './suggestion.js';

const COLUMNS: Columns<Doubt> = {
  'operations.of': ({ operation }) => <MiniProgramName appid={operation.appid} />,
  'operations.method': ({ operation: { id, method } }) => (
    <Link to={`/operations/${id}`}>{nameOf('method', method)}</Link>
  ),
  'doubts.sent': ({ operation }) => <Age since={operation.startTime} />,
  'doubts.requested': ({ requested }) => requested,
  'doubts.wechat': ({ found, failure, isAsked }) => {
    const unknown = isAsked ? 'doubts.nothing' : 'doubts.notAsked';
    return failure ?? (found || <Secondary>{t(unknown)}</Secondary>);
  },
  'doubts.suggests': ({ suggestion }) => suggestion && <Tag>{t(`doubts.${suggestion}`)}</Tag>,
};

/** Instead of the id of one. */
const ALL = 'all';

/** Operations in doubt: those that need a decision, compared with WeChat, and those that the service still checks. */
export function Component() {
  const { id } = useParams();
  const [asked, setAsked] = useState(id);
  const [chosen, setChosen] = useState<string[]>(id === undefined ? [] : [id]);
  // Those that were decided leave the list behind the dialog.
  const [deciding, setDeciding] = useState<readonly Doubt[]>();
  const renew = useRenewal(READS);
  const ask = () => {
    setAsked(ALL);
    void renew();
  };
  const pages = useInDoubt(id);
  const doubts = useDoubts(
    pages.rows.filter(({ awaitingResolution }) => awaitingResolution),
    (operation) => asked === ALL || asked === operation.id,
  );
  const selected = doubts.filter(({ operation }) => chosen.includes(operation.id));
  const decide = (doubt: Doubt) => (
    <Button size="small" onClick={() => setDeciding([doubt])}>
      {t('doubts.decide')}
    </Button>
  );
  const close = (isDone: boolean) => {
    setDeciding(undefined);
    if (isDone) setChosen([]);
  };
  return (
    <Page
      title={t('doubts.title')}
      actions={
        <>
          <Button disabled={doubts.length === 0} loading={doubts.some((one) => one.isAsking)} onClick={ask}>
            {t('doubts.askAll')}
          </Button>
          {canAct && (
            <Button type="primary" disabled={selected.length === 0} onClick={() => setDeciding(selected)}>
              {t('doubts.decideChosen', { n: selected.length })}
            </Button>
          )}
        </>
      }
    >
      <PagedTable
        pages={{ ...pages, rows: doubts }}
        rowKey={({ operation }) => operation.id}
        columns={{ ...COLUMNS, 'operations.actions': canAct && decide }}
        empty={t('doubts.none')}
        {...(canAct && {
          rowSelection: { selectedRowKeys: chosen, onChange: (keys) => setChosen(keys.map(String)) },
        })}
      />
      <Checked operations={pages.rows.filter(({ awaitingResolution }) => !awaitingResolution)} />
      {deciding && <Decision doubts={deciding} onClose={close} />}
    </Page>
  );
}

/** Those that are loaded, after the one that the address names, which may be on a later page. */
function useInDoubt(id: string | undefined) {
  const state = 'OPERATION_STATE_IN_DOUBT';
  const pages = usePages(
    'Operations/ListOperations',
    { state, oldestFirst: true, pageSize: 100 },
    ({ operations }) => operations,
  );
  const options = { enabled: id !== undefined, refetchInterval: 10_000 };
  const { data: named } = useCall('Operations/GetOperation', { id: id ?? '', withRequest: true }, options);
  if (named?.state !== state || pages.rows.some((one) => one.id === id)) return pages;
  return { ...pages, rows: [named, ...pages.rows] };
}

/** Those that need nobody. */
function Checked({ operations }: { operations: readonly Operation[] }) {
  if (operations.length === 0) return null;
  return (
    <Card title={t('doubts.checked', { n: operations.length })}>
      {operations.map(({ id, appid, method, startTime }) => (
        <div key={id}>
          <Link to={`/operations/${id}`}>{nameOf('method', method)}</Link> · {appid} ·{' '}
          <Age since={startTime} />
        </div>
      ))}
    </Card>
  );
}

const KEPT = { staleTime: 300_000, retry: false };

/** With the request, the name and, once it is wanted, WeChat's answer of each, as long as that is fresh. */
function useDoubts(operations: readonly Operation[], isWanted: (one: Operation) => boolean): Doubt[] {
  const requests = useQueries({
    queries: operations.map(({ id }) => ({
      ...reading('Operations/GetOperation', { id, withRequest: true }),
      ...KEPT,
    })),
  });
  const names = useQueries({
    queries: operations.map(({ appid }) => ({
      ...reading('Fleet/ListMiniPrograms', { search: appid }),
      ...KEPT,
    })),
  });
  const answers = useQueries({
    queries: operations.map((operation) => {
      const { appid, method, startTime } = operation;
      // For the types, one of these reads is as good as any other: each needs no more than the appid.
      const read = readOf(method) as 'CodeManagement/GetVersionInfo' | undefined;
      const asked = reading(read ?? 'CodeManagement/GetVersionInfo', { appid });
      // An answer from before the change was sent says nothing about it.
      const queryKey = [...asked.queryKey, startTime];
      return { ...asked, ...KEPT, queryKey, enabled: isWanted(operation) && read !== undefined };
    }),
  });
  return operations.map((operation, i) => {
    const { data, error, isFetching = false, isStale } = answers[i] ?? {};
    const failed = error as ApiError | null | undefined;
    const answer =
      failed || isStale || !isWanted(operation) ? undefined : (data as Record<string, unknown> | undefined);
    const json = requests[i]?.data?.requestJson;
    const compared = compare(operation, json ? JSON.parse(json) : undefined, answer);
    return {
      ...worded(operation.method, compared),
      operation,
      name: names[i]?.data?.miniPrograms.find(({ appid }) => appid === operation.appid)?.name ?? '',
      isAsking: isFetching,
      isAsked: readOf(operation.method) === undefined || answer !== undefined,
      failure: failed ? errorText(failed) : undefined,
    };
  });
}

/** Says what was requested and found in the viewer's language; a revert asks for any version but the one that it takes back. */
function worded(method: string, { requested, found, suggestion }: Comparison): Comparison {
  const named = (word: string) => nameOf('visit', nameOf('gray', nameOf('audit', word)));
  const words = (text: string) => text.split(' ').map(named).join(' ');
  const isOtherVersion = method === 'RevertRelease' && requested !== '';
  return {
    requested: isOtherVersion ? t('doubts.notVersion', { version: requested }) : words(requested),
    found: words(found),
    suggestion,
  };
}
