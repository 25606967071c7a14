import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Form, Modal, Progress as ProgressBar } from 'antd';
import { type ReactNode, useId, useState } from 'react';
import type { ApiError } from '../../api/call.js';
import { errorText } from '../../api/error-text.js';
import { useFailure } from '../../api/query.js';
import { newRequestId } from '../../api/request-id.js';
import type { MethodName } from '../../api/types.js';
import { t } from '../../text/text.js';
import { ReasonField, type ReasonFieldProps } from './reason-field.js';
import { type Progress, runBatch } from './run-batch.js';

interface Props<Item> extends ReasonFieldProps {
  title: string;
  /** On the button that acts; by default the title. */
  verb?: string;
  items: readonly Item[];
  nameOf(item: Item): string;
  /** @param values those of the form. @param requestId one for each time that the dialog is opened. */
  run(item: Item, values: object, requestId: string): Promise<unknown>;
  /** Cannot be undone, or reaches all users. */
  isDangerous?: boolean;
  /** What will happen. */
  effect: ReactNode;
  /** What is asked for besides the reason. */
  children?: ReactNode;
  isReasonAsked?: boolean;
  /** The values of the form at first. */
  initial?: object;
  /** The reads that show something else afterwards; by default all. */
  invalidates?: readonly MethodName[];
  onClose(isDone: boolean): void;
}

/**
 * Confirms one change of several things, makes it for each, and says for which it was accepted and for which it was not. If there is only
 * one thing and its change is refused, what was typed is kept.
 */
export function BatchModal<Item>(props: Props<Item>) {
  const { title, verb = title, items, nameOf, run, isDangerous = false, onClose } = props;
  const { reasonLabel = 'reason', isReasonRequired } = props;
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<object>();
  const fail = useFailure(form);
  // A page behind it may have a field of the same name.
  const id = useId();
  const [requestId] = useState(newRequestId);
  const [progress, setProgress] = useState<Progress<Item>>();
  const isDone = progress !== undefined && doneOf(progress) === items.length;
  const start = async (values: object) => {
    setProgress({ succeeded: [], failed: [] });
    const { failed } = await runBatch(items, (item) => run(item, values, requestId), setProgress);
    const stale = props.invalidates?.map((one) => ({ queryKey: [one] })) ?? [{}];
    for (const filter of stale) void queries.invalidateQueries(filter);
    if (items.length > 1) return;
    const [refused] = failed;
    if (refused !== undefined) {
      setProgress(undefined);
      return fail(refused.error as ApiError);
    }
    void message.success(t('batch.done'));
    onClose(true);
  };
  const close = () => onClose(isDone && progress.failed.length === 0);
  return (
    <Modal
      open
      title={title}
      okText={progress ? t('close') : verb}
      okButtonProps={{
        danger: isDangerous && progress === undefined,
        disabled: items.length === 0,
        loading: progress !== undefined && !isDone,
      }}
      onOk={isDone ? close : form.submit}
      onCancel={close}
      {...(isDone && { footer: (_, { OkBtn }) => <OkBtn /> })}
    >
      {props.effect}
      <Form
        form={form}
        name={id}
        layout="vertical"
        requiredMark={false}
        initialValues={props.initial ?? {}}
        hidden={progress !== undefined}
        onFinish={start}
      >
        {props.children}
        {(props.isReasonAsked ?? true) && <ReasonField autoFocus {...{ reasonLabel, isReasonRequired }} />}
      </Form>
      {progress && <Outcome progress={progress} total={items.length} nameOf={nameOf} />}
    </Modal>
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
