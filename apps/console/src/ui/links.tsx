import type { ComponentChildren } from 'preact';

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

/** A rollout, as a link to its page. */
export function RolloutLink({ id, children }: { id: string; children: ComponentChildren }) {
  return <a href={`/rollouts/${encodeURIComponent(id)}`}>{children}</a>;
}
