import { t } from '../../text/text.js';
import { Secondary } from '../value.js';

/** What WeChat or the service said, in its own words; nothing if that was nothing. */
export function Original({ words }: { words: string }) {
  if (words === '') return null;
  return (
    <Secondary style={{ display: 'block', overflowWrap: 'anywhere' }}>
      {t('original')} <q lang="en">{words}</q>
    </Secondary>
  );
}
