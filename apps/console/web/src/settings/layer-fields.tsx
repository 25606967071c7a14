import { Collapse, Flex, Form, Input } from 'antd';
import { t } from '../text/text.js';
import { Field, Rows } from '../ui/form/field.js';
import { isObject } from './scope.js';
import { DOMAIN_KINDS } from './settings-view.js';

const OWNER = ['phone', 'email', 'qq', 'wechat', 'noticeMethod', 'storageRegion'] as const;

/** The content of a layer; the names of its fields are those of the request. */
export function LayerFields() {
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
        <Field key={kind} of="words" name={`settings.serverDomains.${kind}`} label={`settings.${kind}`} />
      ))}
      <Field of="words" name="settings.webviewDomains" label="settings.webview" />
      <Field of="check" name="settings.webviewOptional" label="settings.webviewOptional" />
    </>
  );
}

function Guide() {
  const guide = 'settings.privacyGuide';
  return (
    <>
      <Flex gap="small" wrap>
        {OWNER.map((name) => (
          <Field key={name} name={`${guide}.owner.${name}`} label={`settings.owner.${name}`}>
            <Input style={{ width: 200 }} />
          </Field>
        ))}
        <Field of="number" name={`${guide}.owner.storageDays`} label="settings.owner.storageDays" />
      </Flex>
      <Form.Item label={t('settings.purposes')} extra={t('settings.purposesHint')}>
        <Purposes name={`${guide}.purposes`} />
      </Form.Item>
      <Form.Item label={t('settings.sdks')}>
        <Rows name={`${guide}.sdks`} add="settings.addSdk">
          {(row) => (
            <>
              <Field isInline name={[row, 'name']} label="settings.name" />
              <Field isInline name={[row, 'provider']} label="settings.provider" />
              <Purposes name={[row, 'purposes']} />
            </>
          )}
        </Rows>
      </Form.Item>
      <Field of="area" name={`${guide}.extraText`} label="settings.extraText" />
    </>
  );
}

function Purposes({ name }: { name: string | (string | number)[] }) {
  return (
    <Rows name={name} add="settings.addPurpose">
      {(row) => (
        <>
          <Field isInline name={[row, 'key']} label="settings.key" />
          <Field isInline name={[row, 'text']} label="settings.text" />
        </>
      )}
    </Rows>
  );
}

function Ext() {
  const validator = async (_: unknown, text?: string) => {
    if (text?.trim() && !isObject(text)) throw new Error(t('settings.noObject'));
  };
  return (
    <>
      <Field
        of="code"
        rows={4}
        name="settings.extJson"
        label="settings.extPatch"
        extra="settings.extHint"
        rules={[{ validator }]}
      />
      <Field of="words" name="settings.requiredExtPointers" label="settings.pointers" />
    </>
  );
}

function Interfaces() {
  return (
    <Rows name="settings.interfaces" add="settings.addInterface">
      {(row) => (
        <Flex vertical flex={1}>
          <Field isInline name={[row, 'apiName']} label="settings.apiName" />
          <Field name={[row, 'application', 'content']} label="settings.application">
            <Input.TextArea maxLength={300} rows={2} />
          </Field>
          <Field of="words" name={[row, 'application', 'pictureUrls']} label="settings.pictureUrls" />
          <Field name={[row, 'application', 'videoUrl']} label="settings.videoUrl" />
        </Flex>
      )}
    </Rows>
  );
}
