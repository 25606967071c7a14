import { Select } from 'antd';
import { useState } from 'react';
import { useCall } from '../api/query.js';
import { useText } from '../text/text.js';

/** At most so many labels of one mini-program. */
const MAX = 20;

interface Props {
  value?: string[];
  onChange?: (labels: string[]) => void;
  placeholder?: string;
  /** Given by a form's item. */
  id?: string;
}

/** Chooses labels: those that exist, most frequent first, with the number of mini-programs that have them, and new ones. */
export function LabelSelect(props: Props) {
  const t = useText();
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
