import { useMutation } from '@tanstack/react-query';
import type { FormInstance } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { type ApiError, call } from '../../api/call.js';
import { fieldData } from '../../api/field-path.js';
import { useCall, useRenewal } from '../../api/query.js';
import { user } from '../../app/session.js';
import type { Change, Rollout } from '../types.js';
import { addTargets, foreignChange, type Saved } from './save.js';
import { differences, readValues } from './values.js';

const FIELDS = [
  ...['name', 'templateId', 'userVersion', 'userDesc', 'extJson', 'firstStep', 'lastStep', 'checks', 'audit'],
  ...['release', 'waves', 'maxInFlight', 'auditBudget', 'stopRules', 'settings', 'readiness', 'continuous'],
];
const FIELDS_OF_ROLLBACK = ['name', 'rollbackOptions', 'waves', 'maxInFlight', 'stopRules'];

export interface Editing {
  rollout: Rollout;
  /** What the form begins with. */
  opened: Saved;
  /** After each call. */
  onChange(): Promise<unknown>;
}

export interface Conflict {
  change: Change;
  /** What is saved now, by the field that the other person has changed. */
  saved: Record<string, unknown>;
}

/** Saves and starts a draft, unless somebody else has changed it since `opened` was read. */
export function useEditor({ rollout, opened, onChange }: Editing, form: FormInstance) {
  const navigate = useNavigate();
  const { id } = rollout;
  const journal = useCall('Rollouts/ListRolloutChanges', { id, pageSize: 1 });
  const latest = journal.data?.changes[0];
  const [seen, setSeen] = useState(opened);
  const [conflict, setConflict] = useState<Conflict>();
  const readPlan = useRenewal(['Rollouts/GetRolloutPlan']);

  const change = useMutation<boolean, ApiError, () => Promise<Rollout>>({
    mutationFn: async (act) => {
      const { foreign, seq } = await foreignChange(id, seen.seq, user);
      const { spec } = await (foreign === undefined ? act() : call('Rollouts/GetRollout', { id }));
      setConflict(foreign && { change: foreign, saved: differences(seen.spec, spec) });
      setSeen({ seq, spec });
      await Promise.all([onChange(), foreign && readPlan()]);
      return foreign === undefined;
    },
    onError: ({ violations }) => form.setFields(fieldData(violations, 'spec')),
  });
  /** Whether the call was made. */
  const run = (act: () => Promise<Rollout>) => change.mutateAsync(act).catch(() => false);

  async function save(): Promise<boolean> {
    const show = ({ errorFields }: { errorFields: { name: string[] }[] }) =>
      form.scrollToField(errorFields[0]?.name ?? []);
    if (!(await form.validateFields().catch(show))) return false;
    const { spec, pasted } = readValues(form.getFieldsValue(true));
    const fields = rollout.rollbackOf === '' ? FIELDS : FIELDS_OF_ROLLBACK;
    return run(async () => {
      const saved = await call('Rollouts/UpdateRollout', { id, spec, updateMask: fields.join(',') });
      await addTargets(id, pasted);
      form.setFieldsValue({ appids: undefined, overrides: undefined });
      return saved;
    });
  }

  async function start(reason: string): Promise<void> {
    if (await run(() => call('Rollouts/StartRollout', { id, reason }))) await navigate(`/rollouts/${id}`);
  }
  return { save, start, latest, conflict, error: change.error, isBusy: change.isPending };
}
