import { useQueries } from '@tanstack/react-query';
import { Button, Card, Tag, Typography } from 'antd';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { call } from '../api/call.js';
import { useErrorText } from '../api/error-text.js';
import { usePages } from '../api/query.js';
import { useSession } from '../app/session.js';
import type { Operation } from '../operations/held-by.js';
import { useName, useText } from '../text/text.js';
import { MiniProgramName } from '../ui/appid.js';
import { PagedTable } from '../ui/list/paged-table.js';
import { Page } from '../ui/page.js';
import { Age } from '../ui/time.js';
import { Decision, type Doubt } from './decision.js';
import { type Comparison, compare, readOf } from './suggestion.js';

const REFETCH_MS = 10_000;

/** Operations in doubt: those that need a decision, compared with WeChat, and those that the service still checks. */
export function Component() {
  const { id } = useParams();
  const t = useText();
  const { canAct } = useSession();
  const [isAsking, setAsking] = useState(id !== undefined);
  const [chosen, setChosen] = useState<string[]>(id === undefined ? [] : [id]);
  const [deciding, setDeciding] = useState<readonly Doubt[]>([]);
  const pages = useInDoubt();
  const doubts = useDoubts(
    pages.rows.filter(({ awaitingResolution }) => awaitingResolution),
    isAsking,
  );
  const selected = doubts.filter(({ operation: { id } }) => chosen.includes(id));
  const columns = useColumns(canAct ? (doubt) => setDeciding([doubt]) : undefined);
  const finish = () => {
    setDeciding([]);
    setChosen([]);
  };
  return (
    <Page
      title={t('doubts.title')}
      actions={
        <>
          <Button
            disabled={doubts.length === 0}
            loading={doubts.some((one) => isAsking && !one.isAsked)}
            onClick={() => setAsking(true)}
          >
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
      <PagedTable<Doubt>
        pages={{ ...pages, rows: doubts }}
        rowKey={({ operation }) => operation.id}
        columns={columns}
        empty={t('doubts.none')}
        rowSelection={{ selectedRowKeys: chosen, onChange: (keys) => setChosen(keys.map(String)) }}
      />
      <Checked operations={pages.rows.filter(({ awaitingResolution }) => !awaitingResolution)} />
      <Decision doubts={deciding} onDone={finish} onCancel={() => setDeciding([])} />
    </Page>
  );
}

function useInDoubt() {
  return usePages(
    'Operations/ListOperations',
    { state: 'OPERATION_STATE_IN_DOUBT', oldestFirst: true, pageSize: 100 },
    ({ operations }) => operations,
    { refetchMs: REFETCH_MS },
  );
}

/** Those that need nobody. */
function Checked({ operations }: { operations: readonly Operation[] }) {
  const t = useText();
  const name = useName();
  if (operations.length === 0) return null;
  return (
    <Card size="small" title={t('doubts.checked', { n: operations.length })}>
      {operations.map(({ id, appid, method, startTime }) => (
        <div key={id}>
          <Link to={`/operations/${id}`}>{name('method', method)}</Link> · {appid} · <Age since={startTime} />
        </div>
      ))}
    </Card>
  );
}

/** With the request, the name and, once it is wanted, WeChat's answer of each. */
function useDoubts(operations: readonly Operation[], isAsking: boolean): Doubt[] {
  const errorText = useErrorText();
  const worded = useWorded();
  const kept = { staleTime: 60_000, retry: false };
  const requests = useQueries({
    queries: operations.map(({ id }) => ({
      ...{ ...kept, queryKey: ['Operations/GetOperation', { id, withRequest: true }] },
      queryFn: () => call('Operations/GetOperation', { id, withRequest: true }),
    })),
  });
  const names = useQueries({
    queries: operations.map(({ appid }) => ({
      ...{ ...kept, queryKey: ['Fleet/GetMiniProgram', { appid }] },
      queryFn: () => call('Fleet/GetMiniProgram', { appid }),
    })),
  });
  const answers = useQueries({
    queries: operations.map(({ appid, method }) => {
      const read = readOf(method);
      return {
        ...{ ...kept, queryKey: [read, { appid }], enabled: isAsking && read !== undefined },
        // The one of these reads that needs no more than the appid is as good as any other for the types.
        queryFn: () => call(read as 'CodeManagement/GetVersionInfo', { appid }),
      };
    }),
  });
  return operations.map((operation, i) => {
    const answer = answers[i];
    const failed = answer?.error as Parameters<typeof errorText>[0] | null | undefined;
    const request = JSON.parse(requests[i]?.data?.requestJson || '{}');
    const compared = compare(operation.method, request, answer?.data as Record<string, unknown> | undefined);
    return {
      ...worded(operation.method, compared),
      operation,
      name: names[i]?.data?.name ?? '',
      isAsked: readOf(operation.method) === undefined || answer?.data !== undefined || Boolean(failed),
      failure: failed ? errorText(failed) : undefined,
    };
  });
}

/** Says what was requested and found in the viewer's language; a revert asks for any version but the one that it takes back. */
function useWorded() {
  const t = useText();
  const name = useName();
  const named = (word: string) => name('visit', name('gray', name('audit', word)));
  const words = (text: string) => text.split(' ').map(named).join(' ');
  return (method: string, { requested, found, suggestion }: Comparison): Comparison => ({
    requested:
      method === 'RevertRelease' && requested !== ''
        ? t('doubts.notVersion', { version: requested })
        : words(requested),
    found: words(found),
    suggestion,
  });
}

function useColumns(decide: ((doubt: Doubt) => void) | undefined) {
  const t = useText();
  const name = useName();
  return [
    {
      title: t('operations.of'),
      render: ({ operation, name: of }: Doubt) => <MiniProgramName appid={operation.appid} name={of} />,
    },
    {
      title: t('operations.method'),
      render: ({ operation: { id, method } }: Doubt) => (
        <Link to={`/operations/${id}`}>{name('method', method)}</Link>
      ),
    },
    { title: t('doubts.sent'), render: ({ operation }: Doubt) => <Age since={operation.startTime} /> },
    { title: t('doubts.requested'), render: ({ requested }: Doubt) => requested },
    {
      title: t('doubts.wechat'),
      render: ({ found, failure, isAsked }: Doubt) =>
        failure ??
        (found === '' ? (
          <Typography.Text type="secondary">
            {t(isAsked ? 'doubts.nothing' : 'doubts.notAsked')}
          </Typography.Text>
        ) : (
          found
        )),
    },
    {
      title: t('doubts.suggests'),
      render: ({ suggestion }: Doubt) => suggestion && <Tag>{t(`doubts.${suggestion}`)}</Tag>,
    },
    {
      title: t('operations.actions'),
      render: (doubt: Doubt) =>
        decide && (
          <Button size="small" onClick={() => decide(doubt)}>
            {t('doubts.decide')}
          </Button>
        ),
    },
  ];
}
