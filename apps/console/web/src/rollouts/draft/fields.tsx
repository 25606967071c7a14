import { DatePicker, Form, Input, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { type ReactNode, useState } from 'react';
import { type TextKey, t } from '../../text/text.js';
import { CODE, converted, Field, type FieldProps } from '../../ui/form/field.js';
import { durationOf, unitsOf } from '../core/durations.js';

/** A duration of proto3 JSON in units of so many seconds. */
export function DurationField({ seconds, ...props }: FieldProps & { seconds: number }) {
  const conversion = converted(
    (value?: string) => unitsOf(value, seconds),
    (value: number | null) => durationOf(value, seconds),
  );
  return <Field of="number" {...props} {...conversion} />;
}

const TIME = converted(
  (value?: string) => (value ? dayjs(value) : null),
  (value: Dayjs | null) => value?.toISOString(),
);

/** An instant. */
export function TimeField(props: FieldProps) {
  const inline = props.isInline && { placeholder: t(props.label), 'aria-label': t(props.label) };
  return (
    <Field {...props} {...TIME}>
      <DatePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" {...inline} />
    </Field>
  );
}

/** A message as JSON. */
export function JsonField({ rows = 2, ...props }: FieldProps) {
  const validator = async (_: unknown, value: unknown) => {
    if (value !== undefined && typeof value !== 'object') throw new Error(t('draft.noJson'));
  };
  return (
    <Field {...props} rules={[{ validator }]}>
      <JsonInput rows={rows} />
    </Field>
  );
}

interface JsonProps {
  rows: number;
  /** Given by the form's item. */
  value?: unknown;
  onChange?(value: unknown): void;
}

/** What cannot be read stays a text. */
function JsonInput({ value, onChange, ...same }: JsonProps) {
  const [typed, setTyped] = useState<string>();
  const take = (text: string) => {
    setTyped(text);
    onChange?.(parsed(text));
  };
  const shown = typed ?? (value === undefined ? '' : JSON.stringify(value, null, 2));
  return (
    <Input.TextArea {...same} style={CODE} value={shown} onChange={({ target }) => take(target.value)} />
  );
}

function parsed(text: string): unknown {
  try {
    return text.trim() === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

interface OneOfProps {
  /** Of the message that has the choice, from the top of the form. */
  path: (string | number)[];
  label: TextKey;
  /** By the name of each field what it is called, what it begins with, and its input. */
  cases: Readonly<Record<string, readonly [label: TextKey, initial: unknown, input?: ReactNode]>>;
}

/** The choice of a oneof, and the input of the field that is chosen. */
export function OneOf({ path, label, cases }: OneOfProps) {
  const form = Form.useFormInstance();
  const message = Form.useWatch(path, { form, preserve: true }) as Record<string, unknown> | undefined;
  const chosen = Object.keys(cases).find((name) => message?.[name] !== undefined) ?? null;
  const choose = (name: string) => {
    const others = Object.entries(message ?? {}).filter(([key]) => !(key in cases));
    form.setFieldValue(path, { ...Object.fromEntries(others), [name]: cases[name]?.[1] });
  };
  return (
    <>
      <Form.Item label={t(label)}>
        <Select
          aria-label={t(label)}
          value={chosen}
          options={Object.entries(cases).map(([value, [text]]) => ({ value, label: t(text) }))}
          onChange={choose}
          style={{ minWidth: 160 }}
        />
      </Form.Item>
      {chosen && cases[chosen]?.[2]}
    </>
  );
}
