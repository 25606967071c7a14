import { render } from 'preact-render-to-string';
import { addressOf, type Look, type Visit } from '../visit/visit.js';
import { Time } from './time.js';

/** The attributes of the main part of a live page: its fragments are elements with `sse-swap` and their name. */
export function liveAttributes(live: string | undefined): Record<string, string> {
  return live === undefined ? {} : { 'hx-ext': 'sse', 'sse-connect': live, 'sse-close': 'end' };
}

/** Beside the heading of a live page: whether it is live, and the button that stops it. Without JavaScript: a link. */
export function LiveControl({ visit }: { visit: Visit }) {
  const { t } = visit;
  return (
    <span class="live">
      <noscript>
        <a href={addressOf(visit)}>{t('reload')}</a>
      </noscript>
      <span id="live-state">
        <span class="good on">{t('live')}</span>
        <span class="bad off">{t('notConnected')}</span>
        <span class="waiting stopped">{t('stopped')}</span>
        <span class="waiting over">{t('ended')}</span>
      </span>
      <button type="button" class="link" id="live-toggle">
        <span>{t('stopLive')}</span>
        <span>{t('startLive')}</span>
      </button>
    </span>
  );
}

/** Says since when a live page is stale; empty while it is not. */
export function staleBanner(since: Date | undefined, look: Look): string {
  if (since === undefined) return '';
  const [before = '', after = ''] = look.t('stale', { time: '\n' }).split('\n');
  return render(
    <>
      {before}
      <Time visit={look} at={since} clock />
      {after}
    </>,
  );
}
