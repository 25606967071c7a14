import type { Template } from '@wxa/contracts';
import { answerOf } from '../../gateway/failure.js';
import type { Visit } from '../../visit/visit.js';
import { type FormState, NumberInput, SelectInput } from './inputs.js';

/** The platform's template library, newest first; empty if WeChat did not answer. */
export async function readTemplates({ gateway }: Visit): Promise<Template[]> {
  const { value } = await answerOf(gateway.templates.listTemplates({}));
  return (value?.templates ?? []).toSorted((a, b) => Number(b.templateId - a.templateId));
}

/** The choice of a template; its id can be typed if the library is not known. */
export function TemplateInput(props: { visit: Visit; form: FormState; templates: readonly Template[] }) {
  const { visit, form, templates } = props;
  const { t } = visit;
  const name = 'templateId';
  if (templates.length === 0)
    return (
      <NumberInput form={form} name={name} label={`${t('draft.template')} (${t('draft.noTemplates')})`} />
    );
  const options = templates.map(
    ({ templateId, userVersion, userDesc }) =>
      [String(templateId), [templateId, userVersion, userDesc.slice(0, 40)].join(' · ')] as const,
  );
  const chosen = form.values[name] ?? '';
  const isListed = chosen === '' || options.some(([id]) => id === chosen);
  return (
    <SelectInput
      form={form}
      name={name}
      label={t('draft.template')}
      options={isListed ? options : [[chosen, `${chosen} · ${t('draft.notInLibrary')}`], ...options]}
    />
  );
}
