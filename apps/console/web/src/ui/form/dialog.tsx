import {
  Alert,
  App,
  Form,
  type FormInstance,
  Modal,
  Progress as ProgressBar,
  Input as TextInput,
} from 'antd';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { type ApiError, wasAccepted } from '../../api/call.js';
import { errorText } from '../../api/error-text.js';
import { showAtFields, useRenewal, useRequestId } from '../../api/query.js';
import type { MethodName } from '../../api/types.js';
import { type TextKey, t } from '../../text/text.js';
import { ErrorAlert } from '../page.js';
import { type Progress, runBatch } from './run-batch.js';

const MAX_REASON = 2_000;

export interface DialogProps<Item = undefined> {
  title: string;
  /** On the button that acts; by default the title. */
  verb?: string;
  /** What will happen, and to how many. */
  effect: ReactNode;
  /** In pixels. */
  width?: number;
  /** Cannot be undone, or reaches all users. */
  isDangerous?: boolean | undefined;
  /** Has to be typed before anything happens. */
  nameToType?: string | undefined;
  /** Why it is done, which the audit trail keeps; it may be left out unless it is required. */
  reason?: 'required' | 'none';
  reasonLabel?: TextKey;
  /** Further fields, and the values of all at first. */
  children?: ReactNode;
  initial?: object;
  /** What is changed, each by one call; by default one thing. */
  items?: readonly Item[];
  nameOf?(item: Item): string;
  /** @param values those of the form. */
  run(values: DialogValues, requestId: string, item: Item): Promise<unknown>;
  /** Said after success; nothing if it is empty. */
  success?: string;
  /** The reads that show something else afterwards; by default all that the service itself knows. */
  invalidates?: readonly MethodName[];
  /** @param failed those that were not changed; undefined if nothing was sent. */
  onClose(isDone: boolean, failed?: readonly Item[]): void;
}

export interface DialogValues {
  reason: string;
}

/**
 * Confirms a change, and asks for its reason and what else it needs. It stays open with what was typed if the change is refused. A change of
 * several things is made for each, and the dialog says for which it was accepted and for which it was not.
 */
export function Dialog<Item = undefined>(props: DialogProps<Item>) {
  const { title, verb = title, items = [undefined as Item], isDangerous = false, onClose } = props;
  const [form] = Form.useForm<Input>();
  // A page or a dialog behind it may have a field of the same name.
  const id = useId();
  const { start, progress, refusal } = useChange({ ...props, items }, form);
  const isBatch = items.length > 1;
  const isDone = progress !== undefined && doneOf(progress) === items.length;
  const isRunning = progress !== undefined && !isDone;
  const saysOutcome = isBatch && progress !== undefined;
  const close = () => {
    const failed = progress?.failed.map(({ item }) => item);
    onClose(failed?.length === 0, failed);
  };
  return (
    <Modal
      open
      title={title}
      width={props.width ?? 520}
      okText={saysOutcome ? t('close') : verb}
      okButtonProps={{
        danger: isDangerous && !saysOutcome,
        disabled: items.length === 0,
        loading: isRunning,
      }}
      // A refusal has to be seen, and what was typed is not lost by a click beside the dialog.
      cancelButtonProps={{ disabled: isRunning }}
      mask={{ closable: false }}
      {...(!isRunning && { onCancel: close })}
      onOk={isDone ? close : form.submit}
      {...(isDone && { footer: (_, { OkBtn }) => <OkBtn /> })}
    >
      <div style={{ marginBottom: 16 }}>
        <ErrorAlert error={refusal} />
        {typeof props.effect === 'string' ? <p>{props.effect}</p> : props.effect}
      </div>
      <Form
        form={form}
        name={id}
        layout="vertical"
        initialValues={props.initial ?? {}}
        hidden={saysOutcome}
        onFinish={start}
      >
        {props.children}
        <Confirmation {...props} />
      </Form>
      {saysOutcome && <Outcome progress={progress} total={items.length} nameOf={props.nameOf ?? String} />}
    </Modal>
  );
}

interface Input {
  typed?: string;
  reason?: string;
}

/** Makes the change for each item, at most a few at a time. The refusal of a single one is at the fields of the form, or returned. */
function useChange<Item>(props: DialogProps<Item> & { items: readonly Item[] }, form: FormInstance<Input>) {
  const { items, run, invalidates, success = t('batch.done'), onClose } = props;
  const { message } = App.useApp();
  const renew = useRenewal(invalidates);
  const { idFor, settled } = useRequestId();
  const [progress, setProgress] = useState<Progress<Item>>();
  const [refusal, setRefusal] = useState<ApiError>();
  const start = async ({ typed: _, reason = '', ...others }: Input) => {
    // The Enter key submits a form whose button is loading.
    if (progress !== undefined) return;
    // A request has no reason if none is asked for.
    const values = { ...others, ...(props.reason !== 'none' && { reason: reason.trim() }) } as DialogValues;
    const requestId = idFor(values);
    setRefusal(undefined);
    setProgress({ succeeded: [], failed: [] });
    const { failed } = await runBatch(items, (item) => run(values, requestId, item), setProgress);
    // What has not changed is not read again: a form behind the dialog would lose its input.
    if (failed.length < items.length || failed.some(({ error }) => wasAccepted(error as ApiError)))
      void renew();
    if (items.length > 1) return;
    const error = failed[0]?.error as ApiError | undefined;
    settled(error);
    if (error !== undefined) {
      setProgress(undefined);
      setRefusal(showAtFields(form, error) ? undefined : error);
      return;
    }
    if (success !== '') void message.success(success);
    onClose(true, []);
  };
  return { start, progress, refusal };
}

/** The name that has to be typed, and the reason. The keyboard begins in the first field of the form that is empty. */
function Confirmation(props: Pick<DialogProps, 'nameToType' | 'reason' | 'reasonLabel'>) {
  const { nameToType: name, reason, reasonLabel = 'reason' } = props;
  const label = t(reasonLabel);
  const needed = { whitespace: true, message: t('reason.required', { of: label }) };
  const form = Form.useFormInstance();
  useEffect(() => {
    const names = form.getFieldsError().map(({ name: path }) => path);
    const empty = names.find((path) => !form.getFieldValue(path));
    if (empty !== undefined) form.focusField(empty);
  }, [form]);
  return (
    <>
      {name !== undefined && (
        <Form.Item
          name="typed"
          label={t('typeName', { name })}
          rules={[{ required: true, enum: [name], type: 'enum', message: '' }]}
        >
          <TextInput autoComplete="off" />
        </Form.Item>
      )}
      {reason !== 'none' && (
        <Form.Item
          name="reason"
          label={label}
          extra={t('reason.hint')}
          rules={[{ ...needed, required: reason === 'required' }]}
        >
          <TextInput.TextArea rows={2} maxLength={MAX_REASON} />
        </Form.Item>
      )}
    </>
  );
}

function doneOf({ succeeded, failed }: Progress<unknown>): number {
  return succeeded.length + failed.length;
}

interface OutcomeProps<Item> {
  progress: Progress<Item>;
  total: number;
  nameOf(item: Item): string;
}

function Outcome<Item>({ progress, total, nameOf }: OutcomeProps<Item>) {
  const { succeeded, failed } = progress;
  const refusals = failed.map(
    ({ item, error }) => `${nameOf(item)}${t('colon')}${errorText(error as ApiError)}`,
  );
  const done = doneOf(progress);
  return (
    <>
      <ProgressBar
        percent={Math.round((100 * done) / total)}
        status={failed.length > 0 ? 'exception' : done === total ? 'success' : 'active'}
      />
      {failed.length > 0 && (
        <Alert
          type="error"
          title={t('batch.failed', { n: failed.length })}
          description={<span style={{ whiteSpace: 'pre-line' }}>{refusals.join('\n')}</span>}
        />
      )}
      {succeeded.length > 0 && (
        <Alert
          type="success"
          title={t('batch.succeeded', { n: succeeded.length })}
          description={succeeded.map(nameOf).join(t('separator'))}
        />
      )}
    </>
  );
}
