import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Form, Input, Modal, Progress as ProgressBar } from 'antd';
import { type ReactNode, useState } from 'react';
import type { ApiError } from '../../api/call.js';
import { useErrorText } from '../../api/error-text.js';
import { newRequestId } from '../../api/request-id.js';
import { useText } from '../../text/text.js';
import { Field } from './field.js';
import { type Progress, runBatch } from './run-batch.js';

interface Props<Item> {
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
  onClose(isDone: boolean): void;
}

/** Confirms one change of several things, makes it for each, and says for which it was accepted and for which it was not. */
export function BatchModal<Item>(props: Props<Item>) {
  const { title, verb = title, items, nameOf, run, isDangerous = false, onClose } = props;
  const t = useText();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<object>();
  const [requestId] = useState(newRequestId);
  const [progress, setProgress] = useState<Progress<Item>>();
  const isDone = progress !== undefined && doneOf(progress) === items.length;
  const start = async (values: object) => {
    setProgress({ succeeded: [], failed: [] });
    const { failed } = await runBatch(items, (item) => run(item, values, requestId), setProgress);
    void queries.invalidateQueries();
    if (items.length > 1 || failed.length > 0) return;
    void message.success(t('batch.done'));
    onClose(true);
  };
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
      onOk={isDone ? () => onClose(progress.failed.length === 0) : form.submit}
      onCancel={() => onClose(isDone)}
      {...(isDone && { footer: (_, { OkBtn }) => <OkBtn /> })}
    >
      {props.effect}
      <Form form={form} layout="vertical" hidden={progress !== undefined} onFinish={start}>
        {props.children}
        {(props.isReasonAsked ?? true) && (
          <Field name="reason" label="reason">
            <Input maxLength={2000} />
          </Field>
        )}
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
  const t = useText();
  const errorText = useErrorText();
  const { succeeded, failed } = progress;
  const refusals = failed.map(({ item, error }) => `${nameOf(item)}: ${errorText(error as ApiError)}`);
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
          description={succeeded.map(nameOf).join('、')}
        />
      )}
    </>
  );
}
