import { Input } from 'antd';
import { useEffect, useState } from 'react';

interface Props {
  label: string;
  /** What the list is filtered by. */
  value?: string;
  width?: number;
  /** @param text without spaces around it; empty if it was cleared. */
  onSearch(text: string): void;
}

/** A field that filters a list when its text is confirmed. */
export function SearchInput({ label, value = '', width = 220, onSearch }: Props) {
  const [text, setText] = useState(value);
  // The browser may have gone back to another filter.
  useEffect(() => setText(value), [value]);
  return (
    <Input.Search
      allowClear
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={({ target }) => setText(target.value)}
      onSearch={(typed) => onSearch(typed.trim())}
      style={{ width }}
    />
  );
}
