import type { Rollout } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import type { Visit } from '../visit/visit.js';

/** A mini-program, as a link to its page. */
export function AppId({ appid, children }: { appid: string; children?: ComponentChildren }) {
  return (
    <a href={`/miniprograms/${encodeURIComponent(appid)}`} class="id">
      {children ?? appid}
    </a>
  );
}

/** An operation, as a link to its page; its id unless `children` says more. */
export function OperationLink({ id, children }: { id: string; children?: ComponentChildren }) {
  return (
    <a href={`/operations/${encodeURIComponent(id)}`} class="id">
      {children ?? id}
    </a>
  );
}

/** The links above the pages of a rollout; without one, above that of a rollout itself. */
export function aboveRollout({ t }: Visit, rollout?: Rollout): { href: string; title: string }[] {
  const list = { href: '/rollouts', title: t('rollouts') };
  if (rollout === undefined) return [list];
  return [list, { href: `/rollouts/${rollout.id}`, title: rollout.spec?.name ?? rollout.id }];
}

/** Who acted: the person as the caller states it, and the caller, which alone is certain. */
export function whoOf({ onBehalfOf, caller }: { onBehalfOf: string; caller: string }): string {
  return onBehalfOf && caller ? `${onBehalfOf} (${caller})` : onBehalfOf || caller;
}

/** A rollout, as a link to its page. */
export function RolloutLink({ id, children }: { id: string; children: ComponentChildren }) {
  return <a href={`/rollouts/${encodeURIComponent(id)}`}>{children}</a>;
}
