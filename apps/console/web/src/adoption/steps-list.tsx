import { CheckCircleOutlined, CloseCircleOutlined, ExclamationCircleOutlined } from '@ant-design/icons';
import { Flex, Steps, Tag, Typography } from 'antd';
import { useText } from '../text/text.js';
import type { TextKey } from '../text/translate.js';
import type { Finding, Step } from './steps.js';

const ICONS = {
  ok: <CheckCircleOutlined style={{ color: 'var(--ant-color-success)' }} />,
  warn: <ExclamationCircleOutlined style={{ color: 'var(--ant-color-warning)' }} />,
  fail: <CloseCircleOutlined style={{ color: 'var(--ant-color-error)' }} />,
};
const STATUS = { reached: 'finish', next: 'process', later: 'wait' } as const;

/** The steps of an adoption: which are reached, which is next, and what holds for each. */
export function StepsList({ steps }: { steps: readonly Step[] }) {
  const t = useText();
  return (
    <Flex vertical gap="middle">
      <Typography.Text type="secondary">
        {t('adoption.stepsHint')} <Typography.Text code>npx wxa adopt check --step N</Typography.Text>
      </Typography.Text>
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
  const t = useText();
  return (
    <span>
      {ICONS[result]} {t(`adoption.check.${text}`, values)}
    </span>
  );
}
