import { Flex, Input, Select } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import { type TextKey, t } from '../text/text.js';

/** The filters of a list, which are the parameters of the address. */
export function useFilters() {
  const [parameters, setParameters] = useSearchParams();
  return {
    parameters,
    /** The value of one; empty without it. */
    given: (name: string): string => parameters.get(name) ?? '',
    /** Changes some. Those without a value leave the address. @param replace whether the list before it is not come back to. */
    set(values: Record<string, string | readonly string[] | undefined>, replace = false): void {
      // The address is newer than what was rendered if two are changed in quick succession.
      const after = new URLSearchParams(window.location.search);
      for (const [name, value = ''] of Object.entries(values)) {
        after.delete(name);
        for (const one of [value].flat()) if (one !== '') after.append(name, one);
      }
      setParameters(after, { replace });
    },
  };
}

interface Props {
  fields: readonly {
    /** Of the parameter of the address. */
    name: string;
    label: TextKey;
    /** To choose from; without them a text is typed. */
    options?: { value: string; label: string }[];
    /** Several may be chosen. */
    isMultiple?: boolean;
    width?: number;
  }[];
  /** The list before a change is not come back to. */
  isReplacing?: boolean;
  /** Further ones. */
  children?: ReactNode;
}

/** On a phone two fields are in a row. */
const widthOf = (pixels: number) => `min(${pixels}px, calc(50% - 4px))`;

/** What a list is filtered by. */
export function FilterFields({ fields, isReplacing = false, children }: Props) {
  const { parameters, given, set } = useFilters();
  return (
    <Flex wrap gap="small" align="center">
      {fields.map(({ name, label, options, isMultiple = false, width = 190 }) =>
        options === undefined ? (
          <SearchInput
            key={name}
            label={t(label)}
            value={given(name)}
            width={width}
            onSearch={(value) => set({ [name]: value }, isReplacing)}
          />
        ) : (
          <Select
            key={name}
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            aria-label={t(label)}
            placeholder={t(label)}
            {...(isMultiple && { mode: 'multiple' })}
            value={isMultiple ? parameters.getAll(name) : given(name) || undefined}
            options={options}
            onChange={(value?: string | string[]) => set({ [name]: value }, isReplacing)}
            style={isMultiple ? { minWidth: widthOf(width) } : { width: widthOf(width) }}
          />
        ),
      )}
      {children}
    </Flex>
  );
}

const TYPING_MS = 250;

interface SearchProps {
  label: string;
  /** What the list is filtered by. */
  value?: string;
  width?: number;
  /** @param text without spaces around it; empty if it was cleared. */
  onSearch(text: string): void;
}

/** A field that filters a list after a pause in the typing. */
function SearchInput({ label, value = '', width = 220, onSearch }: SearchProps) {
  const [text, setText] = useState(value);
  const [acted, setActed] = useState(value);
  const [rendered, setRendered] = useState(value);
  if (value !== rendered) {
    setRendered(value);
    // Since this field itself has acted, more may have been typed.
    if (value !== acted) {
      setActed(value);
      setText(value);
    }
  }
  // After a click on a link a change of the address would cancel the navigation to it, which has yet to load its page.
  const [isLeaving, setLeaving] = useState(false);
  useEffect(() => {
    if (isLeaving || text.trim() === acted) return;
    const timer = setTimeout(() => {
      setActed(text.trim());
      onSearch(text.trim());
    }, TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <Input
      style={{ width: widthOf(width) }}
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
