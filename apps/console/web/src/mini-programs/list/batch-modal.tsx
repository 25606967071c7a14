import { useQueryClient } from '@tanstack/react-query';
import { Alert, Form, Input, Modal, Progress as ProgressBar } from 'antd';
import { useState } from 'react';
import { type ApiError, call } from '../../api/call.js';
import { useErrorText } from '../../api/error-text.js';
import { newRequestId } from '../../api/request-id.js';
import { useText } from '../../text/text.js';
import { Field } from '../../ui/form/field.js';
import { LabelSelect } from '../../ui/label-select.js';
import { whyNot } from '../actions/possible.js';
import { CALLS, requestOf } from '../actions/requests.js';
import type { MiniProgram } from '../types.js';
import { labelsAfter, type Progress, runAll } from './batch-run.js';

export const BATCHES = ['editLabels', 'speedUp', 'undoAudit', 'revert'] as const;
export type Batch = (typeof BATCHES)[number];

export function isDangerousBatch(batch: Batch): boolean {
  return batch === 'revert' || batch === 'undoAudit';
}

interface Choice {
  add?: string[];
  remove?: string[];
  reason?: string;
}

interface Props {
  batch: Batch;
  chosen: readonly MiniProgram[];
  onClose: (isDone: boolean) => void;
}

/** Confirms a change of the ticked mini-programs, makes it for each, and says for which it failed. */
export function BatchModal({ batch, chosen, onClose }: Props) {
  const t = useText();
  const queries = useQueryClient();
  const [form] = Form.useForm<Choice>();
  const [progress, setProgress] = useState<Progress<MiniProgram>>();
  const isOfLabels = batch === 'editLabels';
  const isDangerous = isDangerousBatch(batch);
  const possible = chosen.filter((program) => isOfLabels || !whyNot(batch, { program }));
  const isDone = progress?.done === possible.length;
  const start = async (choice: Choice) => {
    setProgress({ done: 0, failed: [] });
    await runAll(possible, (program) => change(batch, program, choice), setProgress);
    await queries.invalidateQueries();
  };
  return (
    <Modal
      open
      title={t(`miniPrograms.${batch}`)}
      okText={t(progress ? 'miniPrograms.close' : isOfLabels ? 'save' : `miniPrograms.${batch}`)}
      okButtonProps={{
        danger: isDangerous && progress === undefined,
        disabled: possible.length === 0,
        loading: progress !== undefined && !isDone,
      }}
      onOk={isDone ? () => onClose(progress.failed.length === 0) : form.submit}
      onCancel={() => onClose(isDone)}
      {...(isDone && { footer: (_, { OkBtn }) => <OkBtn /> })}
    >
      <p>{t(`miniPrograms.batch.${batch}`, { n: possible.length })}</p>
      {possible.length < chosen.length && (
        <Alert
          type="warning"
          showIcon
          title={t('miniPrograms.batch.leftOut', { n: chosen.length - possible.length })}
        />
      )}
      {isDangerous && !progress && <Names programs={possible} of={batch === 'revert' ? 'live' : 'audit'} />}
      <Form form={form} layout="vertical" hidden={progress !== undefined} onFinish={start}>
        {isOfLabels ? (
          <>
            <Field name="add" label="miniPrograms.addLabels">
              <LabelSelect />
            </Field>
            <Field name="remove" label="miniPrograms.removeLabels">
              <LabelSelect />
            </Field>
          </>
        ) : (
          <Field name="reason" label="reason">
            <Input maxLength={2000} />
          </Field>
        )}
      </Form>
      {progress && <Outcome progress={progress} total={possible.length} />}
    </Modal>
  );
}

function change(batch: Batch, program: MiniProgram, { add = [], remove = [], reason = '' }: Choice) {
  const { appid, labels } = program;
  if (batch === 'editLabels')
    return call('Authorizers/SetAuthorizerLabels', { appid, labels: labelsAfter(labels, add, remove) });
  return call(CALLS[batch].method, requestOf(batch, program, { requestId: newRequestId(), reason }));
}

const NAMED = 8;

/** The first ones, with the version that is taken back. */
function Names({ programs, of }: { programs: readonly MiniProgram[]; of: 'live' | 'audit' }) {
  const t = useText();
  const shown = programs.slice(0, NAMED);
  const names = shown.map((one) => `${one.name || one.appid} ${one[of]?.userVersion ?? ''}`).join('、');
  const n = programs.length - NAMED;
  return <p>{n > 0 ? t('miniPrograms.andMore', { names, n }) : names}</p>;
}

function Outcome({ progress: { done, failed }, total }: { progress: Progress<MiniProgram>; total: number }) {
  const t = useText();
  const errorText = useErrorText();
  return (
    <>
      <ProgressBar
        percent={Math.round((100 * done) / total)}
        status={failed.length > 0 ? 'exception' : done === total ? 'success' : 'active'}
      />
      {failed.length > 0 && (
        <Alert
          type="error"
          title={t('miniPrograms.batch.failed', { n: failed.length })}
          description={failed.map(({ item, error }) => (
            <div key={item.appid}>
              {item.name || item.appid}: {errorText(error as ApiError)}
            </div>
          ))}
        />
      )}
    </>
  );
}
