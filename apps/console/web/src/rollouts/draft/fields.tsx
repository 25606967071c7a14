import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, DatePicker, Flex, Form, Input, InputNumber, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { type ReactNode, useState } from 'react';
import { pathOf } from '../../api/field-path.js';
import { type TextKey, useText } from '../../text/text.js';
import { LabelSelect } from '../../ui/label-select.js';
import { durationOf, unitsOf } from '../core/durations.js';

type Path = string | (string | number)[];
const pathIn = (name: Path) => (typeof name === 'string' ? pathOf(name) : name);

interface Options {
  /** Of proto3 JSON, as in `audit.rule.title`; in a list the path from there. */
  name: Path;
  label: TextKey;
  help?: TextKey;
  /** The label is in the input. */
  isInline?: boolean;
  isRequired?: boolean;
  max?: number;
  suffix?: string;
  placeholder?: string;
  rows?: number;
  options?: { value: string; label: string }[];
}

interface Props extends Options {
  of: keyof typeof INPUTS;
}

/** An input of a specification, or of what else a form of rollouts asks. */
export function Field(props: Props) {
  const t = useText();
  const { of, name, label, help, isInline = false, isRequired = false } = props;
  return (
    <Form.Item
      name={pathIn(name)}
      label={of === 'check' || isInline ? undefined : t(label)}
      extra={help && t(help)}
      rules={[
        ...(isRequired ? [{ required: true, whitespace: true }] : []),
        ...(of === 'json' ? [{ validator: isRead(t('draft.noJson')) }] : []),
      ]}
      {...((isInline || of === 'check') && { style: { marginBottom: 8 } })}
      {...CONVERSIONS[of]}
    >
      {INPUTS[of]({ ...props, label: t(label) })}
    </Form.Item>
  );
}

/** Empty numbers are 0, which means the default or no limit; durations are hours or days. */
const CONVERSIONS: Partial<Record<Props['of'], object>> = {
  number: converted(
    (value?: number) => value || null,
    (value: number | null) => value ?? 0,
  ),
  hours: inUnitsOf(3_600),
  days: inUnitsOf(86_400),
  time: converted(
    (value?: string) => (value ? dayjs(value) : null),
    (value: Dayjs | null) => value?.toISOString(),
  ),
  check: { valuePropName: 'checked' },
};

function converted<Value, Shown>(
  show: (value?: Value) => Shown | null | undefined,
  normalize: (shown: Shown | null) => Value | undefined,
) {
  return { getValueProps: (value?: Value) => ({ value: show(value) ?? null }), normalize };
}

function inUnitsOf(seconds: number) {
  const show = (value?: string) => unitsOf(value, seconds);
  return converted(show, (value: number | null) => durationOf(value, seconds));
}

type Given = Omit<Options, 'label'> & { label: string };
const CODE = { fontFamily: 'monospace' };

function numberOf({ isInline, max = Number.MAX_SAFE_INTEGER, suffix, placeholder, label }: Given) {
  const inline = isInline && { prefix: label, 'aria-label': label };
  return (
    <InputNumber
      min={0}
      {...{ max, suffix, placeholder, ...inline }}
      style={{ width: isInline ? 200 : 140 }}
    />
  );
}

const INPUTS = {
  text: () => <Input autoComplete="off" />,
  area: ({ rows = 2 }: Given) => <Input.TextArea rows={rows} />,
  code: ({ rows = 2, placeholder }: Given) => (
    <Input.TextArea {...{ rows, placeholder }} spellCheck={false} style={CODE} />
  ),
  json: ({ rows = 2 }: Given) => <JsonInput rows={rows} />,
  labels: () => <LabelSelect />,
  select: ({ options = [] }: Given) => <Select options={options} style={{ minWidth: 200 }} />,
  number: numberOf,
  hours: numberOf,
  days: numberOf,
  time: ({ isInline, label }: Given) => (
    <DatePicker
      showTime={{ format: 'HH:mm' }}
      format="YYYY-MM-DD HH:mm"
      {...(isInline && { placeholder: label, 'aria-label': label })}
    />
  ),
  check: ({ label }: Given) => <Checkbox>{label}</Checkbox>,
};

interface JsonProps {
  rows: number;
  /** Given by the form's item. */
  value?: unknown;
  onChange?(value: unknown): void;
}

/** A message as JSON; what cannot be read stays a text. */
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

const isRead = (message: string) => (_: unknown, value: unknown) =>
  value === undefined || typeof value === 'object' ? Promise.resolve() : Promise.reject(new Error(message));

interface OneOfProps {
  /** Of the message that has the choice, from the top of the form. */
  path: (string | number)[];
  label: TextKey;
  /** By the name of each field what it is called, what it begins with, and its input. */
  cases: Readonly<Record<string, readonly [label: TextKey, initial: unknown, input?: ReactNode]>>;
}

/** The choice of a oneof, and the input of the field that is chosen. */
export function OneOf({ path, label, cases }: OneOfProps) {
  const t = useText();
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

interface RowsProps {
  name: Path;
  /** On the button that adds a row, and what a new one begins with. */
  add: TextKey;
  initial: object;
  /** There is at least one row, and a new one comes before the last. */
  hasLast?: boolean;
  children(row: number): ReactNode;
}

/** A list of a specification. */
export function Rows({ name, add, initial, hasLast = false, children }: RowsProps) {
  const t = useText();
  return (
    <Form.List name={pathIn(name)}>
      {(rows, list) => (
        <Flex vertical gap="small" align="start">
          {rows.map(({ key, name: row }) => (
            <Flex key={key} gap="small" align="start" style={{ width: '100%' }}>
              <Flex wrap flex={1} gap="0 16px" align="end">
                {children(row)}
              </Flex>
              {(!hasLast || rows.length > 1) && (
                <Button
                  type="text"
                  icon={<DeleteOutlined />}
                  aria-label={t('draft.remove')}
                  onClick={() => list.remove(row)}
                />
              )}
            </Flex>
          ))}
          <Button
            icon={<PlusOutlined />}
            onClick={() => list.add(initial, hasLast ? Math.max(0, rows.length - 1) : rows.length)}
          >
            {t(add)}
          </Button>
        </Flex>
      )}
    </Form.List>
  );
}
