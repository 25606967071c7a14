import { Button, Flex, Input, Select } from 'antd';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useOptions, useText } from '../../text/text.js';
import { LabelSelect } from '../../ui/label-select.js';
import type { Filter } from './filter.js';

const TYPING_MS = 250;
const NOTHING = { search: '', labels: [], version: '', template: '', state: '', item: '', acts: '' };

interface Props {
  filter: Filter;
  onChange: (part: Partial<Filter>) => void;
  /** At the end of the line. */
  children: ReactNode;
}

/** The filter of the list; it acts as it is typed. */
export function FilterBar({ filter, onChange, children }: Props) {
  const t = useText();
  const named = useOptions();
  const isFiltered = Object.values(filter).some((value) => value.length > 0);
  return (
    <Flex gap="small" wrap>
      <Typed
        width={280}
        label={t('miniPrograms.searchHint')}
        value={filter.search}
        onChange={(search) => onChange({ search })}
      />
      <LabelSelect
        value={filter.labels}
        onChange={(labels) => onChange({ labels })}
        placeholder={t('miniPrograms.labels')}
      />
      <Typed
        width={150}
        label={t('miniPrograms.liveVersion')}
        value={filter.version}
        onChange={(version) => onChange({ version })}
      />
      <Select
        style={{ width: 150 }}
        aria-label={t('miniPrograms.onlyThose')}
        placeholder={t('miniPrograms.onlyThose')}
        allowClear
        value={filter.state}
        options={[
          { value: 'notLive', label: t('miniPrograms.isNotLive') },
          { value: 'drifted', label: t('miniPrograms.drifted') },
          ...named('authorizer'),
        ]}
        onChange={(state = '') => onChange({ state })}
      />
      {isFiltered && (
        <Button type="link" onClick={() => onChange(NOTHING)}>
          {t('miniPrograms.clearFilter')}
        </Button>
      )}
      {children}
    </Flex>
  );
}

interface TypedProps {
  label: string;
  width: number;
  value: string | undefined;
  onChange: (value: string) => void;
}

/** A text that acts after a pause in the typing. */
function Typed({ label, width, value = '', onChange }: TypedProps) {
  const [text, setText] = useState(value);
  const acted = useRef(value);
  useEffect(() => {
    // Since this field itself has acted, more may have been typed.
    if (value !== acted.current) setText(value);
    acted.current = value;
  }, [value]);
  // After a click on a link a change of the address would cancel the navigation to it, which has yet to load its page.
  const [isLeaving, setLeaving] = useState(false);
  useEffect(() => {
    if (isLeaving || text.trim() === value) return;
    const timer = setTimeout(() => {
      acted.current = text.trim();
      onChange(acted.current);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <Input
      style={{ width }}
      allowClear
      placeholder={label}
      aria-label={label}
      value={text}
      onChange={({ target }) => setText(target.value)}
      onFocus={() => setLeaving(false)}
      onBlur={({ relatedTarget }) => setLeaving(relatedTarget instanceof HTMLAnchorElement)}
    />
  );
}
