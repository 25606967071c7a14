import { Collapse } from 'antd';
import { nameOf, t } from '../../text/text.js';
import type { Target } from '../types.js';

interface Props {
  target: Pick<Target, 'commit' | 'submitAudit'>;
  limit?: number;
}

/** The requests of a target as they were or would be sent, folded; longer ones are cut after `limit` characters. */
export function Requests({ target: { commit, submitAudit }, limit = Number.POSITIVE_INFINITY }: Props) {
  const style = { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', margin: 0 } as const;
  const texts = Object.entries({ COMMIT: commit, SUBMIT_AUDIT: submitAudit })
    .filter(([, request]) => request !== undefined)
    .map(([key, request]) => [key, JSON.stringify(request, null, 2)] as const);
  const items = texts.map(([key, text]) => ({
    key,
    label: t('rollouts.request', { step: nameOf('step', key) }),
    children: <pre style={style}>{text.length > limit ? `${text.slice(0, limit)}…` : text}</pre>,
  }));
  return items.length > 0 ? <Collapse size="small" items={items} /> : null;
}
