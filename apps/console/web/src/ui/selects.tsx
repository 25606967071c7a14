import { InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useCall } from '../api/query.js';
import { t } from '../text/text.js';

/** At most so many labels of one mini-program. */
const MAX = 20;

/** Given by a form's item. */
interface Given<Value> {
  value?: Value;
  onChange?: (value: Value) => void;
  id?: string;
}

/** Chooses labels: those that exist, most frequent first, with the number of mini-programs that have them, and new ones. */
export function LabelSelect(props: Given<string[]> & { placeholder?: string }) {
  const { data } = useCall('Fleet/GetFleetSummary', { byLabel: true }, { staleTime: 30_000 });
  const [isOpen, setOpen] = useState(false);
  return (
    <Select
      {...props}
      mode="tags"
      open={isOpen}
      onOpenChange={setOpen}
      // The list would cover what is below, as the button that saves the choice.
      onSelect={() => setOpen(false)}
      maxCount={MAX}
      allowClear
      style={{ minWidth: 200 }}
      aria-label={t('miniPrograms.labels')}
      tokenSeparators={[',', '，', '\n']}
      optionLabelProp="value"
      options={data?.labels.map(({ label, count }) => ({ value: label, label: `${label} (${count})` }))}
    />
  );
}

/** Chooses a template of the library, the newest first; takes a typed id while WeChat does not answer. */
export function TemplateSelect({ value, onChange, id }: Given<string>) {
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
