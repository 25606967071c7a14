import { Checkbox, Form, type FormItemProps, Input, Select } from 'antd';
import { type TextKey, useText } from '../../text/text.js';

interface Props extends Omit<FormItemProps, 'label' | 'extra' | 'valuePropName'> {
  label: TextKey;
  extra?: TextKey;
  /** Characters at most. */
  max?: number;
}

/** A field of a form with its label; by default a line of text. */
export function Field({ label, extra, max, required, rules, children = <Input />, ...item }: Props) {
  const t = useText();
  return (
    <Form.Item
      {...item}
      label={t(label)}
      extra={extra && t(extra)}
      rules={rules ?? [{ required: required ?? false, ...(max !== undefined && { max }) }]}
    >
      {children}
    </Form.Item>
  );
}

/** A box to tick with its label behind it. */
export function Check({ label, ...item }: Pick<Props, 'name' | 'label' | 'initialValue'>) {
  const t = useText();
  return (
    <Form.Item {...item} valuePropName="checked">
      <Checkbox>{t(label)}</Checkbox>
    </Form.Item>
  );
}

/** Several words: typed, or pasted with spaces, commas or lines between them. */
export function Words(props: { id?: string; value?: string[]; onChange?: (words: string[]) => void }) {
  return (
    <Select
      {...props}
      mode="tags"
      open={false}
      suffixIcon={null}
      tokenSeparators={[' ', ',', '，', '\n', ';']}
    />
  );
}
