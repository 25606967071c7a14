import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Card, Divider, Flex, Form, Input } from 'antd';
import { useSearchParams } from 'react-router';
import { type ApiError, post } from '../api/call.js';
import { errorText } from '../api/error-text.js';
import { facts } from '../api/facts.js';
import { t } from '../text/text.js';
import { LanguageButton } from './look/language.js';

/** The page with the ways to log in that are configured. */
export function LoginPage() {
  const [query] = useSearchParams();
  const to = query.get('to') ?? '/';
  const { password, singleSignOn } = facts.logins;
  return (
    <Flex
      component="main"
      vertical
      align="center"
      justify="center"
      style={{ minHeight: '100vh', padding: 16 }}
    >
      <title>{`${t('login')} · ${t('product')}`}</title>
      <Card
        title={<h1 style={{ fontSize: 18, margin: 0 }}>{t('product')}</h1>}
        extra={<LanguageButton />}
        style={{ width: '100%', maxWidth: 380 }}
      >
        <Flex vertical gap="middle">
          <Refusal query={query} />
          {password && <PasswordForm to={to} />}
          {password && singleSignOn && <Divider plain>{t('login.or')}</Divider>}
          {singleSignOn && (
            // A real form: the browser leaves for the issuer.
            <form method="post" action={`/login/oidc?to=${encodeURIComponent(to)}`}>
              <Button block htmlType="submit" type={password ? 'default' : 'primary'}>
                {t('login.singleSignOn')}
              </Button>
            </form>
          )}
        </Flex>
      </Card>
    </Flex>
  );
}

/** Why the user is here again. */
function Refusal({ query }: { query: URLSearchParams }) {
  const refused = query.get('refused');
  const reason = (['ISSUER_UNAVAILABLE', 'SINGLE_SIGN_ON_FAILED', 'NO_ROLE'] as const).find(
    (one) => one === refused,
  );
  if (reason !== undefined) return <Alert type="error" showIcon title={t(`login.${reason}`)} />;
  return query.has('ended') ? <Alert type="warning" showIcon title={t('login.ended')} /> : null;
}

function PasswordForm({ to }: { to: string }) {
  const { mutate, error, isIdle, isError } = useMutation<{ to: string }, ApiError, object>({
    mutationFn: (values) => post('/login', { ...values, to }),
    onSuccess: (answer) => window.location.assign(answer.to),
  });
  return (
    <Form layout="vertical" requiredMark={false} onFinish={(values) => mutate(values)}>
      {error && <Alert type="error" showIcon title={refusalText(error) ?? errorText(error)} />}
      <Form.Item name="name" label={t('login.name')} rules={[{ required: true }]}>
        <Input name="name" autoComplete="username" autoFocus />
      </Form.Item>
      <Form.Item name="password" label={t('login.password')} rules={[{ required: true }]}>
        <Input.Password name="password" autoComplete="current-password" />
      </Form.Item>
      <Button block type="primary" htmlType="submit" loading={!isIdle && !isError}>
        {t('login')}
      </Button>
    </Form>
  );
}

function refusalText({ reason, retryAfterMs = 0 }: ApiError): string | undefined {
  if (reason === 'TOO_MANY_LOGINS') return t('login.tooMany', { seconds: Math.ceil(retryAfterMs / 1_000) });
  return reason === 'LOGIN_REFUSED' ? t('login.refused') : undefined;
}
