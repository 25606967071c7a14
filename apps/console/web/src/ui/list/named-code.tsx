import { Flex } from 'antd';
import { nameOf } from '../../text/text.js';
import type { Named } from '../../text/translate.js';
import { Secondary } from '../value.js';

/** An API or an action by its name, if it has one, with its code small below. */
export function NamedCode({ of, code }: { of: Named; code: string }) {
  const name = nameOf(of, code);
  return (
    <Flex vertical>
      {name !== code && <span>{name}</span>}
      <Secondary code style={{ fontSize: 12, whiteSpace: 'nowrap' }}>
        {code}
      </Secondary>
    </Flex>
  );
}
