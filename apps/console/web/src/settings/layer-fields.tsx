import { Button, Collapse, Flex, Form, Input, InputNumber } from 'antd';
import type { ReactNode } from 'react';
import { type TextKey, useText } from '../text/text.js';
import { Check, Field, Words } from '../ui/form/field.js';
import { isObject } from './scope.js';
import { DOMAIN_KINDS } from './settings-view.js';

const OWNER = ['phone', 'email', 'qq', 'wechat', 'noticeMethod', 'storageRegion'] as const;

/** The content of a layer; the names of its fields are those of the request. */
export function LayerFields() {
  const t = useText();
  const panels = { domains: <Domains />, guide: <Guide />, ext: <Ext />, interfaces: <Interfaces /> };
  const keys = Object.keys(panels) as (keyof typeof panels)[];
  return (
    <Collapse
      defaultActiveKey={['domains']}
      items={keys.map((key) => ({
        ...{ key, label: t(`settings.${key}`), children: panels[key], forceRender: true },
      }))}
      style={{ marginBottom: 24 }}
    />
  );
}

function Domains() {
  return (
    <>
      {DOMAIN_KINDS.map((kind) => (
        <Field key={kind} name={['settings', 'serverDomains', kind]} label={`settings.${kind}`}>
          <Words />
        </Field>
      ))}
      <Field name={['settings', 'webviewDomains']} label="settings.webview">
        <Words />
      </Field>
      <Check name={['settings', 'webviewOptional']} label="settings.webviewOptional" />
    </>
  );
}

function Guide() {
  const t = useText();
  const guide = ['settings', 'privacyGuide'];
  return (
    <>
      <Flex gap="small" wrap>
        {OWNER.map((name) => (
          <Field key={name} name={[...guide, 'owner', name]} label={`settings.owner.${name}`}>
            <Input style={{ width: 200 }} />
          </Field>
        ))}
        <Field name={[...guide, 'owner', 'storageDays']} label="settings.owner.storageDays">
          <InputNumber min={0} />
        </Field>
      </Flex>
      <Form.Item label={t('settings.purposes')} extra={t('settings.purposesHint')}>
        <Purposes name={[...guide, 'purposes']} />
      </Form.Item>
      <Form.Item label={t('settings.sdks')}>
        <Rows name={[...guide, 'sdks']} add="settings.addSdk" fields={['name', 'provider']}>
          {(name) => <Purposes name={[name, 'purposes']} />}
        </Rows>
      </Form.Item>
      <Field name={[...guide, 'extraText']} label="settings.extraText">
        <Input.TextArea rows={2} />
      </Field>
    </>
  );
}

function Purposes({ name }: Pick<RowsProps, 'name'>) {
  return <Rows name={name} add="settings.addPurpose" fields={['key', 'text']} />;
}

interface RowsProps {
  name: (string | number)[];
  /** On the button that adds a row. */
  add: TextKey;
  fields: readonly ('key' | 'text' | 'name' | 'provider' | 'apiName')[];
  /** More of a row. @param name its place in the list. */
  children?: (name: number) => ReactNode;
}

/** A list whose rows have some texts. */
function Rows({ name, add, fields, children }: RowsProps) {
  const t = useText();
  return (
    <Form.List name={name}>
      {(rows, actions) => (
        <Flex vertical gap="small">
          {rows.map((row) => (
            <Flex key={row.key} vertical gap={4}>
              <Flex gap="small">
                {fields.map((field) => (
                  <Form.Item key={field} name={[row.name, field]} noStyle>
                    <Input placeholder={t(`settings.${field}`)} aria-label={t(`settings.${field}`)} />
                  </Form.Item>
                ))}
                <Button onClick={() => actions.remove(row.name)}>{t('miniPrograms.delete')}</Button>
              </Flex>
              {children && <div style={{ paddingInlineStart: 24 }}>{children(row.name)}</div>}
            </Flex>
          ))}
          <Button type="dashed" onClick={() => actions.add()}>
            {t(add)}
          </Button>
        </Flex>
      )}
    </Form.List>
  );
}

function Ext() {
  const t = useText();
  const validator = async (_: unknown, text?: string) => {
    if (text?.trim() && !isObject(text)) throw new Error(t('settings.noObject'));
  };
  return (
    <>
      <Field
        name={['settings', 'extJson']}
        label="settings.extPatch"
        extra="settings.extHint"
        rules={[{ validator }]}
      >
        <Input.TextArea rows={4} style={{ fontFamily: 'monospace' }} />
      </Field>
      <Field name={['settings', 'requiredExtPointers']} label="settings.pointers">
        <Words />
      </Field>
    </>
  );
}

function Interfaces() {
  return (
    <Rows name={['settings', 'interfaces']} add="settings.addInterface" fields={['apiName']}>
      {(name) => (
        <>
          <Field name={[name, 'application', 'content']} label="settings.application">
            <Input.TextArea maxLength={300} rows={2} />
          </Field>
          <Field name={[name, 'application', 'pictureUrls']} label="settings.pictureUrls">
            <Words />
          </Field>
          <Field name={[name, 'application', 'videoUrl']} label="settings.videoUrl" />
        </>
      )}
    </Rows>
  );
}
