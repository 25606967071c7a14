import type { ComponentChildren } from 'preact';
import type { TextKey } from '../../text/text.js';
import { StateMark } from '../../ui/state.js';
import type { Visit } from '../../visit/visit.js';

/** What a card says: a value, what it means, and more about it. */
export interface Finding {
  health: 'good' | 'bad' | 'doubt' | 'unknown';
  value: ComponentChildren;
  details?: ComponentChildren;
}

const WORDS: Record<Finding['health'], TextKey> = {
  good: 'healthy',
  bad: 'broken',
  doubt: 'needsAttention',
  unknown: 'unknown',
};

/** One fact about the platform, which links to its page. Without a finding, it could not be read. */
export function Card(props: { visit: Visit; href: string; title: TextKey; finding: Finding | undefined }) {
  const { t } = props.visit;
  const finding = props.finding ?? { health: 'unknown', value: '–', details: t('notReadable') };
  const kind = finding.health === 'unknown' ? 'waiting' : finding.health;
  return (
    <article>
      <h2>
        <a href={props.href}>{t(props.title)}</a>
      </h2>
      <StateMark kind={kind}>{t(WORDS[finding.health])}</StateMark>
      <p class="value">{finding.value}</p>
      <div class="details">{finding.details}</div>
    </article>
  );
}
