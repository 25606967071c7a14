import { Form, Input } from 'antd';
import { type TextKey, t } from '../../text/text.js';

const MAX_REASON = 2_000;

export interface ReasonFieldProps {
  /** What the reason is called. */
  reasonLabel?: TextKey;
  isReasonRequired?: boolean | undefined;
}

/** Why something is done, which the audit trail keeps. */
export function ReasonField(props: ReasonFieldProps & { autoFocus?: boolean }) {
  const { reasonLabel = 'reason', isReasonRequired = false, autoFocus = false } = props;
  const label = t(reasonLabel);
  return (
    <Form.Item
      name="reason"
      label={label}
      extra={t('reason.hint')}
      rules={[{ required: isReasonRequired, whitespace: true, message: t('reason.required', { of: label }) }]}
    >
      <Input.TextArea autoFocus={autoFocus} rows={2} maxLength={MAX_REASON} />
    </Form.Item>
  );
}
