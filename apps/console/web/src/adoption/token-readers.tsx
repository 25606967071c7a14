import { Flex } from 'antd';
import { useState } from 'react';
import { usePages } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useText } from '../text/text.js';
import { Appid } from '../ui/appid.js';
import { useColumn } from '../ui/list/column.js';
import { PagedTable } from '../ui/list/paged-table.js';
import { SearchInput } from '../ui/list/search-input.js';
import { Time } from '../ui/time.js';
import { RenewToken } from './renew-token.js';

type Reader = Response<'Platform/ListTokenReaders'>['readers'][number];

const FIELDS = ['appid', 'caller', 'tokenId'] as const;

/** Who has read access tokens from the token service, and when last. */
export function TokenReaders({ canRenew }: { canRenew: boolean }) {
  const t = useText();
  const column = useColumn<Reader>();
  const [filter, setFilter] = useState<{ [Field in (typeof FIELDS)[number]]?: string }>({});
  const request = { ...filter, pageSize: 50 };
  const pages = usePages('Platform/ListTokenReaders', request, ({ readers }) => readers);
  const renew = column('operations.actions', ({ appid }) => <RenewToken appid={appid} isSmall />);
  return (
    <Flex vertical gap="small">
      <Flex gap="small" wrap>
        {FIELDS.map((field) => (
          <SearchInput
            key={field}
            label={t(`adoption.${field}`)}
            onSearch={(value) => setFilter({ ...filter, [field]: value })}
          />
        ))}
      </Flex>
      <PagedTable<Reader>
        pages={pages}
        rowKey={({ appid, caller }) => `${appid} ${caller}`}
        size="small"
        empty={t('adoption.noReaders')}
        columns={[
          column('adoption.appid', ({ appid }) => <Appid appid={appid} />),
          column('adoption.caller', ({ caller }) => caller),
          column('adoption.reads', ({ reads }) => Number(reads).toLocaleString(), { align: 'right' }),
          column('adoption.firstRead', ({ firstReadTime }) => <Time at={firstReadTime} />),
          column('adoption.lastRead', ({ lastReadTime }) => <Time at={lastReadTime} />),
          column('adoption.tokenId', ({ tokenId }) => <code>{tokenId}</code>),
          ...(canRenew ? [renew] : []),
        ]}
      />
    </Flex>
  );
}
