import { Button, Result } from 'antd';
import { useRouteError } from 'react-router';
import { useText } from '../text/text.js';

/** Instead of a page that failed; after a new release, the parts of the old one cannot be loaded any more. */
export function Crash() {
  const t = useText();
  const error = useRouteError();
  return (
    <Result
      status="error"
      title={<h1 style={{ fontSize: 'inherit', margin: 0 }}>{t('error.page')}</h1>}
      subTitle={
        <>
          {t('error.pageHint')}
          <div lang="en">{error instanceof Error ? error.message : String(error)}</div>
        </>
      }
      extra={
        <Button type="primary" onClick={() => window.location.reload()}>
          {t('reload')}
        </Button>
      }
    />
  );
}
