import { status as Code } from '@grpc/grpc-js';
import type { ComponentChildren } from 'preact';
import type { Failure } from '../gateway/failure.js';
import type { Visit } from '../visit/visit.js';
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

/**
 * The content of a confirmation page: `effect` says what the action will do, and to how many mini-programs. With
 * `typedName`, that name must be typed (the field `typed_name`); the page checks it with `wrongName`.
 */
export function Confirm(props: {
  visit: Visit;
  action: string;
  effect: ComponentChildren;
  /** Of the button, as in "Cancel the rollout". */
  verb: string;
  /** Where the link back leads. */
  back: string;
  typedName?: string;
  /** What was typed before the form was refused. */
  typed?: string | undefined;
  /** The button does not warn. */
  isHarmless?: boolean;
  failure?: Failure | undefined;
  /** Further fields. */
  children?: ComponentChildren;
}) {
  const { t } = props.visit;
  return (
    <Form visit={props.visit} action={props.action} class="narrow">
      <ErrorBox visit={props.visit} failure={props.failure} />
      <div>{props.effect}</div>
      {props.children}
      {props.typedName !== undefined && (
        <label>
          {t('typeName', { name: props.typedName })}
          <input name="typed_name" value={props.typed} autocomplete="off" required />
        </label>
      )}
      <div class="actions">
        <a href={props.back}>{t('back')}</a>
        <button type="submit" class={props.isHarmless ? undefined : 'danger'}>
          {props.verb}
        </button>
      </div>
    </Form>
  );
}
