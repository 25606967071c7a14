import { Input } from 'antd';

interface Props {
  label: string;
  value?: string;
  width?: number;
  /** @param text without spaces around it; empty if it was cleared. */
  onSearch(text: string): void;
}

/** A field that filters a list when its text is confirmed. */
export function SearchInput({ label, value = '', width = 220, onSearch }: Props) {
  return (
    <Input.Search
      allowClear
      aria-label={label}
      placeholder={label}
      defaultValue={value}
      onSearch={(text) => onSearch(text.trim())}
      style={{ width }}
    />
  );
}
