import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Form, InputNumber } from 'antd';
import { useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { type ApiError, call } from '../api/call.js';
import { reading, useAction } from '../api/query.js';
import { canAct } from '../app/session.js';
import { t } from '../text/text.js';
import { DialogButton } from '../ui/form/dialog-button.js';
import { Field } from '../ui/form/field.js';
import { LinkButton } from '../ui/link-button.js';
import { Page, Unread } from '../ui/page.js';
import { LayerFields } from './layer-fields.js';
import {
  cleaned,
  type Layer,
  layerPath,
  rolloutPath,
  type Scope,
  type Settings,
  scopeName,
  scopeOf,
} from './scope.js';
import { Versions } from './versions.js';

/** Another version, or an error, would replace the form with what was typed into it. */
const KEPT = { refetchOnWindowFocus: false, refetchOnReconnect: false };

/** One layer of settings: its content in a form, its versions, and its end. */
export function Component() {
  const [parameters] = useSearchParams();
  const scope = scopeOf(parameters);
  const { data, error, refetch } = useQuery<Layer | null, ApiError>({ ...layerOf(scope), ...KEPT });
  // It outlives the form, which is another one for each version.
  const [unregistered, setUnregistered] = useState<readonly string[]>([]);
  if (data === undefined) return <Unread title={scopeName(scope)} error={error} retry={refetch} />;
  return (
    <LayerForm
      key={`${layerPath(scope)} ${data?.version}`}
      scope={scope}
      layer={data ?? undefined}
      {...{ unregistered, setUnregistered }}
    />
  );
}

/** How a layer is read. That there is none is an answer: an error would be read again, without the form of the new one. */
function layerOf(scope: Scope) {
  const { queryKey, queryFn } = reading('Settings/GetSettingsLayer', { scope });
  const noneIfUnknown = (error: ApiError) => {
    if (error.reason !== 'SETTINGS_LAYER_NOT_FOUND') throw error;
    return null;
  };
  return {
    queryKey,
    queryFn: (context: { signal?: AbortSignal }) => queryFn(context).catch(noneIfUnknown),
  };
}

interface LayerInput {
  settings: Settings;
  order?: number;
  reason?: string;
}

interface FormProps {
  scope: Scope;
  layer: Layer | undefined;
  /** Domains of what was saved last that the platform has not registered. */
  unregistered: readonly string[];
  setUnregistered(domains: readonly string[]): void;
}

/** Saves the whole layer, unless it was changed since it was read. */
function LayerForm({ scope, layer, unregistered, setUnregistered }: FormProps) {
  const [form] = Form.useForm<LayerInput>();
  const { settings = {}, order = 0, version } = layer ?? {};
  const put = ({ settings, order = 0, reason = '' }: LayerInput) =>
    call('Settings/PutSettingsLayer', {
      ...{ scope, settings: cleaned(settings), order: scope.label ? order : 0, reason },
      expectedVersion: version ?? '0',
    });
  const save = useAction(put, {
    form,
    success: t('settings.saved'),
    onSuccess: ({ unregisteredDomains }) => setUnregistered(unregisteredDomains),
  });
  const onRestore = canAct ? (settings: Settings) => form.setFieldValue('settings', settings) : undefined;
  return (
    <Page
      title={scopeName(scope, version)}
      actions={
        <>
          <Versions scope={scope} onRestore={onRestore} />
          {canAct && version && (
            <LinkButton to={rolloutPath(scope)}>{t('miniPrograms.rolloutOver')}</LinkButton>
          )}
          {canAct && version && <DeleteButton scope={scope} version={version} />}
        </>
      }
    >
      <Unregistered domains={unregistered} />
      <Form
        form={form}
        layout="vertical"
        scrollToFirstError
        disabled={!canAct}
        style={{ maxWidth: 760 }}
        initialValues={{ settings, order }}
        onFinish={(input) => save.mutate(input)}
      >
        {scope.label && (
          <Field name="order" label="settings.order" extra="settings.orderHint">
            <InputNumber min={0} max={1000} />
          </Field>
        )}
        <LayerFields />
        <Field name="reason" label="reason" max={2000} />
        {canAct && (
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {t('save')}
          </Button>
        )}
      </Form>
    </Page>
  );
}

/** Domains that were saved although mini-programs cannot use them yet. */
function Unregistered({ domains }: { domains: readonly string[] }) {
  if (domains.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      title={t('settings.unregistered')}
      description={domains.join('\n')}
      style={{ maxWidth: 760, whiteSpace: 'pre-line' }}
    />
  );
}

function DeleteButton({ scope, version }: { scope: Scope; version: string }) {
  const navigate = useNavigate();
  return (
    <DialogButton
      danger
      isDangerous
      label={t('miniPrograms.delete')}
      title={t('settings.deleteTitle')}
      effect={t('settings.deleteEffect', { scope: scopeName(scope) })}
      run={async ({ reason }) => {
        await call('Settings/DeleteSettingsLayer', { scope, expectedVersion: version, reason });
        await navigate('/settings');
      }}
      success={t('settings.deleted')}
    />
  );
}
