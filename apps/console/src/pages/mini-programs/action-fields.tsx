import type { Category } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import { answerOf } from '../../gateway/failure.js';
import { readTemplates } from '../../gateway/templates.js';
import { Field, Select } from '../../ui/form.js';
import { asksWechat, FromWechat, NoAnswer } from '../../ui/from-wechat.js';
import {
  CheckInput,
  type FormState,
  NumberInput,
  RadioInput,
  TemplateInput,
  TextArea,
  TextInput,
} from '../../ui/inputs.js';
import type { Visit } from '../../visit/visit.js';
import { itemsOf, MORE } from './actions.js';

interface FieldsProps {
  visit: Visit;
  appid: string;
  form: FormState;
}

type Fields = (props: FieldsProps) => ComponentChildren | Promise<ComponentChildren>;

/** By the action; those without fields are not here. */
const FIELDS: Readonly<Record<string, Fields>> = {
  'gray-release': grayRelease,
  revert,
  'speed-up': speedUp,
  'submit-audit': submitAudit,
  commit,
  visibility,
  'support-version': ({ visit: { t }, form }) => (
    <TextInput form={form} name="base_version" label={t('baseVersion')} required />
  ),
};

/** The controls of an action's form. */
export function fieldsOf(action: string, props: FieldsProps): ComponentChildren | Promise<ComponentChildren> {
  return Object.hasOwn(FIELDS, action) ? FIELDS[action]?.(props) : null;
}

function grayRelease({ visit: { t }, form }: FieldsProps) {
  return (
    <>
      <NumberInput form={form} name="percentage" label={t('percentage')} />
      <CheckInput form={form} name="debuggers" label={t('debuggersFirst')} />
      <CheckInput form={form} name="experiencers" label={t('experiencersFirst')} />
    </>
  );
}

function visibility({ visit: { t }, form }: FieldsProps) {
  const chosen = { ...form, values: { status: 'OPEN', ...form.values } };
  return (
    <fieldset>
      <RadioInput form={chosen} name="status" value="OPEN" label={t('visible.OPEN')} />
      <RadioInput form={chosen} name="status" value="CLOSED" label={t('visible.CLOSED')} />
    </fieldset>
  );
}

async function commit({ visit, form }: FieldsProps) {
  const { t, gateway } = visit;
  const templates = await readTemplates(gateway);
  return (
    <>
      <TemplateInput visit={visit} form={form} name="template_id" templates={templates} />
      <TextInput form={form} name="user_version" label={t('version')} required />
      <TextInput form={form} name="user_desc" label={t('description')} />
      <TextArea form={form} name="ext_json" label="ext.json" rows={6} />
    </>
  );
}

async function speedUp({ visit: { t, gateway } }: FieldsProps) {
  const { auditQuota } = await gateway.platform.getPlatformStatus({});
  const { speedupRest = 0, speedupLimit = 0 } = auditQuota?.quota ?? {};
  return speedupLimit > 0 && <p>{t('speedUpsLeft', { n: speedupRest })}</p>;
}

async function revert({ visit, appid, form }: FieldsProps) {
  const { t, gateway } = visit;
  const answer = asksWechat(visit)
    ? await answerOf(gateway.codeManagement.listReleaseHistory({ appid }))
    : undefined;
  const versions = answer?.value?.versions.map(
    ({ appVersion, userVersion, userDesc }) => [appVersion, `${userVersion} ${userDesc}`] as const,
  );
  return (
    <FromWechat visit={visit} keep={form.values}>
      {answer?.failure && <NoAnswer visit={visit} failure={answer.failure} />}
      {versions && (
        <Field label={t('revertTo')}>
          <Select
            name="app_version"
            value={form.values.app_version ?? ''}
            options={[['', t('previousVersion')], ...versions]}
          />
        </Field>
      )}
    </FromWechat>
  );
}

async function submitAudit(props: FieldsProps) {
  const { visit } = props;
  return (
    <FromWechat visit={visit} keep={props.form.values}>
      {asksWechat(visit) && (await auditFields(props))}
    </FromWechat>
  );
}

async function auditFields(props: FieldsProps) {
  const { visit, appid, form } = props;
  const { t } = visit;
  const { codeManagement } = visit.gateway;
  const [pages, categories] = await Promise.all([
    answerOf(codeManagement.listPages({ appid })),
    answerOf(codeManagement.listCategories({ appid })),
  ]);
  const refused = pages.failure ?? categories.failure;
  if (refused) return <NoAnswer visit={visit} failure={refused} />;
  const shown = itemsOf(form.values);
  const lists = { pages: pages.value?.pages ?? [], categories: categories.value?.categories ?? [] };
  return (
    <>
      {shown.map((i) => (
        <AuditItemFields {...props} {...lists} i={i} />
      ))}
      {shown.length < 5 && (
        <button type="submit" name={MORE} value="1" class="link" formnovalidate>
          {t('moreItems')}
        </button>
      )}
      <TextInput form={form} name="version_desc" label={t('versionDesc')} />
      <CheckInput form={form} name="privacy_api_not_used" label={t('privacyApiNotUsed')} />
      <details open={MEDIA.some((name) => form.values[name] || form.problems.has(name))}>
        <summary>{t('forAuditors')}</summary>
        <TextInput form={form} name="feedback_info" label={t('feedbackInfo')} />
        <TextInput form={form} name="feedback_media_ids" label={t('feedbackMediaIds')} />
        <TextInput form={form} name="picture_ids" label={t('pictureIds')} />
        <TextInput form={form} name="video_ids" label={t('videoIds')} />
        <TextInput form={form} name="order_path" label={t('orderPath')} />
      </details>
    </>
  );
}

const MEDIA = ['feedback_info', 'feedback_media_ids', 'picture_ids', 'video_ids', 'order_path'];

/** One page to audit; the ones after the first may be left out. */
function AuditItemFields(
  props: FieldsProps & { i: number; pages: readonly string[]; categories: readonly Category[] },
) {
  const { visit, form, i } = props;
  const { t } = visit;
  const item = `items[${i}]`;
  const pages = props.pages.map((page) => [page, page] as const);
  const categories = props.categories.map((one) => [JSON.stringify(one), categoryName(one)] as const);
  const select = (name: string, options: typeof pages) => (
    <Select name={name} value={form.values[name] ?? ''} options={options} required={i === 0} />
  );
  return (
    <fieldset>
      <legend>{t('auditItem', { n: i + 1 })}</legend>
      <Field label={t('auditPage')} error={form.problems.get(`${item}.address`)}>
        {select(`${item}.address`, i === 0 ? pages : [['', t('noItem')], ...pages])}
      </Field>
      <Field label={t('category')} error={form.problems.get(`${item}.first_class`)}>
        {select(`${item}.category`, categories)}
      </Field>
      <TextInput form={form} name={`${item}.title`} label={t('pageTitle')} />
      <TextInput form={form} name={`${item}.tag`} label={t('tags')} />
    </fieldset>
  );
}

function categoryName({ firstClass, secondClass, thirdClass }: Category): string {
  return [firstClass, secondClass, thirdClass].filter((name) => name !== '').join(' › ');
}
