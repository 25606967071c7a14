import { status as Code } from '@grpc/grpc-js';
import type { ComponentChildren } from 'preact';
import type { Failure } from '../gateway/failure.js';
import type { PageView } from '../visit/view.js';
import { addressOf, type Visit } from '../visit/visit.js';
import { ErrorBox, Form } from './form.js';

/** What a form says whose field `typed_name` is not the name. Undefined: it is. */
export function wrongName({ t }: Visit, name = '', typed = ''): Failure | undefined {
  if (typed.trim() === name.trim()) return undefined;
  const message = t('nameDiffers');
  return {
    code: Code.INVALID_ARGUMENT,
    message,
    reason: '',
    fields: new Map(),
    retryAfterSeconds: undefined,
  };
}

interface Confirmation {
  title: string;
  /** The pages above; the link back leads to the last one. */
  above: readonly { href: string; title: string }[];
  /** What the action will do, and to how many mini-programs. */
  effect: ComponentChildren;
  /** Of the button, as in "Cancel the rollout"; the title unless given. */
  verb?: string;
  /** A name that must be typed, in the field `typed_name`; the page checks it with `wrongName`. */
  typedName?: string | undefined;
  /** What was typed before the form was refused. */
  typed?: string | undefined;
  /** The button does not warn. */
  isHarmless?: boolean | undefined;
  failure?: Failure | undefined;
  /** Further fields. */
  fields?: ComponentChildren;
}

/** The page on which an operator confirms an action. */
export function confirmPage(visit: Visit, confirmation: Confirmation): PageView {
  const { t } = visit;
  const { title, above, failure, typedName } = confirmation;
  const body = (
    <Form visit={visit} action={addressOf(visit)} class="narrow">
      <ErrorBox visit={visit} failure={failure} />
      <div>{confirmation.effect}</div>
      {confirmation.fields}
      {typedName !== undefined && (
        <label>
          {t('typeName', { name: typedName })}
          <input name="typed_name" value={confirmation.typed} autocomplete="off" required />
        </label>
      )}
      <div class="actions">
        <a href={above.at(-1)?.href}>{t('back')}</a>
        <button type="submit" class={confirmation.isHarmless ? undefined : 'danger'}>
          {confirmation.verb ?? title}
        </button>
      </div>
    </Form>
  );
  return { title, above, failure, body };
}
