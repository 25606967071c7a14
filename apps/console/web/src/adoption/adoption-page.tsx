import { CheckCircleOutlined, CloseCircleOutlined, ExclamationCircleOutlined } from '@ant-design/icons';
import { Card, Flex, Skeleton, Steps, Tag, Typography } from 'antd';
import { useCall } from '../api/query.js';
import { canAct } from '../app/session.js';
import { usePlatformStatus } from '../app/use-platform-status.js';
import { hasTokensElsewhere } from '../platform/health.js';
import { t } from '../text/text.js';
import type { TextKey } from '../text/translate.js';
import { ErrorAlert, Page, Unread } from '../ui/page.js';
import { Secondary } from '../ui/value.js';
import { destinationOf } from './destination.js';
import { type Finding, type Step, stepsOf } from './steps.js';
import { Callbacks, ForwardsTable, ListedCalls } from './tables.js';
import { RenewToken, TokenReaders } from './tokens.js';

/** Beside or in front of an old program: which step is reached, what WeChat sends and where it goes, who reads tokens, and listed calls. */
export function Component() {
  const { data: status, error, refetch } = usePlatformStatus();
  if (status === undefined) return <Unread title={t('adoption.title')} error={error} retry={refetch} />;
  const ownsTokens = !hasTokensElsewhere(status);
  return (
    <Page title={t('adoption.title')}>
      <Card title={t('adoption.steps')}>
        <StepsList />
      </Card>
      <Card title={t('adoption.callbacks')}>
        <Callbacks />
      </Card>
      <Card title={t('adoption.forwards')}>
        <ForwardsTable />
      </Card>
      <Card title={t('adoption.tokens')} extra={canAct && ownsTokens && <RenewToken />}>
        <Flex vertical gap="small">
          {t(`adoption.check.owner.${ownsTokens ? 'here' : 'elsewhere'}`)}
          <TokenReaders canRenew={canAct && ownsTokens} />
        </Flex>
      </Card>
      <Card title={t('adoption.calls')}>
        <ListedCalls />
      </Card>
    </Page>
  );
}

const ICONS = {
  ok: <CheckCircleOutlined style={{ color: 'var(--ant-color-success)' }} />,
  warn: <ExclamationCircleOutlined style={{ color: 'var(--ant-color-warning)' }} />,
  fail: <CloseCircleOutlined style={{ color: 'var(--ant-color-error)' }} />,
};
const STATUS = { reached: 'finish', next: 'process', later: 'wait' } as const;

const EVERY = { refetchInterval: 10_000 };

/** The steps of the adoption; empty until all that they depend on was read. The other parts of the page see what is read here. */
function useSteps() {
  const status = useCall('Platform/GetPlatformStatus', {}, EVERY);
  const forwards = useCall('Platform/GetForwards', {}, EVERY);
  const names = useCall('Platform/ListCallbackNames', {}, EVERY);
  const calls = useCall('Platform/ListListedCalls', {});
  const labels = useCall('Fleet/GetFleetSummary', { byLabel: true }, { staleTime: 30_000 });
  const readers = useCall('Platform/ListTokenReaders', { pageSize: 1 });
  const error = [status, forwards, names, calls, labels, readers].find((one) => one.error)?.error;
  const isRead = status.data && forwards.data && names.data && calls.data && labels.data && readers.data;
  if (!isRead) return { error, steps: [] as Step[] };
  const goesTo = names.data.names.map(({ name }) => destinationOf(name, forwards.data));
  const steps = stepsOf({
    ...{ status: status.data, forwards: forwards.data.forwards, names: names.data.names },
    ...{ calls: calls.data.calls, labels: labels.data.labels, readers: readers.data.readers },
    unused: goesTo.filter((one) => one === 'topic').length,
    now: Date.now(),
  });
  return { error, steps };
}

/** The steps of an adoption: which are reached, which is next, and what holds for each. */
function StepsList() {
  const { error, steps } = useSteps();
  if (steps.length === 0) return error ? <ErrorAlert error={error} /> : <Skeleton active />;
  return (
    <Flex vertical gap="middle">
      <ErrorAlert error={error} />
      <Secondary>
        {t('adoption.stepsHint')} <Typography.Text code>npx wxa adopt check --step N</Typography.Text>
      </Secondary>
      <Steps
        orientation="vertical"
        size="small"
        // The first step is number 0.
        initial={-1}
        current={steps.filter(({ state }) => state === 'reached').length - 2}
        items={steps.map(({ number, state, findings }) => ({
          status: STATUS[state],
          title: (
            <Flex gap="small" align="center" wrap>
              {t(`adoption.step.${number}` as TextKey)}
              {state === 'next' && <Tag color="processing">{t('adoption.next')}</Tag>}
            </Flex>
          ),
          content: (
            <Flex vertical>
              <span>{t(`adoption.does.${number}` as TextKey)}</span>
              {findings.map((finding) => (
                <Line key={`${finding.text} ${finding.values.name}`} finding={finding} />
              ))}
            </Flex>
          ),
        }))}
      />
    </Flex>
  );
}

function Line({ finding: { result, text, values } }: { finding: Finding }) {
  return (
    <span>
      {ICONS[result]} {t(`adoption.check.${text}`, values)}
    </span>
  );
}
