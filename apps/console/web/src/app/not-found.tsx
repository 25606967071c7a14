import { Button, Result } from 'antd';
import { useText } from '../text/text.js';

/** At a path without a page. */
export function NotFound() {
  const t = useText();
  return (
    <Result
      status="404"
      title={<h1 style={{ fontSize: 'inherit', margin: 0 }}>{t('notFound')}</h1>}
      subTitle={t('notFound.hint')}
      extra={<Button href="/">{t('toOverview')}</Button>}
    />
  );
}
