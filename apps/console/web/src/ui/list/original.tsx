import { Typography } from 'antd';
import { useText } from '../../text/text.js';

/** What WeChat or the service said, in its own words; nothing if that was nothing. */
export function Original({ words }: { words: string }) {
  const t = useText();
  if (words === '') return null;
  return (
    <Typography.Text type="secondary" style={{ display: 'block', overflowWrap: 'anywhere' }}>
      {t('original')} <q lang="en">{words}</q>
    </Typography.Text>
  );
}
