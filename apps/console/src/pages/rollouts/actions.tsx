import { randomUUID } from 'node:crypto';
import { NotFoundException } from '@nestjs/common';
import { type Rollout, RolloutGateType, RolloutState, rolloutGateTypeFromJSON } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import type { TextKey } from '../../text/text.js';
import { wholeOf } from '../../ui/form.js';
import { CheckInput, type FormState, NumberInput } from '../../ui/inputs.js';
import type { Visit } from '../../visit/visit.js';
import { gateName } from '../progress/holds.js';
import { columns, unfinished } from '../progress/progress.js';

/** The fields of an action's form. */
export type Input = FormState['values'];
export interface FieldsProps {
  visit: Visit;
  rollout: Rollout;
  form: FormState;
}
/** What every call says. */
export interface Command {
  id: string;
  reason: string | undefined;
}

/** An action on a rollout, which has a page that explains it. */
export interface Action {
  verb: TextKey;
  /** What it will do, and to how many mini-programs. */
  effect(visit: Visit, rollout: Rollout): ComponentChildren | Promise<ComponentChildren>;
  fields?(props: FieldsProps): ComponentChildren;
  /** The rollout's name must be typed. */
  needsName?: true;
  isHarmless?: true;
  /** @returns the id of the rollout to show next. */
  call(visit: Visit, command: Command, input: Input): Promise<string>;
}

/** What an operator can do with a rollout as a whole. */
export const LIFECYCLE: Readonly<Record<string, Action>> = {
  resume: {
    verb: 'resumeNow',
    isHarmless: true,
    effect: ({ t }, { counts }) => t('resumeEffect', { n: unfinished(counts) }),
    call: async ({ gateway }, command) => (await gateway.rollouts.resumeRollout(command)).id,
  },
  advance: {
    verb: 'advance',
    isHarmless: true,
    effect(visit, { waves }) {
      const { wave, gate } = gateOf(visit);
      const targets = waves[wave - 1]?.targets ?? 0;
      return visit.t('advanceEffect', { wave, gate: gateName(visit, gate), n: targets });
    },
    call: async (visit, command) =>
      (await visit.gateway.rollouts.advanceRollout({ ...command, ...gateOf(visit) })).id,
  },
  cancel: {
    verb: 'cancelNow',
    needsName: true,
    effect({ t }, { state, counts, targets }) {
      if (state === RolloutState.ROLLOUT_STATE_DRAFT) return t('cancelDraftEffect', { n: targets });
      const { AUDIT, toRelease, succeeded, inDoubt } = columns(counts);
      const waiting = unfinished(counts) - inDoubt;
      return t('cancelEffect', { n: waiting, audits: AUDIT, approved: toRelease, succeeded });
    },
    call: async ({ gateway }, command) => (await gateway.rollouts.cancelRollout(command)).id,
  },
  rollback: {
    verb: 'rollBackNow',
    needsName: true,
    effect: ({ t }, { spec, counts }) => {
      const { succeeded, gray, VERIFY } = columns(counts);
      return t('rollBackEffect', { n: succeeded + VERIFY, gray, version: spec?.userVersion ?? '' });
    },
    fields: RollbackFields,
    async call({ gateway }, command, input) {
      const options = { withdrawAudits: 'withdraw_audits' in input, keepReleased: 'keep_released' in input };
      const { id } = await gateway.rollouts.rollbackRollout({
        ...command,
        requestId: input.request_id,
        options,
        maxInFlight: wholeOf(input.max_in_flight),
        draft: 'draft' in input,
      });
      return id;
    },
  },
};

function RollbackFields({ visit: { t }, rollout, form }: FieldsProps) {
  const { AUDIT } = columns(rollout.counts);
  const chosen = { ...form, values: { max_in_flight: '200', ...form.values } };
  return (
    <>
      <input type="hidden" name="request_id" value={form.values.request_id ?? randomUUID()} />
      <fieldset>
        <CheckInput form={form} name="withdraw_audits" label={t('withdrawAudits', { n: AUDIT })} />
        <CheckInput form={form} name="keep_released" label={t('keepReleased')} />
        <CheckInput form={form} name="draft" label={t('asDraft')} />
      </fieldset>
      <NumberInput form={chosen} name="max_in_flight" label={t('maxInFlight')} />
    </>
  );
}

function gateOf({ url }: Visit) {
  const gate = rolloutGateTypeFromJSON(`ROLLOUT_GATE_TYPE_${url.searchParams.get('gate')}`);
  if (gate === RolloutGateType.UNRECOGNIZED) throw new NotFoundException();
  return { wave: wholeOf(url.searchParams.get('wave') ?? ''), gate };
}
