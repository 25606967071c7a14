import { Alert, Button, Typography } from 'antd';
import type { ApiError } from '../api/call.js';
import { useErrorText } from '../api/error-text.js';
import { useText } from '../text/text.js';

export interface ReadError {
  error: ApiError | null | undefined;
  /** Reads again. */
  retry?: (() => unknown) | undefined;
}

/** Why something could not be read or done: what it means first, the service's own words below. Nothing without an error. */
export function ErrorAlert({ error, retry }: ReadError) {
  const t = useText();
  const errorText = useErrorText();
  if (!error) return null;
  const canSucceed = error.code !== 'NOT_FOUND';
  const fields = error.violations.map(({ field, description }) => `${field}: ${description}`);
  const details = [error.reason, error.message, ...fields].filter((line) => line !== '');
  return (
    <Alert
      type="error"
      showIcon
      title={errorText(error)}
      action={retry && canSucceed && <Button onClick={() => void retry()}>{t('retry')}</Button>}
      description={
        details.length > 0 && (
          <details>
            <summary>{t('error.details')}</summary>
            {details.map((line) => (
              <Typography.Paragraph key={line} lang="en" type="secondary" style={{ margin: 0 }}>
                {line}
              </Typography.Paragraph>
            ))}
          </details>
        )
      }
    />
  );
}
