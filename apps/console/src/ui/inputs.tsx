import type { Template } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import type { Language, Text } from '../text/text.js';
import type { Visit } from '../visit/visit.js';
import { Field, Select } from './form.js';

/** What the inputs of a form show. */
export interface FormState {
  values: Readonly<Record<string, string>>;
  /** What is wrong, by the name of the input. */
  problems: ReadonlyMap<string, string>;
  /** What somebody else has saved meanwhile, and the words for it at an input that differs. */
  saved?: { values: Readonly<Record<string, string>>; say(value: string): string } | undefined;
}

/** What is wrong with each input, in the visitor's language. @param inputOf the input of a field of the gateway. */
export function problemsOf(
  fields: ReadonlyMap<string, Text> | undefined,
  language: Language,
  inputOf = (field: string) => field,
): FormState['problems'] {
  return new Map([...(fields ?? [])].map(([field, text]) => [inputOf(field), text[language]]));
}

/** What is wrong with an input; if nothing is, what is saved instead of its value. @param textOf a value, as the input shows it. */
function noteOf({ values, problems, saved }: FormState, name: string, textOf = plain): string | undefined {
  const own = textOf(values[name] ?? '');
  const other = textOf(saved?.values[name] ?? '');
  return problems.get(name) ?? (saved && own !== other ? saved.say(other) : undefined);
}

/** Browsers send line breaks as CR LF. */
function plain(text: string): string {
  return text.replaceAll('\r', '').trim();
}

interface Input {
  form: FormState;
  name: string;
  label: string;
}

export function TextInput({ form, name, label, required }: Input & { required?: boolean }) {
  return (
    <Field label={label} error={noteOf(form, name)}>
      <input type="text" name={name} value={form.values[name]} required={required} />
    </Field>
  );
}

export function NumberInput({ form, name, label, step }: Input & { step?: string }) {
  return (
    <Field label={label} error={noteOf(form, name)}>
      <input type="number" min="0" step={step} name={name} value={form.values[name]} />
    </Field>
  );
}

export function TimeInput({ form, name, label }: Input) {
  return (
    <Field label={label} error={noteOf(form, name)}>
      <input type="datetime-local" name={name} value={form.values[name]} />
    </Field>
  );
}

export function TextArea({ form, name, label, rows = 3 }: Input & { rows?: number }) {
  return (
    <Field label={label} error={noteOf(form, name)}>
      <textarea name={name} rows={rows} spellcheck={false}>
        {form.values[name]}
      </textarea>
    </Field>
  );
}

export function CheckInput({ form, name, label }: Input) {
  const problem = noteOf(form, name, (value) => (value === 'true' ? '✓' : '–'));
  return (
    <label class={problem === undefined ? 'check' : 'check invalid'}>
      <input type="checkbox" name={name} value="true" checked={form.values[name] === 'true'} />
      {label} {problem !== undefined && <small role="alert">{problem}</small>}
    </label>
  );
}

export function RadioInput({ form, name, label, value }: Input & { value: string }) {
  return (
    <label class="check">
      <input type="radio" name={name} value={value} checked={form.values[name] === value} />
      {label}
    </label>
  );
}

export function SelectInput(props: Input & { options: readonly (readonly [value: string, text: string])[] }) {
  const { form, name, label, options } = props;
  const textOf = (value: string) => options.find(([one]) => one === (value || options[0]?.[0]))?.[1] ?? value;
  return (
    <Field label={label} error={noteOf(form, name, textOf)}>
      <Select name={name} value={form.values[name] ?? ''} options={options} />
    </Field>
  );
}

/** The choice of a template; its id can be typed if the library is not known. */
export function TemplateInput(props: {
  visit: Visit;
  form: FormState;
  name: string;
  templates: readonly Template[];
}) {
  const { visit, form, name, templates } = props;
  const { t } = visit;
  const value = form.values[name] ?? '';
  if (templates.length === 0)
    return (
      <Field label={`${t('template')} (${t('templatesUnknown')})`} error={noteOf(form, name)}>
        <input type="number" min="1" name={name} value={value} />
      </Field>
    );
  const options = templates.map(
    ({ templateId, userVersion, userDesc }) =>
      [String(templateId), [templateId, userVersion, userDesc.slice(0, 40)].join(' · ')] as const,
  );
  const isListed = value === '' || options.some(([id]) => id === value);
  const all = isListed ? options : [[value, `${value} · ${t('notInLibrary')}`] as const, ...options];
  return <SelectInput form={form} name={name} label={t('template')} options={all} />;
}

/** Inputs that are rarely needed, folded unless one of them has a value or a problem. */
export function Folded(props: {
  form: FormState;
  prefix: string;
  title: string;
  children: ComponentChildren;
}) {
  const { values, problems, saved } = props.form;
  const names = [...Object.keys({ ...values, ...saved?.values }), ...problems.keys()];
  const isUsed = names.some((name) => name.startsWith(props.prefix));
  return (
    <details open={isUsed}>
      <summary>{props.title}</summary>
      {props.children}
    </details>
  );
}
