import { Button, Card, Flex, Form, Input, Spin, Typography } from 'antd';
import { useState } from 'react';
import { useCall, useCommand } from '../api/query.js';
import { newRequestId } from '../api/request-id.js';
import type { Request, Response } from '../api/types.js';
import { useText } from '../text/text.js';
import { ErrorAlert } from '../ui/error-alert.js';
import { Field } from '../ui/form/field.js';

type Submission = Request<'CodeManagement/SubmitAudit'>;

interface Props {
  appid: string;
  /** The submission whose items are filled in. */
  operationId: string;
  onDone(operation: Response<'CodeManagement/SubmitAudit'>): void;
}

/** The form of a submission with the items of an earlier one. It submits the trial version as it is now. */
export function Resubmit({ appid, operationId, onDone }: Props) {
  const { data, error } = useCall('Operations/GetOperation', { id: operationId, withRequest: true });
  if (data === undefined) return error ? <ErrorAlert error={error} /> : <Spin />;
  const { requestId: _, expectedUserVersion: __, ...earlier } = JSON.parse(data.requestJson || '{}');
  return <SubmissionForm earlier={{ items: [{}], ...earlier, appid }} onDone={onDone} />;
}

const TEXTS = { title: 'audits.itemTitle', address: 'audits.itemAddress', tag: 'audits.itemTag' } as const;

function SubmissionForm({ earlier, onDone }: Pick<Props, 'onDone'> & { earlier: Submission }) {
  const t = useText();
  const [form] = Form.useForm<Submission>();
  const [requestId] = useState(newRequestId);
  const submit = useCommand('CodeManagement/SubmitAudit', {
    invalidates: ['Audits/ListAudits', 'Operations/ListOperations'],
    success: t('audits.sent'),
    form,
    onSuccess: onDone,
  });
  return (
    <Form
      form={form}
      layout="vertical"
      initialValues={earlier}
      // With what has no field, as the categories.
      onFinish={() => submit.mutate({ ...form.getFieldsValue(true), requestId })}
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
            {Object.entries(TEXTS).map(([of, label]) => (
              <Field
                key={of}
                name={['items', i, of]}
                label={label}
                style={{ flex: 1, minWidth: 180, marginBottom: 8 }}
              />
            ))}
          </Flex>
        </Card>
      ))}
      <Field name="versionDesc" label="audits.versionDesc">
        <Input.TextArea rows={2} />
      </Field>
      <Field name="feedbackInfo" label="audits.feedback">
        <Input.TextArea rows={2} />
      </Field>
      <Button type="primary" htmlType="submit" loading={submit.isPending}>
        {t('audits.submit')}
      </Button>
    </Form>
  );
}
