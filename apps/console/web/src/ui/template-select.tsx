import { InputNumber, Select } from 'antd';
import { useCall } from '../api/query.js';
import { useText } from '../text/text.js';

interface Props {
  value?: string;
  onChange?: (id: string) => void;
  id?: string;
}

/** Chooses a template of the library, the newest first; takes a typed id while WeChat does not answer. */
export function TemplateSelect({ value, onChange, id }: Props) {
  const t = useText();
  const { data, error } = useCall('Templates/ListTemplates', {}, { staleTime: 60_000 });
  if (error)
    return (
      <InputNumber
        id={id}
        stringMode
        min="0"
        precision={0}
        value={value ?? null}
        placeholder={t('miniPrograms.templatesUnknown')}
        style={{ width: '100%' }}
        onChange={(given) => onChange?.(given ?? '')}
      />
    );
  const newest = data?.templates.toSorted((one, other) => Number(other.templateId) - Number(one.templateId));
  return (
    <Select
      {...{ id, value, onChange }}
      showSearch={{ optionFilterProp: 'label' }}
      loading={data === undefined}
      options={newest?.map(({ templateId, userVersion, userDesc }) => ({
        value: templateId,
        label: `${templateId} · ${userVersion} ${userDesc}`,
      }))}
    />
  );
}
