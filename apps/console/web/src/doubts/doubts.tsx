import { useQueries } from '@tanstack/react-query';
import { Button, Card, Flex, Form, Input, Modal, Radio, Table, Tag, Typography } from 'antd';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { call } from '../api/call.js';
import { useErrorText } from '../api/error-text.js';
import { useCommand, usePages } from '../api/query.js';
import { useSession } from '../app/session.js';
import type { Operation } from '../operations/held-by.js';
import { useName, useText } from '../text/text.js';
import { MiniProgramName } from '../ui/appid.js';
import { ErrorAlert } from '../ui/error-alert.js';
import { Page } from '../ui/page.js';
import { Age } from '../ui/time.js';
import { type Comparison, type Conclusion, compare, readOf } from './suggestion.js';

const REFETCH_MS = 10_000;
const CONCLUSIONS: readonly Conclusion[] = ['DONE', 'NOT_DONE', 'RETRY'];

interface Doubt extends Comparison {
  operation: Operation;
  name: string;
  isAsked: boolean;
  failure: string | undefined;
}

/** Operations in doubt: those that need a decision, compared with WeChat, and those that the service still checks. */
export function DoubtsPage() {
  const { id } = useParams();
  const t = useText();
  const { canAct } = useSession();
  const [isAsking, setAsking] = useState(id !== undefined);
  const [chosen, setChosen] = useState<string[]>(id === undefined ? [] : [id]);
  const [deciding, setDeciding] = useState<readonly Doubt[]>([]);
  const { rows, error, isPending } = useInDoubt();
  const doubts = useDoubts(
    rows.filter(({ awaitingResolution }) => awaitingResolution),
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
      <ErrorAlert error={error} />
      <Table<Doubt>
        size="middle"
        rowKey={({ operation }) => operation.id}
        dataSource={doubts}
        columns={columns}
        loading={isPending && error === null}
        pagination={false}
        showHeader={rows.length > 0}
        {...(rows.length > 0 && { scroll: { x: 'max-content' } })}
        locale={{ emptyText: t('doubts.none') }}
        rowSelection={{ selectedRowKeys: chosen, onChange: (keys) => setChosen(keys.map(String)) }}
      />
      <Checked operations={rows.filter(({ awaitingResolution }) => !awaitingResolution)} />
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
    return {
      ...compare(operation.method, request, answer?.data as Record<string, unknown> | undefined),
      operation,
      name: names[i]?.data?.name ?? '',
      isAsked: readOf(operation.method) === undefined || answer?.data !== undefined || Boolean(failed),
      failure: failed ? errorText(failed) : undefined,
    };
  });
}

function useColumns(decide: ((doubt: Doubt) => void) | undefined) {
  const t = useText();
  const name = useName();
  const named = (value: string) => name('visit', value);
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
    { title: t('doubts.requested'), render: ({ requested }: Doubt) => named(requested) },
    {
      title: t('doubts.wechat'),
      render: ({ found, failure, isAsked }: Doubt) =>
        failure ??
        (found === '' ? (
          <Typography.Text type="secondary">
            {t(isAsked ? 'doubts.nothing' : 'doubts.notAsked')}
          </Typography.Text>
        ) : (
          named(found)
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

interface Decided {
  conclusion: Conclusion;
  reason: string;
  auditId?: string;
}

/** One decision for all given doubts; what they agree on is preselected. */
function Decision({
  doubts,
  onDone,
  onCancel,
}: {
  doubts: readonly Doubt[];
  onDone(): void;
  onCancel(): void;
}) {
  const t = useText();
  const { user } = useSession();
  const [form] = Form.useForm<Decided>();
  const resolve = useCommand('Operations/ResolveOperation', {
    invalidates: ['Operations/ListOperations', 'Operations/GetOperation', 'Platform/GetPlatformStatus'],
    success: t('doubts.decided'),
  });
  const decide = async ({ conclusion, reason, auditId = '0' }: Decided) => {
    for (const { operation } of doubts) {
      const of = conclusion === 'DONE' && operation.method === 'SubmitAudit' ? { auditId } : {};
      await resolve.mutateAsync({
        ...{ id: operation.id, resolution: `RESOLUTION_${conclusion}`, resolvedBy: user, reason },
        ...of,
      });
    }
    onDone();
  };
  return (
    <Modal
      open={doubts.length > 0}
      title={t('doubts.decideChosen', { n: doubts.length })}
      okText={t('doubts.confirm')}
      cancelText={t('cancel')}
      okButtonProps={{ loading: resolve.isPending }}
      destroyOnHidden
      onOk={() => form.submit()}
      onCancel={onCancel}
    >
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        onFinish={(values) => void decide(values).catch(() => undefined)}
      >
        <DecisionFields doubts={doubts} />
      </Form>
    </Modal>
  );
}

function DecisionFields({ doubts }: { doubts: readonly Doubt[] }) {
  const t = useText();
  const suggestions = new Set(doubts.map(({ suggestion }) => suggestion));
  const [suggested] = suggestions.size === 1 ? suggestions : [];
  const needsAudit = doubts.length === 1 && doubts[0]?.operation.method === 'SubmitAudit';
  return (
    <>
      <Typography.Paragraph>
        {doubts.slice(0, 5).map(({ operation, name, requested, found }) => (
          <span key={operation.id} style={{ display: 'block' }}>
            {t('doubts.line', {
              name: name || operation.appid,
              requested: requested || '–',
              found: found || '–',
            })}
          </span>
        ))}
      </Typography.Paragraph>
      <Form.Item
        name="conclusion"
        label={t('doubts.conclusion')}
        initialValue={suggested}
        rules={[{ required: true, message: t('doubts.choose') }]}
      >
        <Radio.Group>
          <Flex vertical gap="small">
            {CONCLUSIONS.map((one) => (
              <Radio key={one} value={one}>
                {t(`doubts.${one}`)}
              </Radio>
            ))}
          </Flex>
        </Radio.Group>
      </Form.Item>
      {needsAudit && (
        <Form.Item name="auditId" label={t('doubts.auditId')}>
          <Input inputMode="numeric" />
        </Form.Item>
      )}
      <Form.Item
        name="reason"
        label={t('doubts.evidence')}
        rules={[{ required: true, whitespace: true, message: t('reason.required') }]}
      >
        <Input.TextArea rows={2} maxLength={2_000} />
      </Form.Item>
    </>
  );
}
