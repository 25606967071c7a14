import { Button, Checkbox, Popover, type TableColumnType } from 'antd';
import { useState } from 'react';
import { useText } from '../../text/text.js';
import type { MiniProgram } from '../types.js';

/** The keys of columns that this browser does not show; at first those that few need. */
const HIDDEN = 'miniPrograms.hiddenColumns';
const RARE = JSON.stringify(['template', 'trial', 'readAt']);

/** The columns that are shown, and the button that chooses them. The first one has the name and stays. */
export function useColumnChoice([first, ...others]: TableColumnType<MiniProgram>[]) {
  const t = useText();
  const [hidden, setHidden] = useState<string[]>(() => JSON.parse(localStorage.getItem(HIDDEN) ?? RARE));
  const options = others.map(({ key, title }) => ({ value: `${key}`, label: `${title}` }));
  const choose = (shown: string[]) => {
    const keys = options.map(({ value }) => value).filter((key) => !shown.includes(key));
    localStorage.setItem(HIDDEN, JSON.stringify(keys));
    setHidden(keys);
  };
  const shown = others.filter(({ key }) => !hidden.includes(`${key}`));
  const choice = (
    <Popover
      trigger="click"
      content={
        <Checkbox.Group
          options={options}
          value={shown.map(({ key }) => `${key}`)}
          onChange={choose}
          style={{ flexDirection: 'column' }}
        />
      }
    >
      <Button style={{ marginInlineStart: 'auto' }}>{t('miniPrograms.columns')}</Button>
    </Popover>
  );
  return { columns: first === undefined ? [] : [first, ...shown], choice };
}
