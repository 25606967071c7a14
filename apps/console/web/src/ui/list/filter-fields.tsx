import { Flex, Select } from 'antd';
import type { ReactNode } from 'react';
import { type TextKey, useText } from '../../text/text.js';
import { SearchInput } from './search-input.js';
import { useFilters } from './use-filters.js';

interface Props {
  fields: readonly {
    /** Of the parameter of the address. */
    name: string;
    label: TextKey;
    /** To choose from; without them a text is typed. */
    options?: { value: string; label: string }[];
    width?: number;
  }[];
  /** Further ones. */
  children?: ReactNode;
}

/** What a list is filtered by. */
export function FilterFields({ fields, children }: Props) {
  const t = useText();
  const { given, set } = useFilters();
  return (
    <Flex wrap gap="small" align="center">
      {fields.map(({ name, label, options, width = 190 }) =>
        options === undefined ? (
          <SearchInput
            key={name}
            label={t(label)}
            value={given(name)}
            width={width}
            onSearch={(value) => set({ [name]: value })}
          />
        ) : (
          <Select
            key={name}
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            aria-label={t(label)}
            placeholder={t(label)}
            value={given(name) || undefined}
            options={options}
            onChange={(value?: string) => set({ [name]: value })}
            style={{ width }}
          />
        ),
      )}
      {children}
    </Flex>
  );
}
