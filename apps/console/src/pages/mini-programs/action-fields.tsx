import type { Category } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import { answerOf, type Failure, fieldErrorOf } from '../../gateway/failure.js';
import type { TextKey } from '../../text/text.js';
import { Field, Select } from '../../ui/form.js';
import { asksWechat, FromWechat, NoAnswer, readTemplates, TemplateInput } from '../../ui/from-wechat.js';
import type { Visit } from '../../visit/visit.js';
import { type Input, itemsOf, MORE } from './actions.js';

interface FieldsProps {
  visit: Visit;
  appid: string;
  input: Input;
  failure: Failure | undefined;
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
  'support-version': (props) => (
    <Text {...props} name="base_version" field="version" label="baseVersion" isRequired />
  ),
};

/** The controls of an action's form. */
export function fieldsOf(action: string, props: FieldsProps): ComponentChildren | Promise<ComponentChildren> {
  return Object.hasOwn(FIELDS, action) ? FIELDS[action]?.(props) : null;
}

/** `field`: what the gateway calls it in its errors; `name` unless given. */
function Text(
  props: FieldsProps & {
    name: string;
    field?: string;
    label: TextKey;
    isRequired?: boolean;
    isNumber?: boolean;
  },
) {
  const { visit, input, failure, name, field = name, label, isRequired = false, isNumber = false } = props;
  return (
    <Field label={visit.t(label)} error={fieldErrorOf(visit, failure, field)}>
      <input
        name={name}
        value={input[name]}
        inputMode={isNumber ? 'numeric' : 'text'}
        required={isRequired}
        autocomplete="off"
      />
    </Field>
  );
}

function Check({ visit, input, name, label }: FieldsProps & { name: string; label: TextKey }) {
  return (
    <label>
      <input type="checkbox" name={name} checked={input[name] === 'on'} /> {visit.t(label)}
    </label>
  );
}

function grayRelease(props: FieldsProps) {
  return (
    <>
      <Text {...props} name="percentage" label="percentage" isNumber />
      <Check {...props} name="debuggers" label="debuggersFirst" />
      <Check {...props} name="experiencers" label="experiencersFirst" />
    </>
  );
}

function visibility({ visit: { t }, input }: FieldsProps) {
  return (
    <fieldset>
      {(['OPEN', 'CLOSED'] as const).map((status) => (
        <label>
          <input
            type="radio"
            name="status"
            value={status}
            checked={status === (input.status ?? 'OPEN')}
            required
          />{' '}
          {t(`visible.${status}`)}
        </label>
      ))}
    </fieldset>
  );
}

async function commit(props: FieldsProps) {
  const { visit, input, failure } = props;
  const name = 'template_id';
  return (
    <>
      <TemplateInput
        visit={visit}
        name={name}
        value={input[name]}
        error={fieldErrorOf(visit, failure, name)}
        templates={await readTemplates(visit)}
      />
      <Text {...props} name="user_version" label="version" isRequired />
      <Text {...props} name="user_desc" label="description" />
      <Field label="ext.json" error={fieldErrorOf(visit, failure, 'ext_json')}>
        <textarea name="ext_json" rows={6} class="id" value={input.ext_json} />
      </Field>
    </>
  );
}

async function speedUp({ visit: { t, gateway } }: FieldsProps) {
  const { auditQuota } = await gateway.platform.getPlatformStatus({});
  const { speedupRest = 0, speedupLimit = 0 } = auditQuota?.quota ?? {};
  return speedupLimit > 0 && <p>{t('speedUpsLeft', { n: speedupRest })}</p>;
}

async function revert({ visit, appid, input }: FieldsProps) {
  const { t, gateway } = visit;
  const answer = asksWechat(visit)
    ? await answerOf(gateway.codeManagement.listReleaseHistory({ appid }))
    : undefined;
  const versions = answer?.value?.versions.map(
    ({ appVersion, userVersion, userDesc }) => [appVersion, `${userVersion} ${userDesc}`] as const,
  );
  return (
    <FromWechat visit={visit} keep={input}>
      {answer?.failure && <NoAnswer visit={visit} failure={answer.failure} />}
      {versions && (
        <Field label={t('revertTo')}>
          <Select
            name="app_version"
            value={input.app_version ?? ''}
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
    <FromWechat visit={visit} keep={props.input}>
      {asksWechat(visit) && (await auditFields(props))}
    </FromWechat>
  );
}

async function auditFields(props: FieldsProps) {
  const { visit, appid, input, failure } = props;
  const { codeManagement } = visit.gateway;
  const [pages, categories] = await Promise.all([
    answerOf(codeManagement.listPages({ appid })),
    answerOf(codeManagement.listCategories({ appid })),
  ]);
  const refused = pages.failure ?? categories.failure;
  if (refused) return <NoAnswer visit={visit} failure={refused} />;
  const shown = itemsOf(input);
  const lists = { pages: pages.value?.pages ?? [], categories: categories.value?.categories ?? [] };
  return (
    <>
      {shown.map((i) => (
        <AuditItemFields {...props} {...lists} i={i} />
      ))}
      {shown.length < 5 && (
        <button type="submit" name={MORE} value="1" class="link" formnovalidate>
          {visit.t('moreItems')}
        </button>
      )}
      <Text {...props} name="version_desc" label="versionDesc" />
      <Check {...props} name="privacy_api_not_used" label="privacyApiNotUsed" />
      <details open={MEDIA.some((name) => input[name] || failure?.fields.has(name))}>
        <summary>{visit.t('forAuditors')}</summary>
        <Text {...props} name="feedback_info" label="feedbackInfo" />
        <Text {...props} name="feedback_media_ids" label="feedbackMediaIds" />
        <Text {...props} name="picture_ids" field="preview" label="pictureIds" />
        <Text {...props} name="video_ids" field="preview" label="videoIds" />
        <Text {...props} name="order_path" label="orderPath" />
      </details>
    </>
  );
}

const MEDIA = ['feedback_info', 'feedback_media_ids', 'picture_ids', 'video_ids', 'order_path'];

/** One page to audit; the ones after the first may be left out. */
function AuditItemFields(
  props: FieldsProps & { i: number; pages: readonly string[]; categories: readonly Category[] },
) {
  const { visit, input, failure, i } = props;
  const item = `items[${i}]`;
  const pages = props.pages.map((page) => [page, page] as const);
  const categories = props.categories.map((one) => [JSON.stringify(one), categoryName(one)] as const);
  const select = (name: string, options: typeof pages) => (
    <Select name={name} value={input[name] ?? ''} options={options} required={i === 0} />
  );
  return (
    <fieldset>
      <legend>{visit.t('auditItem', { n: i + 1 })}</legend>
      <Field label={visit.t('auditPage')} error={fieldErrorOf(visit, failure, `${item}.address`)}>
        {select(`${item}.address`, i === 0 ? pages : [['', visit.t('noItem')], ...pages])}
      </Field>
      <Field label={visit.t('category')} error={fieldErrorOf(visit, failure, `${item}.first_class`)}>
        {select(`${item}.category`, categories)}
      </Field>
      <Text {...props} name={`${item}.title`} label="pageTitle" />
      <Text {...props} name={`${item}.tag`} label="tags" />
    </fieldset>
  );
}

function categoryName({ firstClass, secondClass, thirdClass }: Category): string {
  return [firstClass, secondClass, thirdClass].filter((name) => name !== '').join(' › ');
}
