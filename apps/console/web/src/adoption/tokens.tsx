import { App, Flex } from 'antd';
import { useState } from 'react';
import { call } from '../api/call.js';
import { usePages } from '../api/query.js';
import type { Response } from '../api/types.js';
import { t } from '../text/text.js';
import { SearchInput } from '../ui/filters.js';
import { DialogButton } from '../ui/form/dialog-button.js';
import { Field } from '../ui/form/field.js';
import { column, PagedTable } from '../ui/table.js';
import { Appid, Time } from '../ui/value.js';

type Reader = Response<'Platform/ListTokenReaders'>['readers'][number];

const FIELDS = ['appid', 'caller', 'tokenId'] as const;

/** Who has read access tokens from the token service, and when last. */
export function TokenReaders({ canRenew }: { canRenew: boolean }) {
  const [filter, setFilter] = useState<{ [Field in (typeof FIELDS)[number]]?: string }>({});
  const request = { ...filter, pageSize: 50 };
  const pages = usePages('Platform/ListTokenReaders', request, ({ readers }) => readers);
  const renew = column<Reader>('operations.actions', ({ appid }) => <RenewToken appid={appid} isSmall />);
  return (
    <Flex vertical gap="small">
      <Flex gap="small" wrap>
        {FIELDS.map((field) => (
          <SearchInput
            key={field}
            label={t(`adoption.${field}`)}
            value={filter[field] ?? ''}
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

/** Lets a worker renew the token of a mini-program, which ends the one that was disclosed. @param appid may be changed. */
export function RenewToken({ appid = '', isSmall = false }: { appid?: string; isSmall?: boolean }) {
  const { message } = App.useApp();
  const rule = { required: true, pattern: /^\s*wx[0-9a-f]{16}\s*$/, message: t('adoption.appidForm') };
  return (
    <DialogButton
      size={isSmall ? 'small' : 'middle'}
      label={t('adoption.renew')}
      isDangerous
      reason="required"
      effect={t('adoption.renewEffect')}
      initial={{ appid }}
      run={async (values) => {
        const { renews } = await call('Authorizers/RenewToken', values);
        void message.success(t(renews ? 'adoption.renewing' : 'adoption.renewed'));
      }}
      success=""
    >
      <Field name="appid" label="adoption.appid" rules={[rule]} />
    </DialogButton>
  );
}
