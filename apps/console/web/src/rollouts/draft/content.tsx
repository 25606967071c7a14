import { Checkbox, Collapse, Flex, Form, Select } from 'antd';
import { useEffect, useEffectEvent } from 'react';
import { useCall } from '../../api/query.js';
import { nameOf, t } from '../../text/text.js';
import type { Named } from '../../text/translate.js';
import { Field } from '../../ui/form/field.js';
import { LabelSelect, TemplateSelect } from '../../ui/selects.js';
import { DurationField, JsonField, OneOf, TimeField } from './fields.js';
import { NEWCOMERS } from './values.js';

/** Name, template and version: those of the template, until others are typed. */
export function Basics({ isNew }: { isNew: boolean }) {
  const form = Form.useFormInstance();
  const { data } = useCall('Templates/ListTemplates', {}, { staleTime: 60_000 });
  const templateId = Form.useWatch('templateId', form) as string | undefined;
  const take = useEffectEvent(() => {
    const template = data?.templates.find((one) => one.templateId === templateId);
    const isGiven = form.getFieldValue('userVersion') && !form.isFieldTouched('templateId');
    if (!isNew || template === undefined || isGiven || form.isFieldTouched('userVersion')) return;
    const { userVersion, userDesc } = template;
    form.setFieldsValue({ userVersion, userDesc });
    if (!form.isFieldTouched('name')) form.setFieldValue('name', `${userDesc} ${userVersion}`.trim());
  });
  // A link names the template before its version is known.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another template, or the library has arrived
  useEffect(() => take(), [templateId, data]);
  return (
    <>
      <Field name="templateId" label="draft.template" required>
        <TemplateSelect />
      </Field>
      <Field name="userVersion" label="draft.version" extra="draft.versionHelp" required />
      <Field name="name" label="rollouts.name" required />
    </>
  );
}

const steps = (...names: string[]) => names.map((name) => `ROLLOUT_STEP_${name}`);
const FIRST = steps('UNSPECIFIED', 'READINESS', 'COMMIT', 'SETTINGS', 'CHECK', 'RELEASE');
const LAST = steps(
  ...['UNSPECIFIED', 'VERIFY', 'RELEASE', 'AUDIT', 'CHECK', 'SETTINGS', 'COMMIT', 'READINESS'],
);
const CHECKS = ['PAGES', 'CATEGORIES', 'PRIVACY', 'BASELINE'].map((check) => `ROLLOUT_CHECK_${check}`);
const ON_OPEN = ['UNSPECIFIED', 'FAIL', 'WAIT', 'WITHDRAW'].map((choice) => `ON_OPEN_AUDIT_${choice}`);
const NOT_READY = ['UNSPECIFIED', 'WAIT', 'SKIP', 'IGNORE'].map((choice) => `ON_NOT_READY_${choice}`);

/** The values of an enum by their names; the one that is not set is the default. */
const options = (of: Named, values: readonly string[]) =>
  values.map((value) => ({
    value,
    label: value.endsWith('_UNSPECIFIED') ? t('draft.byDefault') : nameOf(of, value),
  }));

/** What most rollouts leave as it is, folded: what is submitted, checked and configured, and which steps run. */
export function Advanced() {
  const parts = [
    ['draft.content', <Content key="content" />],
    ['draft.audit', <Audit key="audit" />],
    ['draft.settings', <Settings key="settings" />],
  ] as const;
  return (
    <Collapse items={parts.map(([key, children]) => ({ key, label: t(key), children, forceRender: true }))} />
  );
}

function Content() {
  return (
    <>
      <Field of="area" name="userDesc" label="draft.userDesc" />
      <Field of="code" name="extJson" label="draft.extJson" rows={3} />
      <Flex wrap gap="0 16px">
        <Field of="select" name="firstStep" label="draft.firstStep" options={options('step', FIRST)} />
        <Field of="select" name="lastStep" label="draft.lastStep" options={options('step', LAST)} />
      </Flex>
      <Field name="checks" label="draft.checks">
        <Checkbox.Group options={options('check', CHECKS)} />
      </Field>
    </>
  );
}

function Audit() {
  const rule = (
    <Flex wrap gap="0 16px">
      <Field name="audit.rule.address" label="draft.address" />
      <Field name="audit.rule.title" label="draft.pageTitle" />
      <Field name="audit.rule.tag" label="draft.tag" />
      <Field of="number" name="audit.rule.preferSecondId" label="draft.preferSecondId" />
    </Flex>
  );
  const fixed = <JsonField name="audit.fixed.items" label="draft.itemsJson" rows={6} />;
  return (
    <>
      <OneOf
        path={['audit']}
        label="draft.items"
        cases={{ rule: ['draft.itemsByRule', {}, rule], fixed: ['draft.itemsFixed', { items: [] }, fixed] }}
      />
      <Field
        of="select"
        name="audit.onOpenAudit"
        label="draft.onOpenAudit"
        options={options('openAudit', ON_OPEN)}
      />
      <Field of="area" name="audit.versionDesc" label="draft.versionDesc" />
      <Field name="audit.feedbackInfo" label="draft.feedbackInfo" />
      <Field name="audit.orderPath" label="draft.orderPath" />
      <DurationField seconds={86_400} name="audit.timeout" label="draft.auditTimeout" />
      <Field of="check" name="audit.privacyApiNotUsed" label="draft.privacyApiNotUsed" />
      <JsonField name="audit.ugcDeclaration" label="draft.ugc" />
    </>
  );
}

/** Settings of mini-programs, what they lack, and newcomers. */
function Settings() {
  const form = Form.useFormInstance();
  const isContinuous = Form.useWatch('continuous', { form, preserve: true }) !== undefined;
  const labels = (
    <Field name="continuous.labels.labels" label="draft.labels">
      <LabelSelect />
    </Field>
  );
  return (
    <>
      <Presence name="settings" label={t('draft.withSettings')} initial={{}} />
      <Form.Item
        name="readiness"
        label={t('draft.onNotReady')}
        getValueProps={(readiness?: { onNotReady: string }) => ({ value: readiness?.onNotReady ?? '' })}
        normalize={(onNotReady: string, before?: object) =>
          onNotReady ? { ...before, onNotReady } : undefined
        }
      >
        <Select
          style={{ maxWidth: 320 }}
          options={[{ value: '', label: t('draft.noReadiness') }, ...options('notReady', NOT_READY)]}
        />
      </Form.Item>
      <Presence name="continuous" label={t('draft.continuous')} initial={NEWCOMERS} />
      {isContinuous && (
        <>
          <Flex wrap gap="0 16px">
            <OneOf
              path={['continuous']}
              label="draft.newcomers"
              cases={{
                allAuthorized: ['draft.allNewcomers', true],
                labels: ['draft.newcomersWithLabels', { labels: [] }, labels],
              }}
            />
            <Field of="number" name="continuous.maxSubmissionsPerDay" label="draft.perDay" />
            <TimeField name="continuous.endTime" label="draft.endTime" />
            <Field name="continuous.replaces" label="draft.replaces" />
          </Flex>
          <Field of="check" name="continuous.onlyUnreleased" label="draft.onlyUnreleased" />
        </>
      )}
    </>
  );
}

/** Whether a message is set. */
function Presence({ name, label, initial }: { name: string; label: string; initial: object }) {
  return (
    <Form.Item
      name={name}
      getValueProps={(message?: object) => ({ checked: message !== undefined })}
      getValueFromEvent={({ target }) => (target.checked ? initial : undefined)}
      style={{ marginBottom: 8 }}
    >
      <Checkbox>{label}</Checkbox>
    </Form.Item>
  );
}
