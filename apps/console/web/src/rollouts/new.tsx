import { useMutation, useQuery } from '@tanstack/react-query';
import { Button, Card, Flex, Form, Space } from 'antd';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { type ApiError, call } from '../api/call.js';
import { fieldData } from '../api/field-path.js';
import { useRequestId } from '../api/query.js';
import { canAct } from '../app/session.js';
import { t } from '../text/text.js';
import { ErrorAlert, Page, Unread } from '../ui/page.js';
import { Basics } from './draft/content.js';
import { pastedAppids } from './draft/pasted.js';
import { addTargets, appidsOf } from './draft/save.js';
import { TargetsForm } from './draft/targets.js';
import { DEFAULTS, readValues, requestOf, type Values } from './draft/values.js';

/** A new rollout: what, and for whom. All else has defaults, which the draft can change. */
export function Component() {
  const [parameters] = useSearchParams();
  const from = parameters.get('from') ?? '';
  const state = parameters.get('state') ?? '';
  const source = useQuery<Values, ApiError>({
    queryKey: ['source of a rollout', from, state],
    queryFn: () => sourceOf(from, state),
    enabled: from !== '',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (from !== '' && source.data === undefined)
    return <Unread title={t('rollouts.new')} error={source.error} retry={source.refetch} />;
  return <NewRollout initial={source.data ?? initialOf(parameters)} />;
}

/** The specification and the mini-programs of another rollout, or those of its targets that failed. */
async function sourceOf(id: string, state: string): Promise<Values> {
  const [{ spec }, appids] = await Promise.all([call('Rollouts/GetRollout', { id }), appidsOf(id, state)]);
  return {
    ...spec,
    ...(spec?.continuous && { continuous: { ...spec.continuous, replaces: '' } }),
    name: `${spec?.name ?? ''} 2`,
    way: 'appids',
    appids: appids.join('\n'),
  };
}

/** What the address names: appids, labels or all mini-programs, a template, and whether their settings are applied. */
function initialOf(parameters: URLSearchParams): Values {
  const { appids } = pastedAppids(parameters.getAll('appids').join(','));
  const labels = parameters.getAll('label');
  return {
    ...DEFAULTS,
    way: appids.length > 0 ? 'appids' : parameters.has('all') ? 'all' : 'labels',
    appids: appids.join('\n'),
    labels,
    ...(parameters.has('template') && { templateId: parameters.get('template') }),
    ...(parameters.has('settings') && { settings: {} }),
  };
}

function NewRollout({ initial }: { initial: Values }) {
  const navigate = useNavigate();
  const [form] = Form.useForm();
  const { idFor } = useRequestId();
  const create = useMutation<void, ApiError>({
    mutationFn: async () => {
      const values = form.getFieldsValue(true);
      const request = requestOf(values);
      const { id } = await call('Rollouts/CreateRollout', { ...request, requestId: idFor(request) });
      await addTargets(id, { overrides: readValues(values).pasted.overrides });
      await navigate(`/rollouts/${id}?step=waves`);
    },
    onError: ({ violations }) => form.setFields(fieldData(violations, 'spec')),
  });
  return (
    <Page title={t('rollouts.new')}>
      <ErrorAlert error={create.error} />
      <Form
        form={form}
        layout="vertical"
        scrollToFirstError
        disabled={!canAct}
        initialValues={initial}
        onFinish={() => create.mutate()}
        style={{ maxWidth: 720 }}
      >
        <Flex vertical gap="middle">
          <Card size="small" title={t('draft.basics')}>
            <Basics isNew />
          </Card>
          <Card size="small" title={t('rollouts.targets')}>
            <TargetsForm />
          </Card>
          <Space>
            <Button type="primary" htmlType="submit" loading={create.isPending}>
              {t('draft.next')}
            </Button>
            <Link to="/rollouts">{t('back')}</Link>
          </Space>
        </Flex>
      </Form>
    </Page>
  );
}
