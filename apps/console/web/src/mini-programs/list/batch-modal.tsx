import { Alert } from 'antd';
import { call } from '../../api/call.js';
import { listAfter } from '../../api/edits.js';
import { t } from '../../text/text.js';
import { Dialog, type DialogValues } from '../../ui/form/dialog.js';
import { Field } from '../../ui/form/field.js';
import { LabelSelect } from '../../ui/selects.js';
import { whyNot } from '../actions/possible.js';
import { CALLS, requestOf } from '../actions/requests.js';
import type { MiniProgram } from '../types.js';

export const BATCHES = ['editLabels', 'speedUp', 'undoAudit', 'revert'] as const;
export type Batch = (typeof BATCHES)[number];

export function isDangerousBatch(batch: Batch): boolean {
  return batch === 'revert' || batch === 'undoAudit';
}

interface Choice extends DialogValues {
  add?: string[];
  remove?: string[];
}

interface Props {
  batch: Batch;
  chosen: readonly MiniProgram[];
  onClose: (isDone: boolean, failed?: readonly MiniProgram[]) => void;
}

/** A change of those of the ticked mini-programs for which it is possible. */
export function MiniProgramBatch({ batch, chosen, onClose }: Props) {
  const isOfLabels = batch === 'editLabels';
  const possible = chosen.filter((program) => isOfLabels || !whyNot(batch, { program }));
  const leftOut = chosen.length - possible.length;
  const effect = (
    <>
      <p>{t(`miniPrograms.batch.${batch}`, { n: possible.length })}</p>
      {leftOut > 0 && (
        <Alert type="warning" showIcon title={t('miniPrograms.batch.leftOut', { n: leftOut })} />
      )}
      {isDangerousBatch(batch) && <Names programs={possible} of={batch === 'revert' ? 'live' : 'audit'} />}
    </>
  );
  return (
    <Dialog<MiniProgram>
      title={t(`miniPrograms.${batch}`)}
      {...{ effect, onClose, items: possible, isDangerous: isDangerousBatch(batch) }}
      nameOf={({ name, appid }) => name || appid}
      run={(choice, requestId, program) => change(batch, program, { ...choice, requestId })}
      {...(isOfLabels && { verb: t('save'), reason: 'none' })}
    >
      {isOfLabels && <LabelFields />}
    </Dialog>
  );
}

function LabelFields() {
  return (
    <>
      <Field name="add" label="miniPrograms.addLabels">
        <LabelSelect />
      </Field>
      <Field name="remove" label="miniPrograms.removeLabels">
        <LabelSelect />
      </Field>
    </>
  );
}

async function change(batch: Batch, program: MiniProgram, given: Choice & { requestId: string }) {
  const { appid } = program;
  const { add = [], remove = [], reason, requestId } = given;
  if (batch === 'editLabels') {
    // All are replaced, also those that it got since it was ticked.
    const { labels } = await call('Fleet/GetMiniProgram', { appid });
    return call('Authorizers/SetAuthorizerLabels', { appid, labels: listAfter(labels, add, remove) });
  }
  return call(CALLS[batch].method, requestOf(batch, program, { requestId, reason }));
}

const NAMED = 8;

/** The first ones, with the version that is taken back. */
function Names({ programs, of }: { programs: readonly MiniProgram[]; of: 'live' | 'audit' }) {
  const shown = programs.slice(0, NAMED);
  const names = shown
    .map((one) => `${one.name || one.appid} ${one[of]?.userVersion ?? ''}`)
    .join(t('separator'));
  const n = programs.length - NAMED;
  return <p>{n > 0 ? t('miniPrograms.andMore', { names, n }) : names}</p>;
}
