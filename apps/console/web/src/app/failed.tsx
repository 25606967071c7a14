import { Button, Result, type ResultProps } from 'antd';
import { useRouteError } from 'react-router';
import { t } from '../text/text.js';

/** Instead of a page that failed; after a new release, the parts of the old one cannot be loaded any more. */
export function Crash() {
  const error = useRouteError();
  return (
    <Failed
      status="error"
      title={t('error.page')}
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

/** At a path without a page. */
export function NotFound() {
  const back = <Button href="/">{t('toOverview')}</Button>;
  return <Failed status="404" title={t('notFound')} subTitle={t('notFound.hint')} extra={back} />;
}

function Failed({ title, ...result }: ResultProps) {
  return <Result {...result} title={<h1 style={{ fontSize: 'inherit', margin: 0 }}>{title}</h1>} />;
}
