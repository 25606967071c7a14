import { RPC_ERRORS } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import type { Failure } from '../gateway/failure.js';
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
}) {
  return (
    <select name={props.name}>
      {props.options.map(([value, text]) => (
        <option value={value} selected={value === props.value}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** Why the gateway refused what a form asked for, and with a visit what to do; nothing without a failure. */
export function ErrorBox({ visit, failure }: { visit?: Visit; failure: Failure | undefined }) {
  if (failure === undefined) return null;
  const hint = visit && hintOf(failure, visit);
  return (
    <div role="alert" class="banner">
      <p>
        {failure.reason && <code>{failure.reason}</code>} {failure.message}
      </p>
      {hint && <p>{hint}</p>}
      {failure.fields.size > 0 && (
        <ul>
          {[...failure.fields].map(([field, description]) => (
            <li>
              <code>{field}</code>: {description}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The id in a field of a form. Undefined unless it is a whole number; the gateway then says that it is missing. */
export function idOf(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d{1,18}$/.test(text) ? BigInt(text) : undefined;
}

/** What to do, in the visitor's language; the fields say it themselves. */
function hintOf({ reason, fields }: Failure, { language }: Visit): string | undefined {
  if (fields.size > 0 || !Object.hasOwn(RPC_ERRORS, reason)) return undefined;
  const { hint, hintZh } = RPC_ERRORS[reason as keyof typeof RPC_ERRORS];
  return language === 'zh' ? hintZh : hint;
}
