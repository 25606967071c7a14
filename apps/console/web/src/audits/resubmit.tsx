import { Button, Card, Flex, Form, Input, Spin, Typography } from 'antd';
import { useState } from 'react';
import { useCall, useCommand } from '../api/query.js';
import { newRequestId } from '../api/request-id.js';
import type { Request, Response } from '../api/types.js';
import { useText } from '../text/text.js';
import { ErrorAlert } from '../ui/error-alert.js';

type Submission = Request<'CodeManagement/SubmitAudit'>;

interface Props {
  appid: string;
  /** The submission whose items are filled in. */
  operationId: string;
  onDone(operation: Response<'CodeManagement/SubmitAudit'>): void;
}

/** The form of a submission with the items of an earlier one. It submits the trial version as it is now. */
export function Resubmit({ appid, operationId, onDone }: Props) {
  const t = useText();
  const { data, error } = useCall('Operations/GetOperation', { id: operationId, withRequest: true });
  if (data === undefined) return error ? <ErrorAlert error={error} /> : <Spin />;
  const { requestId: _, expectedUserVersion: __, ...earlier } = JSON.parse(data.requestJson || '{}');
  return (
    <SubmissionForm earlier={{ items: [{}], ...earlier, appid }} onDone={onDone} label={t('audits.submit')} />
  );
}

function SubmissionForm({
  earlier,
  onDone,
  label,
}: {
  earlier: Submission;
  onDone: Props['onDone'];
  label: string;
}) {
  const t = useText();
  const [form] = Form.useForm<Submission>();
  const [requestId] = useState(newRequestId);
  const submit = useCommand('CodeManagement/SubmitAudit', {
    invalidates: ['Audits/ListAudits', 'Operations/ListOperations'],
    success: t('audits.sent'),
    form,
    onSuccess: onDone,
  });
  const text = (name: (string | number)[], key: Parameters<typeof t>[0]) => (
    <Form.Item name={name} label={t(key)} style={{ flex: 1, minWidth: 180, marginBottom: 8 }}>
      <Input />
    </Form.Item>
  );
  return (
    <Form
      form={form}
      layout="vertical"
      initialValues={earlier}
      onFinish={(values) =>
        submit.mutate({ ...earlier, ...values, requestId, items: merged(earlier, values) })
      }
    >
      <Typography.Paragraph type="secondary">{t('audits.againHint')}</Typography.Paragraph>
      {(earlier.items ?? []).map((item, i) => (
        <Card
          key={`${item.firstId} ${item.address}`}
          size="small"
          style={{ marginBottom: 8 }}
          title={[item.firstClass, item.secondClass, item.thirdClass].filter(Boolean).join(' / ')}
        >
          <Flex wrap gap="small">
            {text(['items', i, 'title'], 'audits.itemTitle')}
            {text(['items', i, 'address'], 'audits.itemAddress')}
            {text(['items', i, 'tag'], 'audits.itemTag')}
          </Flex>
        </Card>
      ))}
      <Form.Item name="versionDesc" label={t('audits.versionDesc')}>
        <Input.TextArea rows={2} />
      </Form.Item>
      <Form.Item name="feedbackInfo" label={t('audits.feedback')}>
        <Input.TextArea rows={2} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={submit.isPending}>
        {label}
      </Button>
    </Form>
  );
}

/** Categories are no fields of the form. */
function merged(earlier: Submission, { items = [] }: Submission): NonNullable<Submission['items']> {
  return (earlier.items ?? []).map((item, i) => ({ ...item, ...items[i] }));
}
