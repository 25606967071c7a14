import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, Flex, Form, type FormItemProps, Input, InputNumber, Select } from 'antd';
import type { ReactNode } from 'react';
import { pathOf } from '../../api/field-path.js';
import { type TextKey, t } from '../../text/text.js';

interface Options {
  /** The label is in the input. */
  isInline?: boolean | undefined;
  /** The largest number, or the number of characters. */
  max?: number | undefined;
  suffix?: string | undefined;
  placeholder?: string | undefined;
  rows?: number | undefined;
  options?: { value: string; label: string }[] | undefined;
}

export interface FieldProps extends Omit<FormItemProps, 'name' | 'label' | 'extra'>, Options {
  /** Of proto3 JSON, as in `audit.rule.title`; in a list the path from there. */
  name: Path;
  label: TextKey;
  extra?: TextKey | undefined;
  of?: keyof typeof INPUTS;
}
type Path = string | (string | number)[];

const pathIn = (name: Path) => (typeof name === 'string' ? pathOf(name) : name);

/** A field of a form with its label; by default a line of text. */
export function Field({ name, label, of = 'text', isInline, children, ...props }: FieldProps) {
  const { extra, max, required = false, rules, suffix, placeholder, rows, options, ...item } = props;
  const hasLabel = !isInline && of !== 'check';
  return (
    <Form.Item
      {...(!hasLabel && { style: { marginBottom: 8 } })}
      {...CONVERSIONS[of]}
      {...item}
      name={pathIn(name)}
      {...(hasLabel && { label: t(label) })}
      extra={extra && t(extra)}
      rules={rules ?? [{ required, ...(max && of === 'text' && { max }) }]}
    >
      {children ?? INPUTS[of]({ label: t(label), isInline, max, suffix, placeholder, rows, options })}
    </Form.Item>
  );
}

type Given = Options & { label: string };
export const CODE = { fontFamily: 'monospace' };
/** What a label that is in the input says. */
const inline = ({ isInline, label }: Given) => isInline && { placeholder: label, 'aria-label': label };

const INPUTS = {
  text: (given: Given) => <Input autoComplete="off" {...inline(given)} />,
  area: ({ rows = 2 }: Given) => <Input.TextArea rows={rows} />,
  code: ({ rows = 2, placeholder }: Given) => (
    <Input.TextArea {...{ rows, placeholder }} spellCheck={false} style={CODE} />
  ),
  number: ({ isInline, label, max = Number.MAX_SAFE_INTEGER, suffix, placeholder }: Given) => (
    <InputNumber
      min={0}
      {...{ max, suffix, placeholder, ...(isInline && { prefix: label, 'aria-label': label }) }}
      style={{ width: isInline ? 200 : 140 }}
    />
  ),
  select: ({ options = [] }: Given) => <Select options={options} style={{ minWidth: 200 }} />,
  words: () => <Words />,
  check: ({ label }: Given) => <Checkbox>{label}</Checkbox>,
};

/** Empty numbers are 0, which means the default or no limit. */
const CONVERSIONS: Partial<Record<keyof typeof INPUTS, FormItemProps>> = {
  number: converted(
    (value?: number) => value || null,
    (value: number | null) => value ?? 0,
  ),
  check: { valuePropName: 'checked' },
};

/** An input that shows a value in another form than the request has it. */
export function converted<Value, Shown>(
  show: (value?: Value) => Shown | null | undefined,
  normalize: (shown: Shown | null) => Value | undefined,
) {
  return { getValueProps: (value?: Value) => ({ value: show(value) ?? null }), normalize };
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

interface RowsProps {
  name: Path;
  /** On the button that adds a row, and what a new one begins with. */
  add: TextKey;
  initial?: object;
  initialValue?: object[];
  max?: number;
  /** There is at least one row, and a new one comes before the last. */
  hasLast?: boolean;
  children(row: number): ReactNode;
}

/** A list of a request. */
export function Rows({ name, add, initial, max, hasLast = false, children, ...list }: RowsProps) {
  return (
    <Form.List name={pathIn(name)} {...list}>
      {(rows, { add: insert, remove }) => (
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
                  onClick={() => remove(row)}
                />
              )}
            </Flex>
          ))}
          {rows.length !== max && (
            <Button
              icon={<PlusOutlined />}
              onClick={() => insert(initial, hasLast ? Math.max(0, rows.length - 1) : rows.length)}
            >
              {t(add)}
            </Button>
          )}
        </Flex>
      )}
    </Form.List>
  );
}
