import { Input, InputNumber, Radio, Select } from 'antd';
import type { ComponentType } from 'react';
import { useCall } from '../../api/query.js';
import { nameOf, t } from '../../text/text.js';
import { Field } from '../../ui/form/field.js';
import { ErrorAlert } from '../../ui/page.js';
import { TemplateSelect } from '../../ui/selects.js';
import type { MiniProgram } from '../types.js';
import { AuditFields } from './audit-fields.js';
import type { Action } from './possible.js';

interface Props {
  program: MiniProgram;
  like: string;
}

/** What each action asks for, beginning with what is in force; the others need nothing. */
export const FIELDS: Partial<Record<Action, ComponentType<Props>>> = {
  grayRelease: GrayFields,
  revert: RevertFields,
  speedUp: SpeedUpsLeft,
  visitStatus: VisitFields,
  supportVersion: SupportVersionFields,
  commit: CommitFields,
  submitAudit: AuditFields,
};

function GrayFields() {
  return (
    <>
      <Field name="percentage" label="miniPrograms.percentage">
        <InputNumber min={0} max={100} suffix="%" />
      </Field>
      <Field of="check" name="supportDebuggerFirst" label="miniPrograms.debuggersFirst" />
      <Field of="check" name="supportExperiencerFirst" label="miniPrograms.experiencersFirst" />
    </>
  );
}

/** The versions that WeChat can restore, the one before the live one first. Nothing is sent until one is chosen. */
function RevertFields({ program: { appid } }: Props) {
  const { data, error, refetch } = useCall('CodeManagement/ListReleaseHistory', { appid });
  const options = data?.versions.map(({ appVersion, userVersion, userDesc }, index) => ({
    value: appVersion,
    label: `${userVersion} ${userDesc}${index === 0 ? ` · ${t('miniPrograms.previousVersion')}` : ''}`,
  }));
  return (
    <>
      <ErrorAlert error={error} retry={refetch} />
      <Field
        // It begins with the first version once they are read.
        key={String(data === undefined)}
        name="appVersion"
        label="miniPrograms.revertTo"
        required
        initialValue={options?.[0]?.value}
      >
        <Select options={options} loading={data === undefined && !error} />
      </Field>
    </>
  );
}

function SpeedUpsLeft() {
  const { data } = useCall('Platform/GetPlatformStatus', {});
  const { speedupRest = 0, speedupLimit = 0 } = data?.auditQuota?.quota ?? {};
  return speedupLimit > 0 && <p>{t('miniPrograms.speedUpsLeft', { n: speedupRest })}</p>;
}

function VisitFields({ program: { visitStatus } }: Props) {
  const options = (['VISIT_STATUS_OPEN', 'VISIT_STATUS_CLOSED'] as const).map((value) => ({
    value,
    label: nameOf('visit', value),
  }));
  const now = options.find(({ value }) => value === visitStatus)?.label;
  const other = visitStatus === 'VISIT_STATUS_CLOSED' ? 'VISIT_STATUS_OPEN' : 'VISIT_STATUS_CLOSED';
  return (
    <>
      <Now value={now} />
      <Field name="status" label="miniPrograms.visitStatus" initialValue={other}>
        <Radio.Group options={options} />
      </Field>
    </>
  );
}

/** What is in force before a change, if it is known. */
function Now({ value }: { value: string | undefined }) {
  return <p>{t('miniPrograms.now', { value: value || t('miniPrograms.notAsked') })}</p>;
}

function SupportVersionFields({ program: { supportVersion } }: Props) {
  return (
    <>
      <Now value={supportVersion} />
      <Field name="version" label="miniPrograms.supportVersion" required initialValue={supportVersion}>
        <Input placeholder="2.27.0" style={{ width: 160 }} />
      </Field>
    </>
  );
}

function CommitFields() {
  return (
    <>
      <Field name="templateId" label="miniPrograms.template" required>
        <TemplateSelect />
      </Field>
      <Field name="userVersion" label="miniPrograms.version" required max={64} />
      <Field name="userDesc" label="miniPrograms.description" />
      <Field of="check" name="fromSettings" label="miniPrograms.fromSettings" initialValue={true} />
      <Field of="code" name="extJson" label="settings.ext" rows={3} />
    </>
  );
}
