import { RPC_ERRORS } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import { type Failure, hintIn, hintOf } from '../gateway/failure.js';
import type { Language } from '../text/text.js';
import type { Visit } from '../visit/visit.js';

/** A form that changes something: it has the session's form token. */
export function Form(props: {
  visit: Visit;
  action: string;
  class?: string;
  id?: string;
  children?: ComponentChildren;
}) {
  return (
    <form method="post" action={props.action} class={props.class} id={props.id}>
      <input type="hidden" name="form_token" value={props.visit.session?.formToken} />
      {props.children}
    </form>
  );
}

/** A labelled control and, below it, what is wrong with its value. `children` is the control. */
export function Field(props: { label: string; error?: string | undefined; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the child is the control
    <label class={props.error === undefined ? undefined : 'invalid'}>
      {props.label}
      {props.children}
      {props.error !== undefined && <small role="alert">{props.error}</small>}
    </label>
  );
}

/** The filters of a list: a GET form, so the page's URL holds them. */
export function Filters({ visit, children }: { visit: Visit; children: ComponentChildren }) {
  return (
    <form method="get" action={visit.url.pathname} class="filters">
      {children}
      <button type="submit">{visit.t('apply')}</button>
    </form>
  );
}

/** A choice of one of the options, each a value with its text. */
export function Select(props: {
  name: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  required?: boolean;
}) {
  return (
    <select name={props.name} required={props.required}>
      {props.options.map(([value, text]) => (
        <option value={value} selected={value === props.value}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** Why the gateway refused what a form asked for, and what to do; nothing without a failure. */
export function ErrorBox({ visit, failure }: { visit: Visit; failure: Failure | undefined }) {
  if (failure === undefined) return null;
  const { t, language } = visit;
  const { reason, fields } = failure;
  const message = fields.size > 0 ? t('invalidFields') : hintIn(failure.message, 'en');
  const hint = adviceOf(failure, language);
  const isFirst = hint !== undefined && language === 'zh';
  return (
    <div role="alert" class="banner">
      <p>
        {reason && <code>{reason}</code>} {isFirst ? hint : message}
      </p>
      {hint && <p>{isFirst ? <small>{message}</small> : hint}</p>}
      {fields.size > 0 && (
        <ul>
          {[...fields].map(([field, text]) => (
            <li>
              <code>{field}</code>: {text[language]}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** What to do, in the visitor's language; the fields say it themselves. */
function adviceOf({ reason, message, fields }: Failure, language: Language): string | undefined {
  if (fields.size > 0) return undefined;
  if (Object.hasOwn(RPC_ERRORS, reason)) {
    const { hint, hintZh } = RPC_ERRORS[reason as keyof typeof RPC_ERRORS];
    return language === 'zh' ? hintZh : hint;
  }
  const hint = hintOf({ reason, hint: message }, 'zh');
  return language === 'zh' && hint !== message ? hint : undefined;
}

/** The whole number in a field or a parameter; 0 if it is empty, and -1, which the gateway refuses, for all other texts. */
export function wholeOf(text = ''): number {
  return /^\d{0,9}$/.test(text) ? Number(text) : -1;
}

/** The id in a field or a path: a positive number of at most 64 bits; undefined if the text is none. */
export function idOf(text = ''): bigint | undefined {
  const number = /^\d{1,19}$/.test(text.trim()) ? BigInt(text.trim()) : 0n;
  return number > 0n && BigInt.asIntN(64, number) === number ? number : undefined;
}
