import { type Rollout, type RolloutChange, RolloutState } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import { type Failure, statusOf } from '../../gateway/failure.js';
import { ErrorBox } from '../../ui/form.js';
import { aboveRollout, whoOf } from '../../ui/links.js';
import { Time } from '../../ui/time.js';
import { Elsewhere, type PageView } from '../../visit/view.js';
import type { Visit } from '../../visit/visit.js';

export const STEPS = ['targets', 'content', 'waves', 'preview'] as const;
export type Step = (typeof STEPS)[number];

/** A draft and its latest changes, newest first. */
export interface Draft {
  rollout: Rollout;
  changes: RolloutChange[];
}

/** Changes that are looked at. */
const CHANGES = 20;

/** The browser goes to the rollout if it is not a draft any more. */
export async function readDraft({ gateway }: Visit, id: string): Promise<Draft> {
  const [rollout, { changes }] = await Promise.all([
    gateway.rollouts.getRollout({ id }),
    gateway.rollouts.listRolloutChanges({ id, pageSize: CHANGES }),
  ]);
  if (rollout.state !== RolloutState.ROLLOUT_STATE_DRAFT) throw new Elsewhere(`/rollouts/${id}`);
  return { rollout, changes };
}

/** The latest change by somebody else since the form was rendered, which saving it would overwrite. */
export function foreignChange({ session }: Visit, { changes }: Draft, seq = '0'): RolloutChange | undefined {
  return changes.find(
    (change) => Number(change.seq) > Number(seq) && (change.onBehalfOf || change.caller) !== session?.name,
  );
}

/** What a step of a draft shows beside its form. */
export interface Notice {
  failure?: Failure | undefined;
  /** The form was not saved because of this change. */
  conflict?: RolloutChange | undefined;
  /** The form was not saved because its input cannot be read. */
  isUnreadable?: boolean;
}

/** The page of a step. */
export function draftPage(
  visit: Visit,
  { rollout, changes }: Draft,
  step: Step,
  { notice = {}, body, actions }: { notice?: Notice; body: ComponentChildren; actions?: ComponentChildren },
): PageView {
  const { t } = visit;
  const { failure, conflict, isUnreadable } = notice;
  const [latest] = changes;
  return {
    title: t(`draft.${step}`),
    status: failure ? statusOf(failure) : conflict ? 409 : isUnreadable ? 400 : 200,
    above: aboveDraft(visit, rollout),
    actions,
    body: (
      <>
        <StepLinks visit={visit} id={rollout.id} current={step} />
        {latest && (
          <p class="empty">
            {t('draft.latestChange', { name: whoOf(latest) || t('unknown') })}{' '}
            <Time visit={visit} at={latest.time} />
          </p>
        )}
        <ErrorBox visit={visit} failure={failure} />
        {conflict && (
          <p role="alert" class="banner">
            {t(step === 'preview' ? 'draft.notStarted' : 'draft.conflict', {
              name: whoOf(conflict) || t('unknown'),
            })}
          </p>
        )}
        {isUnreadable && (
          <p role="alert" class="banner">
            {t('draft.unreadable')}
          </p>
        )}
        {body}
      </>
    ),
  };
}

/** The links above the pages of a draft. */
export function aboveDraft(visit: Visit, { id, spec }: Rollout) {
  return [...aboveRollout(visit), { href: pathOf(id, 'preview'), title: spec?.name ?? id }];
}

/** The four steps; without an id, the first one of a new rollout. */
export function StepLinks({ visit, id, current }: { visit: Visit; id?: string; current: Step }) {
  return (
    <nav aria-label={visit.t('draft.steps')}>
      <ol class="pager">
        {STEPS.map((step) => (
          <li>
            {id === undefined ? (
              <span aria-current={step === current ? 'step' : undefined}>{visit.t(`draft.${step}`)}</span>
            ) : (
              <a href={pathOf(id, step)} aria-current={step === current ? 'step' : undefined}>
                {visit.t(`draft.${step}`)}
              </a>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** The preview is the page of the draft itself. */
export function pathOf(id: string, step: Step): string {
  return step === 'preview' ? `/rollouts/${id}/draft` : `/rollouts/${id}/draft/${step}`;
}

/** Targets in one call of AddRolloutTargets, and the bytes of their patches. */
const BATCH = { targets: 5_000, bytes: 2_000_000 };

/** Adds targets to a draft, in batches; targets that it has already get the new overrides. */
export async function addTargets(
  { gateway }: Visit,
  id: string,
  targets: readonly { appid: string; extPatchJson: string; wave: number }[],
): Promise<void> {
  for (let from = 0; from < targets.length; ) {
    let to = from;
    for (
      let bytes = 0;
      to < targets.length && to - from < BATCH.targets && (to === from || bytes < BATCH.bytes);
      to++
    )
      bytes += 3 * (targets[to]?.extPatchJson.length ?? 0);
    await gateway.rollouts.addRolloutTargets({ id, targets: targets.slice(from, to) });
    from = to;
  }
}
