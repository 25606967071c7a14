import { Flex, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { usePages } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useText } from '../text/text.js';
import { Appid } from '../ui/appid.js';
import { LoadMore } from '../ui/list/load-more.js';
import { SearchInput } from '../ui/list/search-input.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Time } from '../ui/time.js';
import { RenewToken } from './renew-token.js';

type Reader = Response<'Platform/ListTokenReaders'>['readers'][number];

/** Who has read access tokens from the token service, and when last. */
export function TokenReaders({ canRenew }: { canRenew: boolean }) {
  const t = useText();
  const [filter, setFilter] = useState<{ appid?: string; caller?: string; tokenId?: string }>({});
  const readers = usePages(
    'Platform/ListTokenReaders',
    { ...filter, pageSize: 50 },
    ({ readers }) => readers,
  );
  const search = (field: keyof typeof filter) => (
    <SearchInput
      label={t(`adoption.${field}`)}
      onSearch={(value) => setFilter({ ...filter, [field]: value })}
    />
  );
  const columns: TableColumnsType<Reader> = [
    { title: t('adoption.appid'), dataIndex: 'appid', render: (appid: string) => <Appid appid={appid} /> },
    { title: t('adoption.caller'), dataIndex: 'caller' },
    {
      title: t('adoption.reads'),
      dataIndex: 'reads',
      align: 'right',
      render: (n: string) => Number(n).toLocaleString(),
    },
    { title: t('adoption.firstRead'), dataIndex: 'firstReadTime', render: (at: string) => <Time at={at} /> },
    { title: t('adoption.lastRead'), dataIndex: 'lastReadTime', render: (at: string) => <Time at={at} /> },
    { title: t('adoption.tokenId'), dataIndex: 'tokenId', render: (id: string) => <code>{id}</code> },
    ...(canRenew
      ? [
          {
            title: t('operations.actions'),
            render: (_: unknown, { appid }: Reader) => <RenewToken appid={appid} isSmall />,
          },
        ]
      : []),
  ];
  return (
    <Flex vertical gap="small">
      <Flex gap="small" wrap>
        {search('appid')}
        {search('caller')}
        {search('tokenId')}
      </Flex>
      <WideTable
        label={t('adoption.readers')}
        minWidth={760}
        rowKey={({ appid, caller }) => `${appid} ${caller}`}
        error={readers.error}
        retry={readers.refetch}
        columns={columns}
        rows={readers.data && readers.rows}
        locale={{ emptyText: t('adoption.noReaders') }}
      />
      <LoadMore pages={readers} />
    </Flex>
  );
}
